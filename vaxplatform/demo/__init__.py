"""The demo: a country in small, the same every time for the same arguments (`seed_demo`)."""

from vaxplatform.demo.logins import logins

__all__ = ["logins"]
