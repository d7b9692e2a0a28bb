"""The lists for verifiers, as docs/verifiers.md describes them: the same for everybody, readable
from any origin, kept by caches for a while, answered with 304 when nothing changed."""

import gzip
import hashlib
import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, ClassVar

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_cache_control, patch_vary_headers
from django.utils.dateparse import parse_datetime
from django.utils.http import http_date, parse_http_date_safe
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, serializers
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.views import APIView

from certificates import published
from certificates.services import keys
from certificates.services.publishing import KEY_SET, OFFLINE, SIGNED_KEY_SET

KEYS_SECONDS = 300  # how old a list of keys may be that a verifier or a cache keeps
REVOCATIONS_SECONDS = 60
BATCH_SECONDS = 24 * 3600  # a batch never changes
WORTH_PACKING = 1_024

NOT_CHANGED = {304: None}
NOT_YET = {503: OpenApiTypes.OBJECT}


class NotPublishedYet(exceptions.APIException):
    """No worker has published anything: an empty list would say that nothing was revoked."""

    status_code = HTTPStatus.SERVICE_UNAVAILABLE
    default_code = "not_published_yet"
    default_detail = _(
        "This list has not been published yet. A worker publishes it within a minute of its first "
        "start."
    )


class BatchGone(exceptions.APIException):
    status_code = HTTPStatus.GONE
    default_code = "batch_deleted"
    default_detail = _("Every certificate of this batch has expired, or another batch names it.")


class AnyAccept(BaseContentNegotiation):
    """One form each, whatever a client says it accepts."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type


class ListView(APIView):
    """What every list shares. Subclasses say `seconds`, and whether packing pays."""

    authentication_classes = ()
    permission_classes = ()
    content_negotiation_class = AnyAccept
    content_type: ClassVar[str] = "application/json"
    seconds: ClassVar[int] = REVOCATIONS_SECONDS
    packs: ClassVar[bool] = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Add what lets a verifier's page of another origin read it, errors too."""
        if request.method == "OPTIONS":
            response: HttpResponseBase = HttpResponse(status=HTTPStatus.NO_CONTENT)
            response["Access-Control-Allow-Methods"] = "GET, HEAD, OPTIONS"
            response["Access-Control-Allow-Headers"] = "If-None-Match, If-Modified-Since"
            response["Access-Control-Max-Age"] = "86400"
        else:
            response = super().dispatch(request, *args, **kwargs)
        response["Access-Control-Allow-Origin"] = "*"
        response["Access-Control-Expose-Headers"] = "ETag, Retry-After"
        if response.status_code >= HTTPStatus.BAD_REQUEST:
            response["Cache-Control"] = "no-store"
        else:
            response.speaks_no_language = True  # type: ignore[attr-defined]
        return response

    def cached(
        self,
        request: Request,
        sha256: str,
        content: Callable[[], bytes],
        *,
        changed_at: datetime | None = None,
        **control: Any,
    ) -> HttpResponse:
        """The answer for a content, by its hash: 304, or 200 with what `content()` returns."""
        packed = self.packs and "gzip" in request.headers.get("Accept-Encoding", "")
        etag = f'"{sha256[:32]}{"-gz" if packed else ""}"'
        modified = int(changed_at.timestamp()) if changed_at else None
        response = get_conditional_response(request._request, etag=etag, last_modified=modified)
        if response is None or response.status_code != HTTPStatus.NOT_MODIFIED:
            response = self._whole(content(), packed=packed)
        response["ETag"] = etag
        if modified is not None:
            response["Last-Modified"] = http_date(modified)
        if self.packs:
            patch_vary_headers(response, ["Accept-Encoding"])
        patch_cache_control(response, **({"public": True, "max_age": self.seconds} | control))
        return response

    def cached_json(self, request: Request, data: Any, **control: Any) -> HttpResponse:
        content = json.dumps(data, indent=1).encode()
        return self.cached(request, _sha256(content), lambda: content, **control)

    def _whole(self, content: bytes, *, packed: bool) -> HttpResponse:
        if not packed or len(content) < WORTH_PACKING:
            return HttpResponse(content, content_type=self.content_type)
        small = gzip.compress(content, mtime=0)
        headers = {"Content-Encoding": "gzip"}
        return HttpResponse(small, content_type=self.content_type, headers=headers)


class PublishedFileView(ListView):
    """A file as workers wrote it last."""

    name: ClassVar[str]

    def get(self, request: Request) -> HttpResponse:
        found = published.heading(self.name)
        if found is None:
            raise NotPublishedYet
        sha256, published_at = found
        return self.cached(
            request,
            sha256,
            lambda: published.file_content(self.name) or b"",
            changed_at=published_at,
        )


class KeySetView(PublishedFileView):
    name = KEY_SET
    content_type = "application/jwk-set+json"
    seconds = KEYS_SECONDS

    @extend_schema(
        summary="Signing keys as a JWK set",
        responses={(200, content_type): OpenApiTypes.OBJECT, **NOT_CHANGED, **NOT_YET},
    )
    def get(self, request: Request) -> HttpResponse:
        return super().get(request)


class SignedKeySetView(PublishedFileView):
    name = SIGNED_KEY_SET
    content_type = "application/jose"
    seconds = KEYS_SECONDS

    @extend_schema(
        summary="The JWK set, signed (compact JWS)",
        responses={(200, content_type): OpenApiTypes.STR, **NOT_CHANGED, **NOT_YET},
    )
    def get(self, request: Request) -> HttpResponse:
        return super().get(request)


class OfflineListView(PublishedFileView):
    name = OFFLINE
    content_type = "application/octet-stream"
    packs = False  # nothing is left to pack

    @extend_schema(
        summary="Every ended certificate in one signed file, for verifiers without a network",
        responses={(200, content_type): OpenApiTypes.BINARY, **NOT_CHANGED, **NOT_YET},
    )
    def get(self, request: Request) -> HttpResponse:
        return super().get(request)


class ListedKey(serializers.Serializer):
    kid = serializers.CharField(help_text=_("8 bytes, base64"))
    timestamp = serializers.DateTimeField()
    country = serializers.CharField()
    certificateType = serializers.CharField()  # noqa: N815 - the gateway's name
    thumbprint = serializers.CharField(help_text=_("SHA-256 of the certificate, hexadecimal"))
    signature = serializers.CharField(help_text=_("CMS by the country authority, base64"))
    rawData = serializers.CharField(help_text=_("Certificate in DER, base64"))  # noqa: N815


class TrustListAnswer(serializers.Serializer):
    certificates = ListedKey(many=True)


class TrustListView(ListView):
    """The keys whose certificates may be believed, in the form of the EU gateway."""

    seconds = KEYS_SECONDS

    @extend_schema(
        summary="Signing keys (DSCs) like the EU gateway's trust list",
        responses={200: TrustListAnswer, **NOT_CHANGED},
    )
    def get(self, request: Request) -> HttpResponse:
        content = keys.published_keys().to_json().encode()
        return self.cached(request, _sha256(content), lambda: content)


class ListedBatch(serializers.Serializer):
    batchId = serializers.UUIDField()  # noqa: N815
    country = serializers.CharField()
    date = serializers.DateTimeField(help_text=_("When it was written, or deleted"))
    deleted = serializers.BooleanField()


class BatchListAnswer(serializers.Serializer):
    more = serializers.BooleanField(help_text=_("Ask again with the date of the last batch"))
    batches = ListedBatch(many=True)


class BatchListView(ListView):
    """The batches of revoked and replaced certificates, as the EU gateway lists them.

    Without a date: those in force. With one, in `?since=` or as If-Modified-Since (an HTTP date,
    or ISO 8601 as the gateway's clients send it): those written or deleted from then on.
    """

    @extend_schema(
        operation_id="revocation_batches_list",
        summary="Batches of revoked and replaced certificates",
        parameters=[
            OpenApiParameter("since", OpenApiTypes.DATETIME, description="ISO 8601"),
            OpenApiParameter("If-Modified-Since", OpenApiTypes.STR, OpenApiParameter.HEADER),
        ],
        responses={200: BatchListAnswer, **NOT_CHANGED, **NOT_YET},
    )
    def get(self, request: Request) -> HttpResponse:
        if published.heading(OFFLINE) is None:
            raise NotPublishedYet
        since = _since(request.query_params.get("since"))
        header = _moment(request.headers.get("If-Modified-Since", ""))
        if since is None and header is not None and "If-None-Match" not in request.headers:
            return self._since_header(header)
        found = published.batches_changed(since=since) if since else published.batches_in_force()
        return self.cached_json(request, found.as_dict())

    def _since_header(self, since: datetime) -> HttpResponse:
        """A part of the list under the address of the whole: no cache may keep it."""
        found = published.batches_changed(since=since)
        status = HTTPStatus.OK if found.rows else HTTPStatus.NOT_MODIFIED
        content = json.dumps(found.as_dict(), indent=1) if found.rows else ""
        headers = {"Cache-Control": "no-store"}
        return HttpResponse(content, status=status, content_type=self.content_type, headers=headers)


class BatchEntry(serializers.Serializer):
    hash = serializers.CharField(
        help_text=_("First 16 bytes of SHA-256 over the certificate's identifier (UVCI), base64")
    )


class BatchAnswer(serializers.Serializer):
    country = serializers.CharField()
    expires = serializers.DateTimeField()
    kid = serializers.CharField()
    hashType = serializers.CharField()  # noqa: N815
    entries = BatchEntry(many=True)


class BatchView(ListView):
    """One batch; it never changes."""

    seconds = BATCH_SECONDS

    @extend_schema(
        operation_id="revocation_batch_retrieve",
        summary="One batch of hashes",
        responses={
            200: BatchAnswer,
            **NOT_CHANGED,
            404: OpenApiTypes.OBJECT,
            410: OpenApiTypes.OBJECT,
        },
    )
    def get(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        batch = published.batch_of(public_id)
        if batch is None:
            raise Http404
        if batch.deleted_at is not None:
            raise BatchGone
        return self.cached_json(
            request, published.batch_as_dict(batch), changed_at=batch.created_at, immutable=True
        )


def _since(text: str | None) -> datetime | None:
    """The date of `?since=`; 400 by field when it is none."""
    if text is None:
        return None
    moment = _moment(text)
    if moment is None:
        raise serializers.ValidationError(
            {"since": [_("Write the time as in 2021-11-06T10:00:00Z.")]}
        )
    return moment


def _moment(text: str) -> datetime | None:
    """An HTTP date or ISO 8601 time; without an offset it is UTC. None for anything else."""
    seconds = parse_http_date_safe(text)
    if seconds is not None:
        return datetime.fromtimestamp(seconds, tz=UTC)
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    if moment is None:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
