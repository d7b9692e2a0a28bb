"""The script of a service worker: served for its scope, with a new version for each release."""

import json
import re

from django.contrib.staticfiles import finders
from django.test import RequestFactory

from vaxplatform import offline
from vaxplatform.offline import Offline, service_worker, worker_script

KEPT = Offline(
    name="try",
    scope="/try/",
    assets=("vaxplatform/site.css", "vaxplatform/offline.js"),
    pages=("/try/",),
    data=("/try/list.json",),
)


def config(script: str) -> dict:
    return json.loads(re.search(r"^const KEPT = (.*);$", script, re.M)[1])


def test_the_script_names_what_is_kept_and_its_scope():
    response = service_worker(lambda: KEPT)(RequestFactory().get("/try/worker.js"))

    assert response["Content-Type"].startswith("text/javascript")
    assert response["Service-Worker-Allowed"] == "/try/"
    assert "no-cache" in response["Cache-Control"]
    kept = config(response.content.decode())
    assert kept["assets"] == ["/static/vaxplatform/site.css", "/static/vaxplatform/offline.js"]
    assert (kept["pages"], kept["data"]) == (["/try/"], ["/try/list.json"])


def test_a_changed_asset_gives_a_new_version(tmp_path, monkeypatch):
    path = tmp_path / "site.css"
    path.write_text("a { color: red }")
    monkeypatch.setattr(finders, "find", lambda _name: str(path))
    monkeypatch.setattr(offline, "_remembered_hash", offline._read_hash)
    before = config(worker_script(KEPT))["version"]
    assert config(worker_script(KEPT))["version"] == before

    path.write_text("a { color: blue }")

    assert config(worker_script(KEPT))["version"] != before


def test_only_reading_is_answered():
    assert service_worker(lambda: KEPT)(RequestFactory().post("/try/worker.js")).status_code == 405
