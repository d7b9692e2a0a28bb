"""Electronic health certificates (HCERT) of the EU Digital COVID Certificate family.

A certificate is the text ``HC1:`` + base45(zlib(COSE_Sign1(CWT))). The format is that of the
electronic health certificate specification 1.0.8 with the certificate schema 1.3.

The package is pure Python and knows no web framework, database or clock: every function takes
the time it should judge by. Where to look:

================  ====================================================================
``payload``       from a person and a dose to the health content (the ``dgc`` map)
``valuesets``     vaccine products with their holders and types; dose numbers
``names``         Vietnamese names and their ICAO 9303 spelling
``uvci``          certificate identifiers and their check character
``keys``          signing certificates, key files, the ``Signer`` interface
``issue``         from health content to the ``HC1:`` text
``ddcc``          the same content in WHO's core data set, and back
``verify``        from any text to a verdict with a stable reason code
``trust``         the list of keys a verifier believes
``revocation``    the hashes by which a certificate is called back
``base45``,       the layers in between
``cbor``, ``cose``
================  ====================================================================
"""
