"""The photo of a paper sheet: foreign bytes in, a plain JPEG out, or a refusal.

It is decoded and drawn anew, so that neither place and time of the camera nor anything else that
a file can carry is kept.
"""

import io
import warnings

import structlog
from PIL import Image, ImageOps

from sites import exceptions

log = structlog.get_logger(__name__)

MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 50_000_000  # of a JPEG, which is read at a smaller scale
MAX_PIXELS_WHOLE = 16_000_000  # of the formats that are read whole
FORMATS = ("JPEG", "PNG", "WEBP")
LONGEST_SIDE = 2400  # small handwriting on A4 is legible
QUALITY = 80


def clean_photo(content: bytes) -> bytes:
    """The picture as a JPEG, upright, not larger than needed, without metadata.

    Raises SheetPhotoTooLarge or SheetPhotoUnreadable.
    """
    if len(content) > MAX_BYTES:
        raise exceptions.SheetPhotoTooLarge
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            return _drawn_anew(content)
    except exceptions.SheetPhotoTooLarge:
        raise
    except Exception as error:  # decoders raise anything for a broken file
        log.info("sheet_photo_unreadable", error=type(error).__name__)
        raise exceptions.SheetPhotoUnreadable from error


def _drawn_anew(content: bytes) -> bytes:
    image: Image.Image = Image.open(io.BytesIO(content), formats=FORMATS)
    pixels = image.width * image.height
    if pixels > (MAX_PIXELS if image.format == "JPEG" else MAX_PIXELS_WHOLE):
        raise exceptions.SheetPhotoTooLarge
    image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
    upright = ImageOps.exif_transpose(image)
    layered = upright.convert("RGBA")
    layered.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    paper = Image.new("RGB", layered.size, "white")
    paper.paste(layered, mask=layered.getchannel("A"))
    target = io.BytesIO()
    paper.save(target, "JPEG", quality=QUALITY, optimize=True)
    return target.getvalue()
