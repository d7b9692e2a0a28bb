"""The photos beside a case, for those who work on it and for whoever sent the report."""

import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from registration.services.access import AccessPurpose, log_access
from response_center.models import CaseEvidence
from response_center.selectors import cases_in_reach
from response_center.services.evidence import photo_of
from response_center.views.reach import case_within_reach
from sites.rights import ANSWER_CASES, WORK_CASES, staff_page


@staff_page(WORK_CASES, ANSWER_CASES)
@never_cache
@require_safe
def staff_photo(request: Any, public_id: uuid.UUID) -> HttpResponse:
    """A photo of a case in reach of this login, else 404; on record where the person is known."""
    evidence = get_object_or_404(CaseEvidence.objects.select_related("case"), public_id=public_id)
    case = cases_in_reach(request.posting).filter(pk=evidence.case_id).first()
    if case is None:
        raise Http404
    if case.citizen is not None:
        log_access(citizen=case.citizen, account=request.user, purpose=AccessPurpose.CASE)
    return _picture(evidence)


@never_cache
@require_safe
def own_photo(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """A photo of a case that this browser may follow, else 404."""
    evidence = get_object_or_404(CaseEvidence.objects.select_related("case"), public_id=public_id)
    if case_within_reach(request, evidence.case.number, timezone.now()) is None:
        raise Http404
    return _picture(evidence)


def _picture(evidence: CaseEvidence) -> HttpResponse:
    photo = photo_of(evidence)
    if photo is None:
        raise Http404
    response = HttpResponse(photo, content_type="image/jpeg")
    response["Cache-Control"] = "private, no-store"
    return response
