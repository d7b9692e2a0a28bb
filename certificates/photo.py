"""Reading a QR code from a photo that somebody sends. The file is foreign: nothing of it is kept,
and whatever it does to the decoder is an unreadable photo, never an error page."""

import warnings
from typing import IO

import structlog
import zxingcpp
from django.utils.translation import gettext_lazy as _
from PIL import Image

from vaxplatform.errors import InvalidInput

log = structlog.get_logger(__name__)

MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 50_000_000
FORMATS = ("JPEG", "PNG", "WEBP")
LONGEST_SIDE = 2400  # enough for the densest code; larger photos are made smaller first


class PhotoTooLarge(InvalidInput):
    code = "photo_too_large"
    message = _("The photo is larger than 10 MB. Send a smaller one.")
    field = "photo"


class PhotoUnreadable(InvalidInput):
    code = "photo_unreadable"
    message = _("This file is not a photo that we can read. Send a JPEG, PNG or WebP picture.")
    field = "photo"


class NoCodeInPhoto(InvalidInput):
    code = "no_code_in_photo"
    message = _(
        "We found no QR code in the photo. Take it again from straight above, with the whole code "
        "sharp and in good light."
    )
    field = "photo"


def read_code(file: IO[bytes], *, size: int) -> str:
    """The text of the QR code in a photo of `size` bytes; a certificate's before any other.

    Raises PhotoTooLarge, PhotoUnreadable or NoCodeInPhoto.
    """
    if size > MAX_BYTES:
        raise PhotoTooLarge
    image = _open(file)
    codes = zxingcpp.read_barcodes(image, zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode]))
    found = [code.text for code in codes]
    if not found:
        raise NoCodeInPhoto
    return next((text for text in found if text.startswith("HC1:")), found[0])


def _open(file: IO[bytes]) -> Image.Image:
    """The picture in shades of grey, not larger than needed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(file, formats=FORMATS)
            if image.width * image.height > MAX_PIXELS:
                raise PhotoTooLarge
            image.draft("L", (LONGEST_SIDE, LONGEST_SIDE))
            grey = _on_white(image).convert("L")
            grey.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    except InvalidInput:
        raise
    except Exception as error:  # decoders raise anything for a broken file
        log.info("photo_unreadable", error=type(error).__name__)
        raise PhotoUnreadable from error
    return grey


def _on_white(image: Image.Image) -> Image.Image:
    """A transparent background is paper, not black."""
    if "A" not in image.getbands() and "transparency" not in image.info:
        return image
    layered = image.convert("RGBA")
    paper = Image.new("RGBA", layered.size, "white")
    return Image.alpha_composite(paper, layered)
