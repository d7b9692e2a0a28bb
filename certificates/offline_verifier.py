"""What the verifier's page is given to work without a network: its words, its files, its lists."""

from collections.abc import Mapping
from typing import Any

from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from certificates.hcert import uvci, valuesets
from certificates.hcert.verify import Reason, VerificationResult
from certificates.verdicts import Verdict, verdict_of
from vaxplatform.offline import Offline

SCOPE = "/verify/"
KEYS_PATH = "/api/v1/trust-list/jwks.jws"
REVOCATIONS_PATH = "/api/v1/revocations/offline.bin"

MODULES = (
    "base45",
    "cbor",
    "cose",
    "ddcc",
    "der",
    "format",
    "inflate",
    "keys",
    "lists",
    "page",
    "result",
    "revocations",
    "schema",
    "verify",
)
CODE_READER = ("camera", "finder", "qr/correct", "qr/locate", "qr/symbol")
MODULE_FILES = (
    *(f"certificates/verify/{name}.js" for name in MODULES),
    *(f"vaxplatform/codes/{name}.js" for name in CODE_READER),
)
ICONS = {192: "vaxplatform/icon-192.png", 512: "vaxplatform/icon-512.png"}
ASSETS = (
    "vaxplatform/site.css",
    "vaxplatform/site.js",
    "vaxplatform/offline.js",
    "vaxplatform/favicon.svg",
    *ICONS.values(),
    "certificates/verify.css",
    *MODULE_FILES,
)

# Said only where the phone judges by its kept lists and the server cannot be asked.
_OFFLINE_WORDS: dict[Reason, dict[str, "str | Promise"]] = {
    Reason.UNKNOWN_KEY: {
        "advice": _(
            "This device keeps the keys of Viet Nam only. Go online and check the code again: the "
            "server knows the newest keys and those of other countries."
        )
    },
    Reason.REVOKED: {
        "why": _("This certificate was revoked, or replaced by a newer one."),
        "advice": _(
            "Ask the person to open the newest certificate in their health book and show that "
            "code. If there is none, do not accept it."
        ),
    },
}

TEXTS = {
    "lists": _("Works without a network. Keys of {keys}, revocations of {revocations}."),
    "offline": _(
        "There is no network now. This device checks by the lists that it keeps: keys of {keys}, "
        "revocations of {revocations}."
    ),
    "stale": _(
        "The list of revocations is old, of {revocations}: a certificate that was revoked since "
        "then would pass. Go online to renew it."
    ),
    "clock": _("The clock of this device is wrong. Set date and time before you trust a result."),
    "no_lists": _(
        "The lists of keys and revocations are not on this device yet, so it cannot check without "
        "a network. Go online once and open this page."
    ),
    "checked": _(
        "Checked on this device at {clock}, {day}. Keys of {keys}, revocations of {revocations}. "
        "Nothing of this check is kept or sent."
    ),
    "nothing": _("Paste the text of the code, or choose a photo of it."),
    "no_code": _(
        "We found no QR code in the photo. Take it again from straight above, with the whole code "
        "sharp and in good light."
    ),
    "aim": _("Hold the whole code inside the frame."),
    "another": _("This is another QR code. Hold the one of the certificate inside the frame."),
}
CAMERAS = {
    "NotAllowedError": _(
        "The camera is blocked for this page. Allow it in the settings of the browser, or choose "
        "a photo of the code below."
    ),
    "NotFoundError": _("This device has no camera. Choose a photo of the code, or paste its text."),
    "NotReadableError": _("Another app is using the camera. Close it and try again."),
    "other": _("The camera did not start. Choose a photo of the code, or paste its text."),
}
ROWS = {
    "name": _("Full name"),
    "born": _("Date of birth"),
    "dose": _("Dose"),
    "product": _("Product"),
    "day": _("Date of vaccination"),
    "until": _("Valid until"),
    "kind": _("Kind of certificate"),
    "test": _("Certificate of a test"),
    "recovery": _("Certificate of recovery"),
}


def verifier() -> Offline:
    """What the service worker of the verifier's page keeps."""
    return Offline(
        name="verify",
        scope=SCOPE,
        assets=ASSETS,
        pages=(reverse("certificates:verify"),),
        data=(KEYS_PATH, REVOCATIONS_PATH),
    )


def words() -> dict[str, Any]:
    """All that the script says, in the active language; its {names} are filled in there."""
    return {
        "country": uvci.COUNTRY,
        "time_zone": timezone.get_default_timezone_name(),
        "urls": {"keysUrl": KEYS_PATH, "revocationsUrl": REVOCATIONS_PATH, "alive": "/livez"},
        "reasons": {str(reason): _reason(reason) for reason in Reason},
        "products": {code: product.name for code, product in valuesets.products().items()},
        "doses": _as_pattern(translation.gettext("%(number)s of %(series)s")),
        "rows": _spoken(ROWS),
        "texts": _spoken(TEXTS),
        "cameras": _spoken(CAMERAS),
    }


def manifest() -> dict[str, Any]:
    """The web app manifest, with which the page is put on a home screen as an app of its own."""
    return {
        "id": SCOPE,
        "start_url": SCOPE,
        "scope": SCOPE,
        "name": translation.gettext("Check a certificate"),
        "short_name": translation.gettext("Check certificates"),
        "lang": translation.get_language(),
        "display": "standalone",
        "background_color": "#ffffff",
        "theme_color": "#0b3a4d",
        "icons": [
            {
                "src": static(name),
                "sizes": f"{size}x{size}",
                "type": "image/png",
                "purpose": "any maskable",
            }
            for size, name in ICONS.items()
        ],
    }


def _reason(reason: Reason) -> dict[str, Any]:
    """The server's words for a reason, and what was looked at up to there."""
    result = VerificationResult("valid" if reason == Reason.OK else "invalid", reason)
    verdict: Verdict = verdict_of(result, now=timezone.now())
    own = {"why": verdict.words.why, "advice": verdict.words.advice}
    checks = [
        {"text": str(check.text), "finding": str(check.finding), "result": check.result}
        for check in verdict.checks
    ]
    return {**_spoken({**own, **_OFFLINE_WORDS.get(reason, {})}), "checks": checks}


def _spoken(texts: Mapping[str, "str | Promise"]) -> dict[str, str]:
    return {name: str(text) for name, text in texts.items()}


def _as_pattern(text: str) -> str:
    return text.replace("%(number)s", "{number}").replace("%(series)s", "{series}")
