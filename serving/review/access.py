"""Who may call a route: every route declares it, and a session that the server signed says who calls."""

import hmac
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from secrets import token_urlsafe
from typing import Annotated, Literal
from urllib.parse import parse_qsl

from fastapi import Depends, Request, Response
from itsdangerous import BadData, URLSafeTimedSerializer

from serving.crowds.campaign import Visit, visit
from serving.ledger import Ledger
from serving.office import Office
from serving.people.people import Person, PersonRole

COOKIE = "penfield"
LONGEST_SESSION_S = 12 * 3600
LARGEST_FORM = 64 * 1024
SECRET = "review sessions"

Role = PersonRole | Literal["anybody"]
Posted = Mapping[str, str]


class NotSignedIn(Exception):
    """Nobody is signed in: the page to sign in is shown instead."""


class Refused(Exception):
    """The request is not allowed or makes no sense; `status` is HTTP's, the message is for the person."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, kw_only=True)
class Session:
    """One signing-in. `sitting` names it in the queue; `csrf` must come back with every form; `began_at` is the
    ledger's time. Before somebody signs in, `person_id` is "". `visit`: a campaign's worker, who did not sign in."""

    person_id: str = ""
    sitting: str = ""
    csrf: str
    began_at: str = ""
    visit: str = ""


class Sessions:
    """Sessions as signed cookies: they survive the server, any process of it knows them, and nothing fills up.

    The key lies in the ledger. A session ends by signing out, by a new password, by deactivation, or after 12 hours.
    """

    def __init__(self, ledger: Ledger) -> None:
        with ledger.writing() as writing:
            self._signer = URLSafeTimedSerializer(writing.secret(SECRET), salt="penfield.review")

    def of(self, request: Request) -> Session | None:
        """The session of a request; None where there is none that we signed."""
        try:
            return Session(**self._signer.loads(request.cookies.get(COOKIE, ""), max_age=LONGEST_SESSION_S))
        except (BadData, TypeError):
            return None

    def begin(self, request: Request, response: Response, session: Session) -> None:
        """Give the browser a session instead of the one that it has.

        Lax, not strict: who comes from a platform's page would arrive without it. Forms carry a token of their own.
        """
        response.set_cookie(
            COOKIE, str(self._signer.dumps(asdict(session))), max_age=LONGEST_SESSION_S, httponly=True,
            samesite="lax", secure=request.url.scheme == "https", path="/",
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who calls, in which session. `person` is None where anybody may call."""

    person: Person | None
    session: Session
    visit: Visit | None = None
    verifies: bool = False
    """Whether there is a page on which this person verifies groups."""

    @property
    def known(self) -> Person:
        """The person, on a route that demands a role."""
        assert self.person is not None
        return self.person


async def _posted(request: Request) -> Posted:
    """The fields of a posted form; {} for other requests. Raises Refused for one that is too large."""
    if request.method != "POST":
        return {}
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LARGEST_FORM:
            raise Refused(413, "this form is too large")
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=100))


@dataclass(frozen=True)
class Needs:
    """A route's declaration of who may call it, and the check of it. A form must also prove that it is ours."""

    role: Role

    def __call__(self, request: Request, posted: Annotated[Posted, Depends(_posted)]) -> Caller:
        """Raises NotSignedIn and Refused."""
        session = sessions_of(request).of(request)
        if self.role == "anybody":
            session = session or Session(csrf=token_urlsafe(24))
        if session is None:
            raise NotSignedIn
        if request.method == "POST" and not hmac.compare_digest(posted.get("csrf", "").encode(), session.csrf.encode()):
            raise Refused(403, "this page is too old: please load it again")
        if self.role == "anybody":
            return Caller(person=None, session=session)
        office = office_of(request)
        if session.visit:
            return _guest(office, session, self.role)
        person = office.people.of_session(session.person_id, session.began_at)
        if person is None:
            raise NotSignedIn
        if self.role not in person.roles:
            raise Refused(403, f"this is for people with the role {self.role}")
        verifies = "reviewer" in person.roles and office.policy.verifies
        return Caller(person=person, session=session, verifies=verifies)


def _guest(office: Office, session: Session, role: Role) -> Caller:
    """A worker of a campaign, who may key and nothing else."""
    if role != "reviewer":
        raise Refused(403, f"this is for people with the role {role}")
    visited = visit(office.ledger, session.visit)
    person = Person(
        person_id=visited.person_id, name=visited.campaign.name, roles=frozenset({"reviewer"}), active=True,
        created_at=visited.campaign.at,
    )  # fmt: skip
    return Caller(person=person, session=session, visit=visited)


Form = Annotated[Posted, Depends(_posted)]
Anybody = Annotated[Caller, Depends(Needs("anybody"))]
Reviewer = Annotated[Caller, Depends(Needs("reviewer"))]
Admin = Annotated[Caller, Depends(Needs("admin"))]


def office_of(request: Request) -> Office:
    """The office that the server serves."""
    return request.app.state.office


def sessions_of(request: Request) -> Sessions:
    """The server's sessions."""
    return request.app.state.sessions
