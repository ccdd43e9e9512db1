"""pages: the one way from a file's bytes to Pages."""

from collections.abc import Container, Iterator

from recognizer.errors import ScanRejected
from recognizer.page import Page
from recognizer.scan.book import Book
from recognizer.scan.formats import sniff
from recognizer.scan.limits import Limits
from recognizer.scan.pdf import PdfBook
from recognizer.scan.picture import PictureBook
from recognizer.scan.rejection import PageRejected, rejected
from recognizer.scan.tiff import TiffBook


def pages(
    data: bytes, *, scan_digest: str, limits: Limits, skip: Container[int] = frozenset()
) -> Iterator[Page | PageRejected]:
    """The pages of one file in order, one in memory at a time; those whose number is in `skip` are not decoded.

    Never raises for what is in the file: a broken page is a PageRejected, and the others go on; a file that cannot be
    opened is one PageRejected without a page number. What can kill the process or hang it is not caught here, so
    decode files from strangers in a process of their own.
    """
    try:
        book = open_book(data, limits)
    except Exception as error:
        yield rejected(error, None)
        return
    try:
        for page_no in range(1, len(book) + 1):
            if page_no not in skip:
                yield decode_page(book, page_no, scan_digest)
    finally:
        book.close()


def open_book(data: bytes, limits: Limits) -> Book:
    """Open a file by its headers. Raises ScanRejected, or whatever the format's decoder raises."""
    if len(data) > limits.max_bytes:
        raise ScanRejected("too_large", f"The file has {len(data):,} bytes, the limit is {limits.max_bytes:,}.")
    book = _open(data, limits)
    try:
        _check_count(len(book), limits)
    except ScanRejected:
        book.close()
        raise
    return book


def decode_page(book: Book, page_no: int, scan_digest: str) -> Page | PageRejected:
    """Decode one page, counted from 1. Never raises."""
    try:
        sheet = book.sheet(page_no - 1)
    except Exception as error:
        return rejected(error, page_no)
    return Page(
        image=sheet.image, scan_digest=scan_digest, page_no=page_no, dpi=sheet.dpi, scanner=sheet.scanner,
        steps=sheet.steps,
    )  # fmt: skip


def _open(data: bytes, limits: Limits) -> Book:
    match sniff(data):
        case "pdf":
            return PdfBook(data, limits)
        case "tiff":
            return TiffBook(data, limits)
        case format_:
            return PictureBook(data, format_, limits)


def _check_count(count: int, limits: Limits) -> None:
    if count == 0:
        raise ScanRejected("empty", "The file holds no pages.")
    if count > limits.max_pages:
        more = f"{limits.max_pages} pages are the limit for one file: split it."
        raise ScanRejected("too_many_pages", f"More than {more}")
