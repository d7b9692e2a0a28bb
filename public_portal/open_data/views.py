"""The addresses under /open-data/: stable, for everybody, sent again when changed."""

import json
from collections.abc import Iterator

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.text import compress_sequence
from django.views.decorators.http import require_safe

from public_portal import restated, selectors
from public_portal.caching import MAX_AGE_SECONDS, public_page
from public_portal.open_data import files
from public_portal.open_data.datasets import DATASETS
from public_portal.open_data.files import CONTENT_TYPES, LICENCE

KNOWN = ("province", "units")
Answer = HttpResponse | StreamingHttpResponse


@public_page()
def open_data(request: HttpRequest) -> HttpResponse:
    context = {
        "span": selectors.span(),
        "version": selectors.statistics_version(),
        "reconciled": restated.last_reconciliation(),
        "as_published": selectors.stands_as_published(),
        "datasets": DATASETS.values(),
        "licence": LICENCE,
        "api": [reverse(f"public_portal_api:{name}") for name in ("summary", "provinces", "daily")],
    }
    return render(request, "public_portal/open_data.html", context)


@require_safe
def dataset_file(request: HttpRequest, name: str, form: str) -> Answer:
    """A file of the open data; `form` is csv or json."""
    dataset = DATASETS.get(name)
    if dataset is None or form not in CONTENT_TYPES:
        raise Http404
    choices = {known: request.GET.get(known, "") for known in KNOWN}
    version = selectors.statistics_version()
    asked = "-".join((dataset.signature, form, *choices.values()))

    def parts() -> Iterator[str]:
        if form == "json":
            return files.as_json(dataset, choices, version)
        return files.as_csv(dataset, choices)

    unchanged = _unchanged(request, f"{version.number}-{asked}")
    response = unchanged or _streamed(request, parts(), CONTENT_TYPES[form])
    if unchanged is None:
        response["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    return _public(response, f"{version.number}-{asked}")


@require_safe
def datapackage(request: HttpRequest) -> Answer:
    version = selectors.statistics_version()
    home = settings.PUBLIC_URL
    text = json.dumps(files.datapackage(home=home, version=version), indent=1)
    tag = f"{version.number}-{'-'.join(d.signature for d in DATASETS.values())}-{home}"
    response = _unchanged(request, tag) or _streamed(request, iter([text]), "application/json")
    return _public(response, tag)


def _etag(tag: str) -> str:
    """Weak: packed and not, it is the same file. Nothing that ends the text stands in it."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "-.:/") else "_" for c in tag[:200])
    return f'W/"{plain}"'


def _unchanged(request: HttpRequest, tag: str) -> HttpResponse | None:
    found = get_conditional_response(request, etag=_etag(tag))
    return found if isinstance(found, HttpResponse) else None


def _streamed(request: HttpRequest, parts: Iterator[str], content_type: str) -> Answer:
    written = (part.encode() for part in parts)
    if "gzip" not in request.headers.get("Accept-Encoding", ""):
        return StreamingHttpResponse(written, content_type=content_type)
    response = StreamingHttpResponse(compress_sequence(written), content_type=content_type)
    response["Content-Encoding"] = "gzip"
    return response


def _public(response: Answer, tag: str) -> Answer:
    """Headers of a file for everybody: programs of any origin may read it."""
    response["ETag"] = _etag(tag)
    response["Cache-Control"] = f"public, max-age={MAX_AGE_SECONDS}"
    response["Access-Control-Allow-Origin"] = "*"
    response["Access-Control-Expose-Headers"] = "ETag"
    patch_vary_headers(response, ["Accept-Encoding"])
    response.speaks_no_language = True  # type: ignore[union-attr]
    return response
