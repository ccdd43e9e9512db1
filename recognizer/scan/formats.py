"""Which format a file has, by its first bytes and never by its name."""

from typing import Literal

from recognizer.errors import ScanRejected

Format = Literal["pdf", "tiff", "png", "jpeg"]

MAGIC: tuple[tuple[bytes, Format], ...] = (
    (b"%PDF-", "pdf"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"II+\x00", "tiff"),
    (b"MM\x00+", "tiff"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
)

FOREIGN: tuple[tuple[bytes, str], ...] = (
    (b"GIF8", "a GIF image"),
    (b"BM", "a BMP image"),
    (b"\x00\x00\x00\x0cjP", "a JPEG 2000 image"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 image"),
    (b"\xff\x0a", "a JPEG XL image"),
    (b"\x00\x00\x00\x0cJXL", "a JPEG XL image"),
    (b"\x97JB2", "a JBIG2 image"),
    (b"8BPS", "a Photoshop file"),
    (b"AT&TFORM", "a DjVu document"),
    (b"%!PS", "a PostScript document"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"PK\x03\x04", "a ZIP archive or an Office document"),
    (b"{\\rtf", "an RTF document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x7fELF", "a program"),
)

JUNK_BEFORE_PDF = 4096  # the specification allows 1,024; mail gateways and printers are known to add more


def sniff(data: bytes) -> Format:
    """The format of a file from its first bytes.

    Raises ScanRejected: `empty` for no bytes at all, `damaged` for a mangled PNG, `unsupported` for every other
    format, with what it seems to be.
    """
    if not data:
        raise ScanRejected("empty", "The file has no bytes: scan or copy it again.")
    for magic, format_ in MAGIC:
        if data.startswith(magic):
            return format_
    if data[1:4] == b"PNG":
        raise ScanRejected("damaged", "The PNG was transferred as text, which breaks it: transfer it as it is.")
    foreign = _foreign(data)
    if foreign is None and pdf_start(data) >= 0:
        return "pdf"
    what = f"This is {foreign}" if foreign else "This is no known kind of scan"
    raise ScanRejected("unsupported", f"{what}; export the pages as PDF, TIFF, PNG or JPEG.")


def pdf_start(data: bytes) -> int:
    """Where the PDF begins, behind junk that some senders put before it; -1 if nowhere near the start."""
    return data.find(b"%PDF-", 0, JUNK_BEFORE_PDF)


def _foreign(data: bytes) -> str | None:
    for magic, name in FOREIGN:
        if data.startswith(magic):
            return name
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "a WebP image"
    if data[4:8] == b"ftyp":
        return "a HEIC or AVIF image, or a film"
    return _markup(data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n\0").lower())


def _markup(start: bytes) -> str | None:
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return "an HTML page"
    if start.startswith((b"<?xml", b"<svg", b"<!doctype svg")):
        return "an SVG drawing" if b"<svg" in start else "an XML document"
    return None
