"""The photo of a paper sheet is cleaned as every photo is that somebody sends."""

from vaxplatform.photos import clean_photo

__all__ = ["clean_photo"]
