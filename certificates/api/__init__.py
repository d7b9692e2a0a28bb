"""The certificates' part of the API."""
