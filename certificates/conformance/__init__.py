"""Whether our reader agrees with other countries, by the test vectors they publish.

The vectors are those of the Digital COVID Certificate test data repository
(eu-digital-green-certificates/dgc-testdata, Apache-2.0); they are read from a folder and are no
part of this project. `vectors` reads them, `stages` compares what each states with what
`hcert.verify` finds, `upstream` names the vectors that are wrong themselves, `table` writes the
outcome for docs/certificates.md. By hand: ``manage.py certificate_conformance FOLDER``.
"""
