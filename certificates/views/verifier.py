"""The verifier: a page that judges on the phone, and at the server where there is no script."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_safe

from certificates import offline_verifier
from certificates.forms.verifier import VerifyForm
from certificates.services.verification import check_certificate
from certificates.verdicts import verdict_of
from vaxplatform.offline import service_worker
from vaxplatform.security import with_camera

worker = service_worker(offline_verifier.verifier)


@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_store=True)
@with_camera
def verify_page(request: HttpRequest) -> HttpResponse:
    """The verifier: a scan, a pasted text or a photo in, one glance out. Nothing of it is kept."""
    form = VerifyForm(request.POST, request.FILES) if request.method == "POST" else VerifyForm()
    if not form.is_valid():
        context = {
            "form": form,
            "words": offline_verifier.words(),
            "modules": offline_verifier.MODULE_FILES,
        }
        return render(request, "certificates/verify.html", context)
    now = timezone.now()
    result = check_certificate(text=form.cleaned_data["hcert"], at=now)
    verdict = verdict_of(result, now=now)
    return render(request, "certificates/verdict.html", {"verdict": verdict, "again": VerifyForm()})


@require_safe
@cache_control(no_cache=True)
def manifest(_request: HttpRequest) -> JsonResponse:
    """The web app manifest of the verifier."""
    return JsonResponse(offline_verifier.manifest(), content_type="application/manifest+json")
