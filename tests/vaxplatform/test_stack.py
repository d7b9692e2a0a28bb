"""The foundation as it is wired up: through every middleware and the real addresses."""

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client


@pytest.mark.usefixtures("signing_key")
def test_the_three_health_addresses_answer(client: Client) -> None:
    assert client.get("/livez").json() == {"status": "alive"}
    assert client.get("/readyz").status_code == 200
    metrics = client.get("/metrics")
    assert metrics.status_code == 200
    assert metrics["Content-Type"].startswith("text/plain")


@pytest.mark.django_db
def test_the_metrics_are_not_for_the_street(client: Client) -> None:
    assert client.get("/metrics", REMOTE_ADDR="203.0.113.9").status_code == 404


def test_the_process_lives_without_a_database(client: Client) -> None:
    """No database mark: a query would fail this test."""
    client.cookies["sessionid"] = "a" * 32
    assert client.get("/livez").status_code == 200


@pytest.mark.django_db
def test_the_staff_door_has_its_policy_and_every_answer_its_headers(client: Client) -> None:
    response = client.get("/staff/login/")
    assert "'unsafe-eval'" in response["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in response["Content-Security-Policy"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "camera=()" in response["Permissions-Policy"]


@pytest.mark.django_db
def test_the_api_browser_is_served_from_here_only(client: Client) -> None:
    response = client.get("/api/docs/")
    assert response.status_code == 200
    assert "https://" not in response.content.decode()
    assert "'unsafe-eval'" not in response["Content-Security-Policy"]
    assert "unsafe" not in client.get("/api/schema/")["Content-Security-Policy"]


@pytest.mark.django_db
def test_a_page_made_from_a_session_is_not_stored(client: Client) -> None:
    session = SessionStore()
    session["anything"] = 1
    session.create()
    client.cookies["sessionid"] = session.session_key or ""
    assert client.get("/staff/")["Cache-Control"] == "private, no-store"


@pytest.mark.django_db
def test_every_answer_names_its_request(client: Client) -> None:
    first, second = client.get("/livez"), client.get("/livez")
    assert len(first["X-Request-ID"]) == 36
    assert first["X-Request-ID"] != second["X-Request-ID"]
