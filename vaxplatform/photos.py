"""Opening a photo that somebody sends. The file is foreign: whatever it does to the decoder is an
unreadable photo, never an error page, and nothing but its picture goes any further."""

import io
import warnings
from typing import IO

import structlog
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps

from vaxplatform.errors import InvalidInput

log = structlog.get_logger(__name__)

MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 50_000_000  # of a JPEG, which is read at a smaller scale
MAX_PIXELS_WHOLE = 16_000_000  # of the formats that are read whole
FORMATS = ("JPEG", "PNG", "WEBP")
QUALITY = 80  # of the JPEG that is kept
LONGEST_SIDE = 2400  # small handwriting on A4 is legible, and the densest QR code


class PhotoTooLarge(InvalidInput):
    code = "photo_too_large"
    message = _("The photo is too large, in bytes or in pixels. Send a smaller one, up to 10 MB.")
    field = "photo"


class PhotoUnreadable(InvalidInput):
    code = "photo_unreadable"
    message = _("This file is not a photo that we can read. Send a JPEG, PNG or WebP picture.")
    field = "photo"


def open_photo(file: IO[bytes], *, size: int) -> Image.Image:
    """The picture in a file of `size` bytes: upright, in colours on white, at most 2400 pixels a
    side, without metadata. Raises PhotoTooLarge or PhotoUnreadable."""
    if size > MAX_BYTES:
        raise PhotoTooLarge
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            return _drawn_anew(file)
    except PhotoTooLarge:
        raise
    except Exception as error:  # decoders raise anything for a broken file
        log.info("photo_unreadable", error=type(error).__name__)
        raise PhotoUnreadable from error


def _drawn_anew(file: IO[bytes]) -> Image.Image:
    image: Image.Image = Image.open(file, formats=FORMATS)
    pixels = image.width * image.height
    if pixels > (MAX_PIXELS if image.format == "JPEG" else MAX_PIXELS_WHOLE):
        raise PhotoTooLarge
    image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
    layered = ImageOps.exif_transpose(image).convert("RGBA")
    layered.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    paper = Image.new("RGB", layered.size, "white")  # what is transparent is paper, not black
    paper.paste(layered, mask=layered.getchannel("A"))
    return paper


def clean_photo(content: bytes) -> bytes:
    """The picture as a JPEG, as `open_photo` gives it: drawn anew, so that neither place and time
    of the camera nor anything else that a file can carry is kept. Raises what `open_photo` refuses.
    """
    target = io.BytesIO()
    picture = open_photo(io.BytesIO(content), size=len(content))
    picture.save(target, "JPEG", quality=QUALITY, optimize=True)
    return target.getvalue()
