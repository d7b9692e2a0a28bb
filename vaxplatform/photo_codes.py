"""Reading a QR code from a photo that somebody sends; nothing of it is kept."""

from collections.abc import Callable
from typing import IO

import zxingcpp
from django.utils.translation import gettext_lazy as _

from vaxplatform.errors import InvalidInput
from vaxplatform.photos import open_photo


class NoCodeInPhoto(InvalidInput):
    code = "no_code_in_photo"
    message = _(
        "We found no QR code in the photo. Take it again from straight above, with the whole code "
        "sharp and in good light."
    )
    field = "photo"


def read_code(file: IO[bytes], *, size: int, is_wanted: Callable[[str], object]) -> str:
    """The text of the QR code in a photo of `size` bytes; one that is wanted before any other.

    Raises NoCodeInPhoto, or what `open_photo` refuses.
    """
    image = open_photo(file, size=size).convert("L")
    codes = zxingcpp.read_barcodes(image, zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode]))
    found = [code.text for code in codes]
    if not found:
        raise NoCodeInPhoto
    return next((text for text in found if is_wanted(text)), found[0])
