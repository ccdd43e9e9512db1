"""One HTTP POST, with an end: nobody keeps us waiting, and nobody sends us elsewhere."""

import ssl
from contextlib import closing, suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from socket import SHUT_RDWR
from threading import Event, Timer
from urllib.parse import urlsplit

SILENCE_S = 10.0
"""So long one step (connecting, an answer's next bytes) may take."""

WHOLE_S = 20.0
"""So long all of it may take, however lively the other side is."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came of a POST: `status` of HTTP, None where there was no answer; `detail` in a few words, none of them the
    other side's own but the number and name of the status."""

    status: int | None
    detail: str
    retry_after_s: float = 0.0

    @property
    def arrived(self) -> bool:
        """Whether the other side has it."""
        return self.status is not None and 200 <= self.status < 300


def post(
    url: str, body: bytes, headers: dict[str, str], *, silence_s: float = SILENCE_S, whole_s: float = WHOLE_S
) -> Answer:
    """POST JSON to an address. Redirects are answers like others, proxies of the environment are not asked."""
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    whole = {"Content-Type": "application/json", "User-Agent": "Penfield-Webhook/1", "Connection": "close", **headers}
    with closing(_connection(parts.scheme, parts.hostname or "", parts.port, silence_s)) as connection:
        cut = Event()
        guard = Timer(whole_s, _cut, [connection, cut])
        guard.daemon = True
        guard.start()
        try:
            connection.request("POST", target, body, whole)
            answer = connection.getresponse()
            if cut.is_set():  # a cut connection reads like one whose headers have ended
                raise TimeoutError
        except (OSError, HTTPException, ValueError) as error:
            return Answer(status=None, detail=_words(error, cut.is_set()))
        finally:
            guard.cancel()
        return Answer(
            status=answer.status,
            detail=f"{answer.status} {_known(answer.status)}".strip(),
            retry_after_s=_seconds(answer.getheader("Retry-After")),
        )


def _connection(scheme: str, host: str, port: int | None, timeout: float) -> HTTPConnection:
    if scheme == "https":
        return HTTPSConnection(host, port, timeout=timeout, context=ssl.create_default_context())
    return HTTPConnection(host, port, timeout=timeout)


def _cut(connection: HTTPConnection, cut: Event) -> None:
    """End a connection from another thread: whoever waits on it wakes up."""
    cut.set()
    if connection.sock is not None:
        with suppress(OSError):
            connection.sock.shutdown(SHUT_RDWR)


def _words(error: Exception, cut: bool) -> str:
    if isinstance(error, TimeoutError) or cut:
        return "no answer in time"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed: {error.reason or 'no reason given'}"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return f"no answer: {type(error).__name__}"


def _known(status: int) -> str:
    return HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else ""


def _seconds(text: str | None) -> float:
    """A wish to be tried later, in seconds; a date is not understood, and not needed."""
    return float(text) if text and text.isascii() and text.isdigit() and len(text) < 7 else 0.0
