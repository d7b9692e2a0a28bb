"""Widgets of our forms: choice cards, a date of which parts may be unknown, a place by its name."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

CHOICES_TEMPLATE = "vaxplatform/widgets/choices.html"


class _ChoiceCards:
    """What radio and checkbox cards share: a hint under a choice, and the layout in a row."""

    def __init__(
        self,
        attrs: dict[str, Any] | None = None,
        choices: Sequence[tuple[Any, Any]] = (),
        *,
        hints: Mapping[Any, Any] | None = None,
        row: bool = False,
    ) -> None:
        super().__init__(attrs, choices)  # type: ignore[call-arg]
        self.hints = dict(hints or {})
        self.row = row

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)  # type: ignore[misc]
        context["row"] = self.row
        return context

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)  # type: ignore[misc]
        option["hint"] = self.hints.get(str(value), self.hints.get(value, ""))
        return option


class RadioCards(_ChoiceCards, forms.RadioSelect):
    """One of a few choices; `hints` maps a value to the line under its label."""

    template_name = CHOICES_TEMPLATE


class CheckboxCards(_ChoiceCards, forms.CheckboxSelectMultiple):
    """Any of a few choices; `hints` maps a value to the line under its label."""

    template_name = CHOICES_TEMPLATE


class PartialDateWidget(forms.MultiWidget):
    """Three text inputs for day, month and year; the first two may stay empty.

    Value in and out of the form: "1954", "1954-03" or "1954-03-27". `invalid_part` ("day",
    "month", "year" or "") names the input that an error belongs to.
    """

    template_name = "vaxplatform/widgets/partial_date.html"
    use_fieldset = True
    parts = ("day", "month", "year")
    labels = (_("Day"), _("Month"), _("Year"))

    def __init__(self, attrs: dict[str, Any] | None = None, *, birth: bool = False) -> None:
        self.invalid_part = ""
        super().__init__(
            {part: forms.TextInput(self._attrs(part, birth)) for part in self.parts}, attrs
        )

    @staticmethod
    def _attrs(part: str, birth: bool) -> dict[str, Any]:
        attrs = {
            "class": "input w-4" if part == "year" else "input w-2",
            "inputmode": "numeric",
            "maxlength": "4" if part == "year" else "2",
        }
        if birth:
            attrs["autocomplete"] = f"bday-{part}"
        return attrs

    def decompress(self, value: Any) -> list[str]:
        year, month, day = (str(value or "").split("-") + ["", "", ""])[:3]
        return [day.lstrip("0"), month.lstrip("0"), year]

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        shared = dict(attrs or {})
        invalid = shared.pop("aria-invalid", None)
        id_ = shared.get("id", f"id_{name}")
        context = super().get_context(name, value, shared)
        for part, label, child in zip(
            self.parts, self.labels, context["widget"]["subwidgets"], strict=True
        ):
            child["label"] = label
            child["attrs"]["id"] = self.id_of(id_, part)
            if invalid and self.invalid_part in ("", part):
                child["attrs"].update({"aria-invalid": invalid, "aria-describedby": f"{id_}_error"})
        return context

    def id_of(self, id_: str, part: str) -> str:
        """The id of the input for "day", "month" or "year" (the first one for "")."""
        return f"{id_}_{part or self.parts[0]}"


class SuggestingInput(forms.TextInput):
    """A text input with a list of suggestions; anything may still be typed.

    The server answers a text that fits several places with a page of choice cards.
    """

    template_name = "vaxplatform/widgets/suggesting.html"

    def __init__(
        self, attrs: dict[str, Any] | None = None, *, suggestions: Sequence[str] = ()
    ) -> None:
        super().__init__(attrs)
        self.suggestions = suggestions

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        list_id = f"{context['widget']['attrs'].get('id', name)}_list"
        context["widget"]["attrs"]["list"] = list_id
        context.update({"list_id": list_id, "suggestions": self.suggestions})
        return context
