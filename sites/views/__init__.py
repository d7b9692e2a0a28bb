"""The work pages of a vaccination session, one module a desk."""
