"""Message catalogues: extraction, merging, checking, compiling."""

import gettext
import os
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from vaxplatform.catalogues import (
    AppSources,
    check,
    compile_catalogue,
    extract_messages,
    key_of,
    places,
    read_catalogue,
    translations,
    write,
)

PYTHON = """
from django.utils.translation import gettext_lazy as _, ngettext, pgettext

A = _("Choose a site.")
B = _("%(count)d doses in {place}")
C = ngettext("%(n)d dose", "%(n)d doses", n)
D = pgettext("of a lot", "Expired")
"""
TEMPLATE = """
{% load i18n %}
    <p>{% translate "Dose" %} isn't "code" ( [ {</p>
  <p>{% blocktranslate trimmed count counter=n %}
       {{ counter }} day
     {% plural %}
       {{ counter }} days
     {% endblocktranslate %}</p>
{% include "x.html" with label=_("Lot number") only %}
<p>{{ _("Session") }} {% translate "Expired" context "of a certificate" %}</p>
{# Translators: hidden #}
"""


@pytest.fixture
def shop(tmp_path: Path) -> AppSources:
    """An app `shop` in a project of its own."""
    (tmp_path / "shop" / "migrations").mkdir(parents=True)
    (tmp_path / "shop" / "models.py").write_text(PYTHON)
    (tmp_path / "shop" / "migrations" / "0001.py").write_text('from x import _\n_("Old label")')
    (tmp_path / "templates" / "shop").mkdir(parents=True)
    (tmp_path / "templates" / "shop" / "page.html").write_text(TEMPLATE)
    return AppSources("shop", tmp_path)


def ids(app: AppSources) -> set[tuple[str, str]]:
    return {key_of(message) for message in extract_messages(app) if message.id}


def edit(app: AppSources, msgid: str, string: str) -> None:
    """Translate as a person does, in the file."""
    text = app.catalogue.read_text()
    before = f'msgid "{msgid}"\nmsgstr ""'
    assert text.count(before) == 1
    app.catalogue.write_text(text.replace(before, f'msgid "{msgid}"\nmsgstr "{string}"'))


def translate_everything(app: AppSources) -> None:
    """Each message by itself, in capitals of its plural form."""
    lines = []
    plural = single = ""
    for line in app.catalogue.read_text().splitlines():
        if line.startswith("msgid "):
            single = plural = line.removeprefix("msgid ")
        if line.startswith("msgid_plural "):
            plural = line.removeprefix("msgid_plural ")
        if line.startswith('msgstr[0] ""'):
            line = f"msgstr[0] {plural}"
        elif line == 'msgstr ""' and single != '""':
            line = f"msgstr {single}"
        lines.append(line)
    app.catalogue.write_text("\n".join(lines) + "\n")


def problems(app: AppSources) -> dict[str, str]:
    return {finding.msgid: finding.problem for finding in check(app)}


def test_messages_of_code_and_templates_are_found_and_migrations_are_not_read(
    shop: AppSources,
) -> None:
    assert ids(shop) == {
        ("", "Choose a site."),
        ("", "%(count)d doses in {place}"),
        ("", "%(n)d dose"),
        ("of a lot", "Expired"),
        ("", "Dose"),
        ("", "%(counter)s day"),
        ("", "Lot number"),
        ("", "Session"),
        ("of a certificate", "Expired"),
    }


def test_the_plural_of_a_template_is_found_with_its_singular(shop: AppSources) -> None:
    message = translations(extract_messages(shop))[("", "%(counter)s day")]
    assert message.id == ("%(counter)s day", "%(counter)s days")


def test_writing_twice_gives_the_same_bytes_without_line_numbers_or_dates(
    shop: AppSources,
) -> None:
    assert write(shop, [shop]).changed
    first = shop.catalogue.read_bytes()
    assert not write(shop, [shop]).changed
    assert shop.catalogue.read_bytes() == first
    assert b"#: shop/models.py\n" in first
    assert b"Date" not in first
    assert b"nplurals=1; plural=0;" in first


def test_moving_code_about_changes_nothing(shop: AppSources) -> None:
    write(shop, [shop])
    (shop.root / "shop" / "models.py").write_text("\n\n\n" + PYTHON)
    assert not write(shop, [shop]).changed


def test_translations_are_kept_and_sorted_when_messages_come_and_go(shop: AppSources) -> None:
    write(shop, [shop])
    edit(shop, "Dose", "Mũi tiêm")
    (shop.root / "shop" / "views.py").write_text('from x import _\n_("Appointment")')
    (shop.root / "shop" / "models.py").write_text("")
    result = write(shop, [shop])
    text = shop.catalogue.read_text()
    assert 'msgid "Dose"\nmsgstr "Mũi tiêm"' in text
    assert text.index('"Appointment"') < text.index('"Dose"')
    assert "Choose a site." in result.dropped
    assert "Choose a site." not in text


def test_a_message_that_another_app_has_translated_starts_with_that(shop: AppSources) -> None:
    write(shop, [shop])
    edit(shop, "Dose", "Mũi tiêm")
    other = AppSources("other", shop.root)
    (shop.root / "other").mkdir()
    (shop.root / "other" / "forms.py").write_text('from x import _\n_("Dose")')
    write(other, [shop, other])
    assert translations(read_catalogue(other.catalogue))[("", "Dose")].string == "Mũi tiêm"


def test_an_app_without_messages_gets_no_catalogue(tmp_path: Path) -> None:
    (tmp_path / "silent").mkdir()
    app = AppSources("silent", tmp_path)
    assert not write(app, [app]).changed
    assert not app.catalogue.exists()
    assert check(app) == []


def test_a_whole_catalogue_passes_the_check(shop: AppSources) -> None:
    write(shop, [shop])
    translate_everything(shop)
    assert check(shop) == []


def test_a_message_missing_from_the_catalogue_is_found(shop: AppSources) -> None:
    write(shop, [shop])
    translate_everything(shop)
    (shop.root / "shop" / "views.py").write_text('from x import _\n_("Appointment")')
    assert problems(shop) == {"Appointment": "missing"}


def test_an_untranslated_message_is_found(shop: AppSources) -> None:
    write(shop, [shop])
    translate_everything(shop)
    text = shop.catalogue.read_text()
    shop.catalogue.write_text(text.replace('msgstr "Dose"', 'msgstr ""'))
    assert problems(shop) == {"Dose": "not translated"}


def test_a_fuzzy_message_is_found(shop: AppSources) -> None:
    write(shop, [shop])
    translate_everything(shop)
    text = shop.catalogue.read_text()
    shop.catalogue.write_text(text.replace('msgid "Dose"', '#, fuzzy\nmsgid "Dose"'))
    assert problems(shop) == {"Dose": "fuzzy"}


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('msgstr "%(count)d doses in {place}"', 'msgstr "%(cout)d doses in {place}"'),
        ('msgstr "%(count)d doses in {place}"', 'msgstr "%(count)d doses in {where}"'),
        ('msgstr "%(count)d doses in {place}"', 'msgstr "doses in {place}"'),
        ('msgstr[0] "%(n)d doses"', 'msgstr[0] "doses"'),
    ],
)
def test_a_translation_with_other_places_for_values_is_found(
    shop: AppSources, right: str, wrong: str
) -> None:
    write(shop, [shop])
    translate_everything(shop)
    text = shop.catalogue.read_text()
    assert text.count(right) == 1
    shop.catalogue.write_text(text.replace(right, wrong))
    assert list(problems(shop).values()) == ["placeholders differ"]


def test_places_are_compared_by_name_and_a_percentage_is_none() -> None:
    assert places("%(a)s and %(b)05.1f of {c}, 96.4 % and 5%%") == {"a", "b", "c"}


def test_a_catalogue_is_compiled_when_it_is_newer_and_then_read_by_gettext(
    shop: AppSources,
) -> None:
    write(shop, [shop])
    edit(shop, "Dose", "Mũi tiêm")
    assert compile_catalogue(shop.catalogue)
    assert not compile_catalogue(shop.catalogue)
    mo = shop.catalogue.with_suffix(".mo")
    with mo.open("rb") as file:
        assert gettext.GNUTranslations(file).gettext("Dose") == "Mũi tiêm"
    later = mo.stat().st_mtime + 10
    os.utime(shop.catalogue, (later, later))
    assert compile_catalogue(shop.catalogue)
    assert sorted(path.name for path in mo.parent.iterdir()) == ["django.mo", "django.po"]


def test_an_unknown_app_is_named_in_the_refusal() -> None:
    with pytest.raises(CommandError, match="nowhere"):
        call_command("make_messages", "nowhere")


def test_the_check_exits_with_an_error_and_writes_nothing(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vaxplatform.management.commands import make_messages

    app = AppSources("shop", tmp_path)
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "forms.py").write_text('from x import _\n_("Dose")')
    monkeypatch.setattr(make_messages, "project_apps", lambda names: [app])
    with pytest.raises(CommandError, match="1 messages"):
        call_command("make_messages", "shop", "--check")
    assert not app.catalogue.exists()
    call_command("make_messages", "shop", verbosity=0)
    edit(app, "Dose", "Mũi tiêm")
    call_command("make_messages", "shop", "--check")
