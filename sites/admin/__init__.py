"""Admin forms of the sites: scoped to the posting, changed through services, never deleted."""

from sites.admin import imports, people, places, records, rules

__all__ = ["imports", "people", "places", "records", "rules"]
