import csv
import io
import re

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from public_portal.definitions import DEFINITIONS
from public_portal.open_data.datasets import DATASETS
from public_portal.rules import MEASURES
from public_portal.services.rollups import refresh_all_statistics
from tests.factories import make_dose

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_page_is_kept_from_another_test():
    cache.clear()


def text_of(response):
    assert response.status_code == 200
    return response.content.decode()


def page_of(slug):
    return reverse("public_portal:definition", args=[slug])


@pytest.mark.parametrize("slug", DEFINITIONS)
def test_each_figure_has_a_page_that_says_all_there_is_to_say(client, slug):
    client.cookies["django_language"] = "en"
    page = text_of(client.get(page_of(slug)))
    for question in (
        "How it is computed",
        "Which day",
        "Which place",
        "Where it comes from",
        "What it does not say",
        "Why it can change later",
    ):
        assert f"<dt>{question}</dt><dd>" in page
    assert ("When it passes 100" in page) == (DEFINITIONS[slug].over_100 is not None)


def test_the_list_leads_to_every_definition_and_they_lead_to_each_other(client):
    page = text_of(client.get(reverse("public_portal:definitions")))
    assert [page_of(slug) for slug in DEFINITIONS if page_of(slug) not in page] == []
    for definition in DEFINITIONS.values():
        assert definition.related
        assert set(definition.related) <= DEFINITIONS.keys() - {definition.slug}


def test_every_measure_of_the_map_has_its_definition():
    assert MEASURES.keys() <= DEFINITIONS.keys()


def test_a_definition_names_a_column_that_the_file_has(client):
    for definition in DEFINITIONS.values():
        if definition.column:
            name, column = definition.column.split(".")
            assert column in DATASETS[name].column_names


def test_a_definition_shows_the_figure_of_now(client):
    make_dose()
    refresh_all_statistics(timezone.now())
    page = text_of(client.get(page_of("recorded")))
    (value,) = re.findall(r'<p class="tile__v">([^<]*)</p>', page)
    assert value == "1"
    file = b"".join(client.get("/open-data/daily.csv").streaming_content).decode("utf-8-sig")
    assert sum(int(row["doses_recorded"]) for row in csv.DictReader(io.StringIO(file))) == 1


def test_there_is_no_page_of_a_figure_that_does_not_exist(client):
    assert client.get(page_of("gioi-thieu")).status_code == 404
