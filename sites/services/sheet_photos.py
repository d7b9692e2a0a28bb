"""The photo of a paper sheet: foreign bytes in, a plain JPEG out, or a refusal.

Drawn anew, so that neither place and time of the camera nor anything else that a file can carry
is kept.
"""

import io

from vaxplatform.photos import open_photo

QUALITY = 80


def clean_photo(content: bytes) -> bytes:
    """The picture as a JPEG, as `open_photo` gives it. Raises what `open_photo` refuses."""
    target = io.BytesIO()
    picture = open_photo(io.BytesIO(content), size=len(content))
    picture.save(target, "JPEG", quality=QUALITY, optimize=True)
    return target.getvalue()
