"""The parts of a health book, drawn."""

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from registration.health_book import sections_of
from registration.models import Citizen


def drawn_sections(
    request: HttpRequest, citizen: Citizen, *, without_account: bool = False, aside: bool = False
) -> list[SafeString]:
    """Each part in order, those in the middle of the page or those `aside`. `without_account`:
    those only that show and change nothing; their templates are told, and leave out the links for
    which one must be signed in."""
    extra = {"citizen": citizen, "without_account": without_account}
    return [
        render_to_string(section.template, {**section.context, **extra}, request)
        for section in sections_of(citizen, aside=aside)
        if section.shows_only or not without_account
    ]
