"""Foreign picture bytes, checked and made anew: what is handed on was written by carimg."""

from __future__ import annotations

import io
from dataclasses import dataclass, field

from PIL import Image, ImageOps

from carimg.errors import FetchError

MAX_PIXELS = 40_000_000
MIN_EDGE = 64
"""Pixels: below are tracking dots and icons."""
REFERENCE_EDGE = 1024
JPEG_QUALITY = 90


@dataclass(frozen=True, slots=True)
class CheckedPicture:
    """A re-encoded picture: JPEG, or PNG where it has transparency; no metadata; edges up to 1024 px."""

    data: bytes = field(repr=False)
    mime: str
    width: int
    height: int
    url: str = ""
    """Where it was found, after redirects."""


def sniff(data: bytes) -> str | None:
    """'PNG', 'JPEG' or 'WEBP' by magic bytes, else None."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    return None


def check_picture(data: bytes, url: str = "") -> CheckedPicture:
    """Decode foreign bytes within 40 Mpx and encode them anew. Blocking. Raises FetchError for no picture."""
    kind = sniff(data)
    if kind is None:
        raise FetchError("What was found is not a PNG, JPEG or WebP picture.")
    try:
        with Image.open(io.BytesIO(data), formats=[kind]) as probe:
            _check_size(probe)
            probe.verify()
        with Image.open(io.BytesIO(data), formats=[kind]) as image:
            image.draft("RGB", (REFERENCE_EDGE, REFERENCE_EDGE))
            image.load()
            return _encoded(image, url)
    except FetchError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as exc:
        raise FetchError(f"The picture has more than {MAX_PIXELS // 1_000_000} million pixels.") from exc
    except Exception as exc:  # decoders of hostile bytes raise whatever they stumble over
        raise FetchError(f"The picture is damaged ({type(exc).__name__}).") from exc


def _check_size(image: Image.Image) -> None:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise FetchError(f"The picture has {width} × {height} pixels, more than {MAX_PIXELS // 1_000_000} million.")
    if min(width, height) < MIN_EDGE:
        raise FetchError(f"The picture has {width} × {height} pixels, too few to show a car.")


def _encoded(image: Image.Image, url: str) -> CheckedPicture:
    upright = ImageOps.exif_transpose(image)
    clear = upright.has_transparency_data
    plain = upright.convert("RGBA" if clear else "RGB")
    plain.thumbnail((REFERENCE_EDGE, REFERENCE_EDGE), Image.Resampling.LANCZOS)
    fresh = Image.new(plain.mode, plain.size)
    fresh.paste(plain)
    out = io.BytesIO()
    if clear:
        fresh.save(out, "PNG")
    else:
        fresh.save(out, "JPEG", quality=JPEG_QUALITY)
    return CheckedPicture(out.getvalue(), "image/png" if clear else "image/jpeg", *fresh.size, url)
