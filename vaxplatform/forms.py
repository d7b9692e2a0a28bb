"""Django forms in our components: label, hint, error, input, in that order.

class PhoneForm(FormMixin, forms.Form):
    phone = forms.CharField(label=_("Phone number"), help_text=_("For the code."))
    input_classes = {"phone": "w-14"}

{% error_summary form %} ... {% field form.phone %} ... or all of them: {{ form }}
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.forms.boundfield import BoundField
from django.forms.renderers import DjangoTemplates
from django.template import loader
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from vaxplatform.errors import DomainError, validation_error
from vaxplatform.vietnam.births import parse_date_of_birth
from vaxplatform.widgets import CHOICES_TEMPLATE, PartialDateWidget

TEXT_LIKE = (forms.widgets.Input, forms.Textarea, forms.Select)
NOT_TEXT = (forms.CheckboxInput, forms.HiddenInput)


class ComponentRenderer(DjangoTemplates):
    """Finds our own templates in the project, Django's widgets where Django keeps them."""

    form_template_name = "vaxplatform/components/form.html"
    field_template_name = "vaxplatform/components/field.html"

    def get_template(self, template_name: str) -> Any:
        if template_name.startswith("vaxplatform/"):
            return loader.get_template(template_name)
        return super().get_template(template_name)


class ComponentField(BoundField):
    """A bound field that knows what its component needs."""

    @property
    def is_optional(self) -> bool:
        marks = getattr(self.form, "marks_optional", True)  # False: the page says it once for all
        return marks and not self.field.required and not self.field.disabled

    @property
    def kind(self) -> str:
        """ "check" for a single checkbox, "set" for inputs under one legend, else "input"."""
        widget = self.field.widget
        if isinstance(widget, forms.CheckboxInput):
            return "check"
        return "set" if widget.use_fieldset else "input"

    @property
    def note(self) -> str:
        """A soft check's sentence (see `FormMixin.add_note`), "" for none."""
        return getattr(self.form, "notes", {}).get(self.name, "")

    @property
    def aria_describedby(self) -> str | None:
        known = super().aria_describedby
        if not self.note:
            return known
        return f"{known or ''} {self.auto_id}_note".strip()

    @property
    def error_target(self) -> str:
        """The id of the very input that the error summary leads to."""
        widget = self.field.widget
        if isinstance(widget, PartialDateWidget):
            return widget.id_of(self.auto_id, self.wrong_part)
        if isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
            return f"{self.auto_id}_0"
        return self.auto_id

    def build_widget_attrs(
        self, attrs: dict[str, Any], widget: forms.Widget | None = None
    ) -> dict[str, Any]:
        if isinstance(self.field.widget, PartialDateWidget):
            self.field.widget.invalid_part = self.wrong_part
        return super().build_widget_attrs(attrs, widget)

    @property
    def wrong_part(self) -> str:
        """ "day", "month" or "year": the input of a date that its error is about; "" for all."""
        codes = [str(error.code) for error in self.errors.as_data()]
        return next((WRONG_PART[code] for code in codes if code in WRONG_PART), "")


if TYPE_CHECKING:
    AnyForm = forms.BaseForm
else:
    AnyForm = object


class FormMixin(AnyForm):
    """Put before `forms.Form`, `forms.ModelForm` or any other form class.

    `input_classes` maps a field to classes for its width: w-2, w-4, w-10, w-14.
    """

    default_renderer = ComponentRenderer
    bound_field_class = ComponentField
    # The browser would answer in its own language, before our sentences are reached.
    use_required_attribute = False
    input_classes: ClassVar[Mapping[str, str]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.notes: dict[str, str | Promise] = {}
        self._prepare(self.fields)

    def add_fields(self, fields: Mapping[str, forms.Field]) -> None:
        """Fields that are known only when the form is made; called after `super().__init__`."""
        self.fields.update(fields)
        self._prepare(fields)

    def _prepare(self, fields: Mapping[str, forms.Field]) -> None:
        for name, field in fields.items():
            _dress(field, self.input_classes.get(name, ""))
            _say_what_is_missing(field, field.label or name.replace("_", " ").capitalize())

    def add_note(self, name: str, text: str | Promise) -> None:
        """A soft check: warns under the input of the field `name` and lets the person go on."""
        self.notes[name] = text


def _dress(field: forms.Field, width: str) -> None:
    widget = field.widget
    if isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
        widget.template_name = CHOICES_TEMPLATE
    elif isinstance(widget, TEXT_LIKE) and not isinstance(widget, NOT_TEXT):
        given = widget.attrs.get("class", "")
        widget.attrs["class"] = " ".join(filter(None, ("input", width, given)))


def _say_what_is_missing(field: forms.Field, label: Any) -> None:
    """Name the field in Django's "This field is required.", unless the form has its own words."""
    if field.error_messages.get("required") != forms.Field.default_error_messages["required"]:
        return
    choosing = isinstance(field, forms.ChoiceField | forms.ModelChoiceField)
    words = _("Choose: %(label)s.") if choosing else _("Fill in: %(label)s.")
    field.error_messages["required"] = words % {"label": _within_a_sentence(str(label))}


def _within_a_sentence(label: str) -> str:
    """Without capital letter and closing mark; an abbreviation keeps its letters."""
    text = label.rstrip("?:. ")
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


class Form(FormMixin, forms.Form):
    """A form of this platform."""


class ModelForm(FormMixin, forms.ModelForm):
    """A form over a model of this platform; saving still goes through a service."""


WRONG_PART = {
    "year_needs_four_digits": "year",
    "buddhist_year": "year",
    "born_too_early": "year",
    "born_in_the_future": "year",
    "month_out_of_range": "month",
    "day_without_month": "month",
    "no_such_day": "day",
}


class DateOfBirthField(forms.Field):
    """A date of birth as papers give it: elders often know only the year.

    Three inputs, of which day and month may be empty; cleans to "YYYY[-MM[-DD]]", or "" when an
    optional field is left empty. Refusals are those of `parse_date_of_birth`.
    """

    widget = PartialDateWidget

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Date of birth"))
        kwargs.setdefault(
            "help_text",
            _("For example: 27 3 1954. If only the year is known, leave day and month empty."),
        )
        kwargs.setdefault("widget", PartialDateWidget(birth=True))
        super().__init__(**kwargs)

    def clean(self, value: Any) -> str:
        parts = value if isinstance(value, list | tuple) else PartialDateWidget().decompress(value)
        day, month, year = ((part or "").strip() for part in parts)
        if not (day or month or year):
            self.validate("")
            return ""
        try:
            return parse_date_of_birth(year, month, day, on=timezone.localdate())
        except DomainError as refusal:
            raise validation_error(refusal) from refusal

    def has_changed(self, initial: Any, data: Any) -> bool:
        return PartialDateWidget().decompress(initial) != list(data or [])
