"""Test vectors as their authors wrote them."""

import base64
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import zxingcpp
from PIL import Image, UnidentifiedImageError

from certificates.hcert.trust import TrustedKey, TrustList

COMMON: Final = "common"
"""The folder of the numbered cases; every other folder is a country's."""
_VECTORS: Final = "dgc-testdata"
_CASES: Final = f"{_VECTORS}/BasicDgcTestsList.md"
_SAMPLE: Final = "vn-sample/1.3.0/VAC_VN.png"
_ROW: Final = re.compile(
    r"^\|[^|]*\|[^|]*\|[^|]*\|\s*(VALID|INVALID)\s*\|.*common/2DCode/raw/(\w+)\.json", re.MULTILINE
)


@dataclass(frozen=True)
class Vector:
    """One file: a certificate's text, what it was made from, and what a reader should find."""

    folder: str
    number: str
    data: dict[str, Any]

    @property
    def text(self) -> str:
        """What the QR code says."""
        return str(self.data["PREFIX"])

    @property
    def stated(self) -> dict[str, bool]:
        """What the author says of each stage, by the author's names."""
        return dict(self.data["EXPECTEDRESULTS"])

    @cached_property
    def clock(self) -> datetime:
        """The author's time of verification; seven digits of a second are cut to six."""
        text = re.sub(r"(\.[0-9]{6})[0-9]+", r"\1", self.data["TESTCTX"]["VALIDATIONCLOCK"])
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    @cached_property
    def trust_list(self) -> TrustList:
        """A list of the author's signing certificate alone."""
        der = base64.b64decode(self.data["TESTCTX"]["CERTIFICATE"])
        return TrustList([TrustedKey.from_der(der)])

    def given(self, field: str) -> Any:
        """Return what the file holds under `field`, None where it is missing or empty."""
        return self.data.get(field) or None


def read_vector(path: Path) -> Vector:
    """Return the vector in a file; some begin with a byte order mark."""
    data = json.loads(path.read_text(encoding="utf-8-sig"))
    return Vector(folder=path.parts[-4], number=path.stem, data=data)


def vector_paths(folder: Path) -> list[Path]:
    """Return the files of all vectors under `folder`, the numbered cases first."""
    paths = folder.glob(f"{_VECTORS}/*/2DCode/raw/*.json")
    return sorted(paths, key=lambda path: (path.parts[-4] != COMMON, path.parts[-4], path.stem))


def read_vectors(folder: Path) -> Iterator[Vector]:
    """Yield all vectors under `folder`."""
    return map(read_vector, vector_paths(folder))


def listed_cases(folder: Path) -> dict[str, bool]:
    """Return the numbered cases that have a file, and whether the list calls them valid."""
    text = (folder / _CASES).read_text(encoding="utf-8")
    return {number: word == "VALID" for word, number in _ROW.findall(text)}


def sample_of_viet_nam(folder: Path) -> str:
    """Return the text of the sample that Viet Nam gave the European Union in 2021."""
    (text,) = texts_in((folder / _SAMPLE).read_bytes())
    return text


def texts_in(picture: bytes) -> list[str]:
    """Return the texts of the QR codes in a picture; none when it is no picture, as in Q1."""
    try:
        image = Image.open(io.BytesIO(picture)).convert("L")
    except UnidentifiedImageError:
        return []
    codes = zxingcpp.read_barcodes(image, zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode]))
    return [code.text for code in codes]
