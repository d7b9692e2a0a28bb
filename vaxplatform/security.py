"""Content security policies: one strict for everybody, two looser ones for their own paths.

The staff pages (Unfold) run Alpine expressions, which need eval, and set styles inline; the API
browser (Swagger UI, served from here) sets styles inline. Neither loosening reaches the public.
"""

from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django_permissions_policy.decorators import permissions_policy_override

PUBLIC_POLICY = {
    "default-src": [SELF],
    "script-src": [SELF],
    "style-src": [SELF],
    "img-src": [SELF, "data:"],
    "object-src": [NONE],
    "base-uri": [NONE],
    "form-action": [SELF],
    "frame-ancestors": [NONE],
    "worker-src": [SELF],  # pages that work without a network, vaxplatform/offline.py
    "manifest-src": [SELF],
}
STAFF_POLICY = {
    "script-src": [SELF, UNSAFE_EVAL, UNSAFE_INLINE],
    "style-src": [SELF, UNSAFE_INLINE],
    "img-src": [SELF, "data:", "blob:"],
}
DOCS_POLICY = {"style-src": [SELF, UNSAFE_INLINE]}
SCOPED_POLICIES = (("/staff/", STAFF_POLICY), ("/api/docs/", DOCS_POLICY))

# Nothing of the device; a view that needs the camera is decorated with `with_camera`.
PERMISSIONS_POLICY: dict[str, list[str]] = {
    feature: []
    for feature in (
        "accelerometer",
        "browsing-topics",
        "camera",
        "display-capture",
        "geolocation",
        "gyroscope",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "usb",
    )
}

with_camera = permissions_policy_override({**PERMISSIONS_POLICY, "camera": "self"})
