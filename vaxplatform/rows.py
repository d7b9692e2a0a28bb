"""What a row is called where nothing better names it."""

from typing import TYPE_CHECKING

from django.utils.text import capfirst

if TYPE_CHECKING:
    from django.db.models import Model


def row_name(row: "Model", key: object) -> str:
    """ "Dose 3f2a…", in the reader's language: what the row is, and its number. For `__str__`,
    which also goes into logs and error pages, so `key` is never personal data."""
    return f"{capfirst(str(row._meta.verbose_name))} {key}"
