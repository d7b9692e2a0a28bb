"""The public API of the portal of 2021, at its old paths, for the clients that still speak it.

What each answer holds is data: contract.json. The schema is made of it, the tests read by it, and
docs/legacy-api.md says why each oddity is kept.
"""
