"""The shapes of the API's answers."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, RequestDataTooBig, ValidationError
from django.db import DataError, IntegrityError, OperationalError
from django.http import Http404
from django.test import override_settings
from django.urls import path
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions, generics, serializers
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from vaxplatform.api import Pages, answer_for, exception_handler
from vaxplatform.errors import DomainError
from vaxplatform.vietnam import normalise_name

factory = APIRequestFactory()


class LotExpired(DomainError):
    code = "lot_expired"
    message = _("This lot expired before the day of the dose.")


class DoseSerializer(serializers.Serializer[Any]):
    lot = serializers.CharField(max_length=5)


def answer(
    act: Callable[[Any], Any], body: Any = None, content_type: str = "application/json"
) -> Response:
    """What a view that does `act(request)` answers."""

    class View(APIView):
        authentication_classes = ()
        permission_classes = (AllowAny,)

        def get_exception_handler(self) -> Any:
            return exception_handler

        def post(self, request: Any) -> Response:
            return Response(act(request))

    raw = body if isinstance(body, bytes | str) else json.dumps(body)
    response: Response = View.as_view()(factory.post("/", raw, content_type=content_type))
    return response


def raising(error: Exception) -> Callable[[Any], Any]:
    def act(request: Any) -> Any:
        raise error

    return act


def test_a_refusal_by_a_rule_is_409_with_its_code_and_sentence() -> None:
    with translation.override("en"):
        response = answer(raising(LotExpired()))
    assert response.status_code == 409
    assert response.data == {
        "code": "lot_expired",
        "detail": "This lot expired before the day of the dose.",
    }


def test_input_that_cannot_be_right_is_400_by_field() -> None:
    response = answer(lambda request: normalise_name("Lê 8"))
    assert response.status_code == 400
    assert list(response.data) == ["full_name"]
    assert len(response.data["full_name"]) == 1


def test_a_serializer_s_errors_are_400_by_field() -> None:
    def act(request: Any) -> Any:
        DoseSerializer(data=request.data).is_valid(raise_exception=True)

    response = answer(act, {"lot": "ABCDEFG"})
    assert response.status_code == 400
    assert list(response.data) == ["lot"]


def test_a_list_s_errors_tell_the_place_in_the_list() -> None:
    def act(request: Any) -> Any:
        DoseSerializer(data=request.data, many=True).is_valid(raise_exception=True)

    response = answer(act, [{"lot": "A"}, {}])
    assert response.status_code == 400
    assert {place: list(errors) for place, errors in response.data.items()} == {1: ["lot"]}


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Http404(), 404, "not_found"),
        (PermissionDenied(), 403, "permission_denied"),
        (exceptions.NotAuthenticated(), 403, "not_authenticated"),
        (exceptions.Throttled(wait=7), 429, "throttled"),
        (RequestDataTooBig(), 413, "too_large"),
        (RecursionError(), 400, "parse_error"),
        (OperationalError("connection lost"), 503, "temporarily_unavailable"),
        (IntegrityError("duplicate key"), 409, "conflict"),
    ],
)
def test_other_errors_carry_a_code_and_a_sentence(error: Exception, status: int, code: str) -> None:
    response = answer(raising(error))
    assert response.status_code == status
    assert response.data["code"] == code
    assert response.data["detail"]


def test_a_database_that_cannot_serve_says_when_to_come_back() -> None:
    assert int(answer(raising(OperationalError("lost")))["Retry-After"]) > 0
    assert answer(raising(exceptions.Throttled(wait=7)))["Retry-After"] == "7"


def test_a_value_the_database_cannot_hold_is_400() -> None:
    assert answer(raising(DataError("out of range"))).status_code == 400


def test_a_constraint_s_own_words_never_reach_the_client() -> None:
    response = answer(raising(IntegrityError("DETAIL: Key (phone)=(+84912345678) exists")))
    assert "84912345678" not in str(response.data)


def test_a_model_s_validation_error_is_400_by_field() -> None:
    response = answer(raising(ValidationError({"lot": "no"})))
    assert (response.status_code, list(response.data)) == (400, ["lot"])
    response = answer(raising(ValidationError("no")))
    assert (response.status_code, list(response.data)) == (400, ["non_field_errors"])


def test_a_defect_is_not_dressed_up_as_the_client_s_fault() -> None:
    assert answer_for(KeyError("x")) is None


@pytest.mark.parametrize(
    "body",
    [b"{", b"\xff\xfe", b"NaN", b'{"lot": Infinity}', b"[" * 200_000, b"9" * 5_000, b"null", b""],
)
def test_broken_json_is_400_and_never_500(body: bytes) -> None:
    def act(request: Any) -> Any:
        DoseSerializer(data=request.data).is_valid(raise_exception=True)

    assert answer(act, body).status_code == 400


class Numbers(generics.ListAPIView[Any]):
    """The numbers 1 to 1200, in pages."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    pagination_class = Pages

    class serializer_class(serializers.Serializer[Any]):  # noqa: N801
        def to_representation(self, instance: int) -> Any:
            return instance

    def get_queryset(self) -> Any:
        return range(1, 1201)

    def filter_queryset(self, queryset: Any) -> Any:
        return queryset

    def get_exception_handler(self) -> Any:
        return exception_handler


urlpatterns = [path("numbers/", Numbers.as_view())]


def numbers(query: str) -> Any:
    with override_settings(ROOT_URLCONF=__name__):
        return Numbers.as_view()(factory.get(f"/numbers/{query}"))


def test_a_page_has_count_next_and_results_only() -> None:
    page = numbers("").data
    assert list(page) == ["count", "next", "results"]
    assert page["count"] == 1200
    assert page["results"] == list(range(1, 51))
    assert page["next"].endswith("page=2")


def test_a_billion_to_a_page_gives_the_largest_page_allowed() -> None:
    assert len(numbers("?page_size=1000000000").data["results"]) == 500


@pytest.mark.parametrize("size", ["0", "-1", "abc", "9" * 5_000, "1e9"])
def test_a_page_size_that_is_no_number_gives_the_usual_page(size: str) -> None:
    assert len(numbers(f"?page_size={size}").data["results"]) == 50


@pytest.mark.parametrize("page", ["0", "-1", "abc", "25", "9" * 30])
def test_a_page_that_is_not_there_is_404(page: str) -> None:
    response = numbers(f"?page={page}")
    assert response.status_code == 404
    assert response.data["code"] == "not_found"


def test_the_last_page_has_no_next() -> None:
    assert numbers("?page=24").data["next"] is None
