"""What the commands share."""

from django.core.management.base import CommandError

from sites.models import Site


def site_by_code(code: str) -> Site:
    """The site, or the command ends with a sentence."""
    site = Site.objects.filter(code=code).select_related("province").first()
    if site is None:
        raise CommandError(f"There is no site {code}.")
    return site
