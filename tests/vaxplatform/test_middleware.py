"""A lost database, cached personal pages, and the content security policies."""

from typing import Any

import pytest
from csp.middleware import CSPMiddleware
from django.contrib.sessions.backends.cache import SessionStore
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory, override_settings
from django.urls import path

from vaxplatform.middleware import (
    DatabaseUnavailableMiddleware,
    PersonalPagesMiddleware,
    ScopedPolicyMiddleware,
)
from vaxplatform.security import PUBLIC_POLICY
from vaxplatform.unavailable import server_error

factory = RequestFactory()


def lost(request: HttpRequest) -> HttpResponse:
    raise OperationalError("server closed the connection unexpectedly")


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a defect")


def losing_middleware(get_response: Any) -> Any:
    def middleware(request: HttpRequest) -> HttpResponse:
        raise OperationalError("server closed the connection unexpectedly")

    return middleware


urlpatterns = [
    path("account/", lost),
    path("api/v1/doses/", lost),
    path("broken/", broken),
    path("api/v1/broken/", broken),
]
handler500 = server_error


def ask(address: str, middleware: list[str], language: str = "vi") -> HttpResponse:
    from django.utils import translation

    with (
        override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=middleware, DEBUG=False),
        translation.override(language),
    ):
        client = Client(raise_request_exception=False)
        return client.get(address)  # type: ignore[return-value]


CATCHING = ["vaxplatform.middleware.DatabaseUnavailableMiddleware"]
LOSING = [f"{__name__}.losing_middleware"]


@pytest.mark.parametrize("middleware", [CATCHING, [], LOSING])
def test_a_lost_database_is_503_with_a_time_to_come_back_wherever_it_was_lost(
    middleware: list[str],
) -> None:
    response = ask("/account/", middleware)
    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0
    assert response["Cache-Control"] == "no-store"
    assert "Hệ thống tạm ngừng trong giây lát" in response.content.decode()
    assert 'href="/account/"' in response.content.decode()


def test_the_page_speaks_english_to_who_reads_english() -> None:
    page = ask("/account/", CATCHING, language="en").content.decode()
    assert '<html lang="en">' in page
    assert "The system is briefly unavailable" in page


@pytest.mark.parametrize("middleware", [CATCHING, LOSING])
def test_a_machine_gets_the_same_as_json(middleware: list[str]) -> None:
    response = ask("/api/v1/doses/", middleware)
    assert response.status_code == 503
    assert response.json()["code"] == "temporarily_unavailable"  # type: ignore[attr-defined]


def test_a_defect_stays_a_500() -> None:
    assert ask("/broken/", CATCHING).status_code == 500
    response = ask("/api/v1/broken/", CATCHING)
    assert response.status_code == 500
    assert response.json()["code"] == "server_error"  # type: ignore[attr-defined]


def test_the_503_page_has_no_inline_style_or_script() -> None:
    page = ask("/account/", CATCHING).content.decode()
    assert "<style" not in page
    assert "style=" not in page
    assert "<script" not in page


def test_another_error_is_left_to_others() -> None:
    middleware = DatabaseUnavailableMiddleware(lambda request: HttpResponse())
    assert middleware.process_exception(factory.get("/"), ValueError()) is None


def cache_control(session: dict[str, Any] | None, *, read: bool, **headers: Any) -> str:
    """Cache-Control of a page of which the view said `public`."""

    def view(request: HttpRequest) -> HttpResponse:
        if read:
            request.session.get("anything")
        return HttpResponse(headers={"Cache-Control": "public, max-age=60"})

    request = factory.get("/", headers=headers)
    request.session = SessionStore()
    if session is not None:
        request.session._session_cache = session  # type: ignore[attr-defined]
        request.session.accessed = False
    return str(PersonalPagesMiddleware(view)(request)["Cache-Control"])


def test_a_page_made_from_a_session_is_never_stored() -> None:
    assert cache_control({"_auth_user_id": "1"}, read=True) == "private, no-store"


def test_a_page_for_an_api_token_is_never_stored() -> None:
    token = {"Authorization": "Token x"}
    assert cache_control(None, read=False, **token) == "private, no-store"


def test_a_public_page_stays_cacheable_even_for_who_is_signed_in() -> None:
    assert cache_control({"_auth_user_id": "1"}, read=False) == "public, max-age=60"


def test_a_page_that_looks_for_a_session_and_finds_none_stays_cacheable() -> None:
    assert cache_control({}, read=True) == "public, max-age=60"


def policy(address: str, own: Any = None) -> dict[str, list[str]]:
    """The directives a page at `address` is sent with."""

    def view(request: HttpRequest) -> HttpResponse:
        response = HttpResponse()
        if own is not None:
            response._csp_replace = own  # type: ignore[attr-defined]
        return response

    with override_settings(CONTENT_SECURITY_POLICY={"DIRECTIVES": PUBLIC_POLICY}):
        stack = CSPMiddleware(ScopedPolicyMiddleware(view))
        header = stack(factory.get(address))["Content-Security-Policy"]  # type: ignore[index]
    directives = (directive.split() for directive in header.split(";"))
    return {name: values for name, *values in directives}


@pytest.mark.parametrize("address", ["/", "/account/", "/staffing/", "/api/v1/doses/", "/x/staff/"])
def test_public_pages_allow_nothing_inline_and_no_eval(address: str) -> None:
    directives = policy(address)
    assert "unsafe" not in str(directives)
    assert directives["default-src"] == ["'self'"]
    assert directives["form-action"] == ["'self'"]
    assert directives["frame-ancestors"] == ["'none'"]
    assert directives["img-src"] == ["'self'", "data:"]


def test_staff_pages_may_do_what_their_framework_needs_and_stay_unframed() -> None:
    directives = policy("/staff/")
    assert "'unsafe-eval'" in directives["script-src"]
    assert "'unsafe-inline'" in directives["style-src"]
    assert directives["frame-ancestors"] == ["'none'"]
    assert directives["form-action"] == ["'self'"]


def test_the_api_browser_may_style_inline_but_not_script() -> None:
    directives = policy("/api/docs/")
    assert directives["script-src"] == ["'self'"]
    assert "'unsafe-inline'" in directives["style-src"]


def test_a_view_s_own_policy_is_kept() -> None:
    assert policy("/staff/", own={"img-src": ["'none'"]})["img-src"] == ["'none'"]
