"""Letters by SMTP: encrypted, with another try where the other side asks for one, and an end."""

import os
import smtplib
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import unquote, urlsplit

from recognizer.errors import PenfieldError, UsageError

PASSWORD_VARIABLE = "PENFIELD_SMTP_PASSWORD"
PAUSES_S = (2.0, 10.0, 60.0)
"""Before the second, third and fourth try."""

SILENCE_S = 30.0
PORTS = {"smtp": 587, "smtps": 465, "smtp+plain": 25}


class NotSent(PenfieldError):
    """A letter that the server did not take. Nothing was lost: the report lies in the store."""


@dataclass(frozen=True, kw_only=True)
class Server:
    """A mail server: `smtp` asks for STARTTLS, `smtps` is encrypted from the start, `smtp+plain` is not at all."""

    scheme: str
    host: str
    port: int
    user: str | None = None
    authority: Path | None = None

    def context(self) -> ssl.SSLContext:
        """What certificates are believed: the system's authorities, or the one that was named."""
        return ssl.create_default_context(cafile=None if self.authority is None else str(self.authority))


def server(address: str, authority: Path | None = None) -> Server:
    """A server from its address, such as smtp://user@mail.example.com:587. Raises UsageError."""
    parts = urlsplit(address)
    mend = "smtp://USER@HOST:PORT (STARTTLS), smtps://... (TLS), smtp+plain://... (neither)"
    try:
        port = parts.port or PORTS.get(parts.scheme, 0)
    except ValueError:
        port = 0
    if parts.scheme not in PORTS or not parts.hostname or not port:
        raise UsageError(f"not the address of a mail server - mend: {mend}")
    if parts.password is not None:
        raise UsageError(f"a password in an address can be seen by others - mend: put it into {PASSWORD_VARIABLE}")
    if authority is not None and not authority.is_file():
        raise UsageError(f"there is no file {authority} with the server's authority")
    user = unquote(parts.username) if parts.username else None
    return Server(scheme=parts.scheme, host=parts.hostname, port=port, user=user, authority=authority)


def send(letter: EmailMessage, to: Server, pause: Callable[[float], None] = time.sleep) -> dict[str, str]:
    """Hand a letter over, up to four times where the server is away or says "later"; returns who was refused, and why.

    Raises NotSent, with what the server said last.
    """
    for seconds in (*PAUSES_S, None):
        try:
            return _handed_over(letter, to)
        except (OSError, smtplib.SMTPException) as error:
            if seconds is None or not _may_pass(error):
                raise NotSent(f"the mail server {to.host} did not take the letter: {_words(error)}") from error
            pause(seconds)
    raise AssertionError("the last try returns or raises")


def _handed_over(letter: EmailMessage, to: Server) -> dict[str, str]:
    with _connection(to) as connection:
        if to.scheme == "smtp":
            connection.starttls(context=to.context())
        if to.user is not None:
            connection.login(to.user, os.environ.get(PASSWORD_VARIABLE, ""))
        refused = connection.send_message(letter)
    return {who: f"{code} {_text(said)}" for who, (code, said) in refused.items()}


def _connection(to: Server) -> smtplib.SMTP:
    if to.scheme == "smtps":
        return smtplib.SMTP_SSL(to.host, to.port, timeout=SILENCE_S, context=to.context())
    return smtplib.SMTP(to.host, to.port, timeout=SILENCE_S)


def _may_pass(error: Exception) -> bool:
    """Whether another try may help: silence and 4xx do pass, a wrong certificate, password or address does not."""
    if isinstance(error, ssl.SSLCertVerificationError | smtplib.SMTPNotSupportedError):
        return False
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return any(code < 500 for code, _ in error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code < 500
    return True


def _words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "; ".join(f"{who}: {code} {_text(said)}" for who, (code, said) in error.recipients.items())
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_text(error.smtp_error)}"
    return str(error) or type(error).__name__


def _text(said: bytes | str) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else said
