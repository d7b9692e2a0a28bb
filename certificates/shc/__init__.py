"""SMART Health Cards: the same dose in the format that North America, Australia, Japan and
others read.

A card is a compact JWS (ES256) over a deflated FHIR R4 bundle. The format is that of the SMART
Health Cards framework 1.4 (https://spec.smarthealth.cards), the content that of the HL7 guide
"SMART Health Cards: Vaccination & Testing" (profiles for data minimisation).

The package is pure Python and knows no web framework, database or clock: every function takes
the time it should judge by. Where to look:

===========  ========================================================================
``codes``    vaccine products in the code systems that the guide admits
``bundle``   from a person and their doses to the FHIR bundle
``keys``     public keys as JSON Web Keys, their thumbprints, and sets of them
``card``     from the bundle to the signed card, its QR text and its file
``content``  what a card says, for people
``verify``   from any text to a verdict with a stable reason code
``limits``   the sizes that a card must keep
===========  ========================================================================
"""
