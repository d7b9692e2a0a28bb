"""Forms in our components, and the page that shows every component."""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django import forms
from django.conf import settings
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import translation

from vaxplatform.forms import DateOfBirthField, Form
from vaxplatform.views import design
from vaxplatform.widgets import RadioCards, SuggestingInput


@pytest.fixture(autouse=True)
def _vietnamese() -> Iterator[None]:
    with translation.override("vi"):
        yield


class PersonForm(Form):
    full_name = forms.CharField(label="Họ và tên", help_text="Viết có dấu.")
    date_of_birth = DateOfBirthField()
    sex = forms.ChoiceField(
        label="Giới tính",
        choices=[("female", "Nữ"), ("male", "Nam")],
        widget=RadioCards(hints={"male": "gợi ý"}),
    )
    insurance = forms.CharField(label="Số thẻ BHYT", required=False)
    agree = forms.BooleanField(label="Tôi đồng ý")
    input_classes = {"insurance": "w-14"}


GOOD = {
    "full_name": "K'Brếu",
    "date_of_birth_day": "",
    "date_of_birth_month": "",
    "date_of_birth_year": "1954",
    "sex": "male",
    "agree": "on",
}


def shown(form: forms.BaseForm, name: str) -> str:
    return Template("{% load ui %}{% field bound %}").render(Context({"bound": form[name]}))


def summary(form: forms.BaseForm) -> str:
    return Template("{% load ui %}{% error_summary form %}").render(Context({"form": form}))


def test_label_hint_error_and_input_come_in_this_order_and_are_tied_together() -> None:
    markup = shown(PersonForm({}), "full_name")
    order = ["<label", 'class="hint"', 'class="err"', "<input"]
    assert sorted(order, key=markup.index) == order
    assert 'aria-describedby="id_full_name_helptext id_full_name_error"' in markup
    assert 'aria-invalid="true"' in markup
    assert 'id="id_full_name_helptext"' in markup
    assert 'id="id_full_name_error"' in markup
    assert 'label for="id_full_name"' in markup


def test_optional_fields_are_marked_and_required_ones_are_not() -> None:
    form = PersonForm()
    assert "không bắt buộc" in shown(form, "insurance")
    assert "không bắt buộc" not in shown(form, "full_name")
    assert " required" not in shown(form, "full_name")


def test_a_missing_answer_is_named() -> None:
    errors = PersonForm({}).errors
    assert errors["full_name"] == ["Hãy điền: họ và tên."]
    assert errors["sex"] == ["Hãy chọn: giới tính."]


def test_the_summary_links_to_the_very_inputs() -> None:
    form = PersonForm({**GOOD, "date_of_birth_month": "13", "sex": "", "full_name": ""})
    markup = summary(form)
    assert "Còn 3 chỗ cần sửa" in markup
    links = re.findall(r'href="#([^"]+)"', markup)
    assert links == ["id_full_name", "id_date_of_birth_month", "id_sex_0"]
    page = "".join(shown(form, name) for name in ("full_name", "date_of_birth", "sex"))
    assert all(f'id="{target}"' in page for target in links)


def test_a_form_without_errors_has_no_summary() -> None:
    assert summary(PersonForm(GOOD)).strip() == ""


def test_errors_of_the_whole_form_stand_in_the_summary_without_a_link() -> None:
    form = PersonForm(GOOD)
    form.add_error(None, "Hết chỗ <hôm nay>")
    assert "<li>Hết chỗ &lt;hôm nay&gt;</li>" in summary(form)


@pytest.mark.parametrize(
    ("day", "month", "year", "cleaned"),
    [
        ("", "", "1954", "1954"),
        ("", "3", "1954", "1954-03"),
        ("27", "3", "1954", "1954-03-27"),
        (" 27 ", "03", "1954", "1954-03-27"),
    ],
)
def test_a_date_of_birth_may_be_a_year_only(day: str, month: str, year: str, cleaned: str) -> None:
    form = PersonForm(
        {
            **GOOD,
            "date_of_birth_day": day,
            "date_of_birth_month": month,
            "date_of_birth_year": year,
        }
    )
    assert form.is_valid(), form.errors
    assert form.cleaned_data["date_of_birth"] == cleaned


@pytest.mark.parametrize(
    ("day", "month", "year", "part"),
    [
        ("1", "13", "1954", "month"),
        ("1", "", "1954", "month"),
        ("31", "2", "1954", "day"),
        ("1", "1", "54", "year"),
        ("1", "1", "2999", "year"),
    ],
)
def test_only_the_wrong_part_of_a_date_is_marked(
    day: str, month: str, year: str, part: str
) -> None:
    form = PersonForm(
        {
            **GOOD,
            "date_of_birth_day": day,
            "date_of_birth_month": month,
            "date_of_birth_year": year,
        }
    )
    markup = shown(form, "date_of_birth")
    marked = [
        found for found in re.findall(r"<input[^>]*>", markup) if 'aria-invalid="true"' in found
    ]
    assert len(marked) == 1
    assert f'id="id_date_of_birth_{part}"' in marked[0]
    assert f'href="#id_date_of_birth_{part}"' in summary(form)


def test_a_known_date_fills_the_three_inputs() -> None:
    markup = shown(PersonForm(initial={"date_of_birth": "1954-03-27"}), "date_of_birth")
    assert re.findall(r' value="(\d+)"', markup) == ["27", "3", "1954"]


def test_choices_are_cards_with_their_hint_under_one_legend() -> None:
    markup = shown(PersonForm(GOOD), "sex")
    assert "<legend>Giới tính" in markup
    assert "<small>gợi ý</small>" in markup
    assert markup.count("checked") == 1
    assert 'role="radiogroup"' not in markup


def test_a_single_checkbox_is_a_card_with_its_own_label() -> None:
    markup = shown(PersonForm(GOOD), "agree")
    assert 'class="choice"' in markup
    assert markup.count("Tôi đồng ý") == 1


def test_a_soft_check_warns_and_lets_the_person_go_on() -> None:
    form = PersonForm(GOOD)
    form.add_note("insurance", "Số này lạ. Nếu đúng, cứ tiếp tục.")
    markup = shown(form, "insurance")
    assert 'aria-describedby="id_insurance_note"' in markup
    assert 'class="soft" id="id_insurance_note"' in markup
    assert form.is_valid()


def test_suggestions_belong_to_their_input() -> None:
    class PlaceForm(Form):
        province = forms.CharField(widget=SuggestingInput(suggestions=["Hà Nội", "<x>"]))

    markup = shown(PlaceForm(), "province")
    assert 'list="id_province_list"' in markup
    assert '<datalist id="id_province_list"><option value="Hà Nội">' in markup
    assert "&lt;x&gt;" in markup


def test_one_form_does_not_change_the_next() -> None:
    PersonForm({**GOOD, "date_of_birth_month": "13"}).as_p()
    assert "aria-invalid" not in shown(PersonForm(), "date_of_birth")


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_page_of_components_has_unique_ids_no_inline_style_and_one_heading(
    language: str,
) -> None:
    with translation.override(language):
        page = design(RequestFactory().get("/design/")).content.decode()
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert page.count("<h1") == 1
    assert " style=" not in page
    assert "<style" not in page
    assert set(re.findall(r'aria-describedby="([^"]+)"', page)) >= {"promise-desc"}
    for described in re.findall(r'aria-(?:describedby|labelledby)="([^"]+)"', page):
        assert set(described.split()) <= set(ids)


def test_scripts_are_files_and_wait_for_the_page() -> None:
    page = design(RequestFactory().get("/design/")).content.decode()
    scripts = re.findall(r"<script[^>]*>", page)
    assert scripts
    assert all("src=" in script and "defer" in script for script in scripts)


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "500"])
def test_error_pages_render_without_a_request(name: str) -> None:
    page = render_to_string(f"{name}.html")
    assert page.count("<h1") == 1


def test_the_style_sheet_stays_light() -> None:
    css = Path(settings.BASE_DIR, "static/vaxplatform/site.css").read_bytes()
    assert len(gzip.compress(css, 9)) <= 12 * 1024
