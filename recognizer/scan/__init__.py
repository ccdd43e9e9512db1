"""Bytes of a file → Pages: refuses by header, decodes page by page, and turns every failure into a rejection."""

from recognizer.scan.decode import decode_page, open_book, pages
from recognizer.scan.formats import Format, sniff
from recognizer.scan.limits import Limits
from recognizer.scan.rejection import CODES, PageRejected, rejected

__all__ = ["CODES", "Format", "Limits", "PageRejected", "decode_page", "open_book", "pages", "rejected", "sniff"]
