"""Refusals as typed facts: a stable code for machines and a sentence for people.

A service raises a `DomainError`; one handler (vaxplatform/api.py) turns it into an API answer, and
`add_to_form` into a form error, so that every door gives the same reason in the same words.
"""

from typing import TYPE_CHECKING, Any, ClassVar

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.forms import BaseForm
    from django.utils.functional import _StrPromise


class DomainError(Exception):
    """A rule says no. `raise LotExpired` or `raise LotExpired(lot="AB12")`.

    code: stable, snake_case, part of the API. message: a lazy sentence, with %(name)s places that
    `params` fill. field: the input it concerns, if one. Answered with 409.
    """

    code: ClassVar[str] = "refused"
    message: "ClassVar[str | _StrPromise]" = _("This cannot be done.")
    field: str | None = None

    def __init__(self, *, field: str | None = None, **params: Any) -> None:
        self.params = params
        if field is not None:
            self.field = field
        super().__init__(self.code)

    @property
    def detail(self) -> str:
        """The sentence in the language of the moment."""
        message = str(self.message)
        return message % self.params if self.params else message

    def __str__(self) -> str:
        """The code only: parameters may hold what a person typed, and logs print errors."""
        return self.code


class InvalidInput(DomainError):
    """What was typed cannot be right, whatever the records say. Answered with 400 and the field."""

    code = "invalid"
    message = _("This value cannot be right.")


def validation_error(error: DomainError) -> ValidationError:
    """The refusal as Django's ValidationError, for model and form `clean` methods."""
    return ValidationError(error.detail, code=error.code)


def add_to_form(form: "BaseForm", error: DomainError) -> None:
    """Show the refusal beside its field, or above the form when the form has no such field."""
    field = error.field if error.field in form.fields else None
    form.add_error(field, validation_error(error))
