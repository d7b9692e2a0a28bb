"""Pages of the foundation itself."""

from datetime import timedelta

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from vaxplatform import design_examples, figures
from vaxplatform.design_examples import RECORDED_AT


def design(request: HttpRequest) -> HttpResponse:
    """Every component once, with data of the real shape; reachable in DEBUG only."""
    context = {
        "example": design_examples.example_form(),
        "page_obj": Paginator(range(200), 20).get_page(request.GET.get("page", 4)),
        "sort": request.GET.get("sort", "-rate"),
        "icons": figures.ICON_SHAPES,
        "start_at": RECORDED_AT,
        "earliest_at": RECORDED_AT + timedelta(minutes=30),
        "due_at": RECORDED_AT + timedelta(minutes=60),
        "now": RECORDED_AT + timedelta(minutes=18),
        "late": RECORDED_AT + timedelta(minutes=78),
        "both_certified": ["certified", "certified"],
        "second_recorded": ["certified", "recorded"],
        "two_of_three": ["certified", "certified", "missing"],
        "none_of_two": ["missing", "missing"],
        "headline": 93_153_849,
        **design_examples.ways(),
        **design_examples.records(),
        **design_examples.drawings(),
    }
    return render(request, "vaxplatform/design.html", context)
