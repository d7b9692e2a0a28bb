"""Admin forms of the sites: scoped to the posting, changed through services, never deleted."""

from sites.admin import people, places, records, rules

__all__ = ["people", "places", "records", "rules"]
