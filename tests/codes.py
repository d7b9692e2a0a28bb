"""QR codes in pictures, as a camera reads them."""

import zxingcpp
from PIL import Image

ONLY_QR = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])


def qr_codes(image: Image.Image) -> list[zxingcpp.Barcode]:
    """The QR codes of the picture. No other kind is looked for: among the modules of a dense code
    there is now and then a row that passes for a bar code."""
    return zxingcpp.read_barcodes(image, ONLY_QR)
