"""Pages that work without a network: a service worker for each, whose script is served here.

    urlpatterns = [
        path("verify/worker.js", service_worker(verifier), name="verify-worker"),
    ]

`verifier` is a function that returns an `Offline`: it is asked at each request, so that `reverse`
may be used. In the page: `<script src="{% static "vaxplatform/offline.js" %}" defer
data-worker="{% url "certificates:verify-worker" %}" data-scope="/verify/"></script>`; the file
is one of the assets. What a worker keeps is in caches of the origin: `<name>-<version>` for pages
and assets, `<name>-data` for data; a page may delete the latter itself (`caches.delete`).
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.template.loader import get_template
from django.utils.safestring import mark_safe
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

View = Callable[[HttpRequest], HttpResponse]


@dataclass(frozen=True)
class Offline:
    """What a worker keeps; it answers for nothing else.

    `name`: of its caches, unique. `scope`: the path below which it works; the worker's own path
    must be below it too. `assets`: names of static files, kept when it is installed and
    always answered from there. `pages` and `data`: paths, asked from the network first
    and answered from the kept copy when it does not answer in a few seconds. A page is kept as it
    was last seen, so it must be the same for everybody (a token for forms does no harm, messages
    do); data may be absent when the worker is installed.
    """

    name: str
    scope: str
    assets: tuple[str, ...]
    pages: tuple[str, ...]
    data: tuple[str, ...] = ()


def service_worker(offline: Callable[[], Offline]) -> View:
    """The view that serves the worker's script. Browsers ask for it anew at each visit, and a
    changed byte of it or of an asset makes them install the new one."""

    @require_safe
    @cache_control(no_cache=True)
    def worker(_request: HttpRequest) -> HttpResponse:
        kept = offline()
        script = worker_script(kept)
        return HttpResponse(
            script,
            content_type="text/javascript; charset=utf-8",
            headers={"Service-Worker-Allowed": kept.scope},
        )

    return worker


def worker_script(kept: Offline) -> str:
    """The script with its list; the version is that of the list and all that it names."""
    urls = replace(kept, assets=tuple(staticfiles_storage.url(name) for name in kept.assets))
    template = get_template("vaxplatform/worker.js")
    version = hashlib.sha256(repr(urls).encode())
    for name in kept.assets:
        version.update(_content_hash(name))
    config = {**asdict(urls), "version": version.hexdigest()[:16]}
    # Values are paths of ours, so nothing in them can end the script.
    return str(template.render({"config": mark_safe(json.dumps(config))}))  # noqa: S308


def _content_hash(name: str) -> bytes:
    """The hash of a static file: by its source, so that it is right under any storage."""
    return _read_hash(name) if settings.DEBUG else _remembered_hash(name)


def _read_hash(name: str) -> bytes:
    found = finders.find(name)
    if not isinstance(found, str):
        raise ImproperlyConfigured(f"There is no static file {name}.")
    return hashlib.sha256(Path(found).read_bytes()).digest()


_remembered_hash = lru_cache(maxsize=256)(_read_hash)
