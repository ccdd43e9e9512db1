"""The letter, and a real mail server that takes it, puts it off, or refuses it."""

import re
import smtplib
import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import cv2
import numpy as np
import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from recognizer.errors import UsageError
from serving.daily import NotSent, Server, send, server
from serving.daily.letter import letter
from serving.daily.page import html
from serving.daily.plots import pictures
from tests.serving.daily.conftest import Drawn

TO, SENDER = ["ann@example.com", "ben@example.com"], "Penfield <penfield@example.com>"
PNG = cv2.imencode(".png", np.zeros((20, 60), np.uint8))[1].tobytes()


@pytest.fixture(scope="module")
def message(drawn: Drawn) -> EmailMessage:
    crops = {row["crop_id"]: PNG for row in drawn.day.rows("mistakes") if row["kind"] != "ssn"}
    return letter(drawn.day, pictures(drawn.day), crops, to=TO, sender=SENDER)


class Office:
    """A post office: what it took, and with which answers it put others off."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.letters: list[Envelope] = []
        self.encrypted: list[bool] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.answers:
            return self.answers.pop(0)
        self.letters.append(envelope)
        self.encrypted.append(session.ssl is not None)
        return "250 taken"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("nobody"):
            return "550 no such person"
        envelope.rcpt_tos.append(address)
        return "250 ok"


class Desk:
    """An office at work, with the certificate that its authority vouches for."""

    def __init__(self, office: Office, folder: Path, *, tls: bool = True) -> None:
        authority = trustme.CA()
        self.authority = folder / "authority.pem"
        authority.cert_pem.write_to_path(str(self.authority))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.controller = Controller(
            office, hostname="127.0.0.1", port=self.port, tls_context=context if tls else None, require_starttls=tls,
            authenticator=_known, auth_require_tls=tls,
        )  # fmt: skip

    def __enter__(self) -> "Desk":
        self.controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.controller.stop()

    def server(self, scheme: str = "smtp", user: str = "", authority: bool = True) -> Server:
        return server(f"{scheme}://{user}127.0.0.1:{self.port}", self.authority if authority else None)


def _known(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword) -> AuthResult:
    return AuthResult(success=data.login == b"clerk" and data.password == b"secret", handled=False)


@pytest.fixture
def pauses() -> Iterator[list[float]]:
    yield []


def test_pictures_are_in_the_letter_and_none_elsewhere(message: EmailMessage) -> None:
    body = message.get_body(("html",))
    assert body is not None
    sources = re.findall(r'src="([^"]*)"', body.get_content())
    inside = {part["Content-ID"].strip("<>") for part in message.walk() if part["Content-ID"]}
    assert sources and {source.removeprefix("cid:") for source in sources} == inside
    assert all(source.startswith("cid:") for source in sources)
    assert "http" not in re.sub(r"<!doctype.*?>", "", body.get_content()).replace("https://", "")


def test_who_reads_plain_text_is_told_the_same(message: EmailMessage, drawn: Drawn) -> None:
    plain = message.get_body(("plain",))
    assert plain is not None
    text, row = plain.get_content(), drawn.day.on("days", drawn.day.day)
    assert row is not None and f"{row['fields']:,}" in text and "Not known" in text and "<" not in text


def test_no_social_security_number_and_nothing_that_was_not_wanted(message: EmailMessage, drawn: Drawn) -> None:
    body = message.get_body(("html",))
    assert body is not None and "***-**-67" in body.get_content() and "123-45" not in body.get_content()
    bare = html(drawn.day, lambda name: name, {}, {}, values=False)
    assert all(str(row["read"]) not in bare for row in drawn.day.rows("mistakes") if row["kind"] == "code")


def test_alarms_are_told_in_both(drawn: Drawn) -> None:
    with drawn.ledger.alarms() as alarms:
        alarms.sound("silent", {"component": "ash"}, evidence={"met": 12})
        alarms.sound("drift", {"form": "claim"}, evidence={"psi": 0.41})
        alarms.end(2, by="ada", reason="a new scanner")
        day = replace(drawn.day, alarms=alarms.all())
    said = letter(day, {}, {}, to=TO, sender=SENDER)
    for kind in ("plain", "html"):
        body = said.get_body((kind,))
        assert body is not None
        text = body.get_content()
        assert "component ash" in text and "met 12" in text and "psi 0.41" in text
        assert "why: " in text and "penfield diagnose 1" in text and "penfield diagnose 2" not in text  # that is over
    assert "ended by ada: a new scanner" in text and "Alarms" not in html(drawn.day, str, {}, {})


def test_what_mail_clients_drop_is_written_into_the_elements(message: EmailMessage) -> None:
    body = message.get_body(("html",))
    assert body is not None and re.search(r'<td[^>]* style="[^"]*text-align: ?right', body.get_content())
    assert "prefers-color-scheme: dark" in body.get_content() and "max-width: 560px" in body.get_content()


def test_it_arrives_encrypted_and_whole(message: EmailMessage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENFIELD_SMTP_PASSWORD", "secret")
    office = Office()
    with Desk(office, tmp_path) as desk:
        assert send(message, desk.server(user="clerk@")) == {}
    (envelope,) = office.letters
    assert envelope.rcpt_tos == TO and office.encrypted == [True]
    arrived = message_from_bytes(envelope.content or b"", policy=policy.default)  # type: ignore[arg-type]
    assert arrived["Subject"] == message["Subject"]
    assert [part.get_content_type() for part in arrived.walk()] == [part.get_content_type() for part in message.walk()]


def test_who_is_asked_to_come_later_does(message: EmailMessage, tmp_path: Path, pauses: list[float]) -> None:
    office = Office("451 later", "452 no room yet")
    with Desk(office, tmp_path) as desk:
        assert send(message, desk.server(), pauses.append) == {}
    assert len(office.letters) == 1 and pauses == [2.0, 10.0]


def test_who_is_refused_does_not_insist(message: EmailMessage, tmp_path: Path, pauses: list[float]) -> None:
    office = Office("554 not this")
    with Desk(office, tmp_path) as desk, pytest.raises(NotSent, match="554 not this"):
        send(message, desk.server(), pauses.append)
    assert pauses == [] and office.letters == []


def test_a_server_that_is_away_is_asked_four_times(message: EmailMessage, tmp_path: Path, pauses: list[float]) -> None:
    with Desk(Office(), tmp_path) as desk:
        away = desk.server()
    with pytest.raises(NotSent, match="did not take the letter"):
        send(message, away, pauses.append)
    assert pauses == [2.0, 10.0, 60.0]


def test_nothing_is_sent_in_clear_or_to_a_stranger(message: EmailMessage, tmp_path: Path, pauses: list[float]) -> None:
    office = Office()
    with Desk(office, tmp_path, tls=False) as desk, pytest.raises(NotSent, match="STARTTLS"):
        send(message, desk.server(), pauses.append)
    with Desk(office, tmp_path) as desk, pytest.raises(NotSent, match="certificate"):
        send(message, desk.server(authority=False), pauses.append)
    assert office.letters == [] and pauses == []


def test_one_wrong_address_keeps_it_from_nobody(message: EmailMessage, tmp_path: Path) -> None:
    office = Office()
    del message["To"]
    message["To"] = "nobody@example.com, ben@example.com"
    with Desk(office, tmp_path) as desk:
        assert send(message, desk.server()) == {"nobody@example.com": "550 no such person"}
    assert office.letters[0].rcpt_tos == ["ben@example.com"]


def test_a_wrong_password_is_said_once(
    message: EmailMessage, tmp_path: Path, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PENFIELD_SMTP_PASSWORD", "guess")
    with Desk(Office(), tmp_path) as desk, pytest.raises(NotSent, match="535") as caught:
        send(message, desk.server(user="clerk@"), pauses.append)
    assert pauses == [] and "guess" not in str(caught.value)
    assert isinstance(caught.value.__cause__, smtplib.SMTPAuthenticationError)


@pytest.mark.parametrize(
    "address", ["mail.example.com", "http://mail.example.com", "smtp://", "smtp://u:p@mail.example.com", "smtp://h:x"]
)
def test_addresses_that_are_none(address: str) -> None:
    with pytest.raises(UsageError, match="mend"):
        server(address)
