"""Signing in and out. A new session begins with every signing-in; who was here before stays out of it."""

from secrets import token_hex, token_urlsafe
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from serving.office import Office
from serving.people.people import Person, TooManyGuesses
from serving.review.access import COOKIE, Anybody, Form, Session, office_of, sessions_of
from serving.review.pages import page

HOMES = (("reviewer", "/desk"), ("expert", "/disagreements"), ("admin", "/office"))

router = APIRouter()


@router.get("/", response_class=HTMLResponse)
def home(request: Request, caller: Anybody, office: Annotated[Office, Depends(office_of)]) -> Response:
    """Where somebody who is signed in begins; else the page to sign in."""
    person = office.people.of_session(caller.session.person_id, caller.session.began_at)
    return RedirectResponse(home_of(person) if person is not None else "/sign-in", status_code=303)


@router.get("/sign-in", response_class=HTMLResponse)
def sign_in_page(request: Request, caller: Anybody) -> Response:
    """The page to sign in."""
    return _page(request, caller.session, "")


@router.post("/sign-in", response_class=HTMLResponse)
def sign_in(request: Request, caller: Anybody, form: Form, office: Annotated[Office, Depends(office_of)]) -> Response:
    """Sign in with name and password."""
    try:
        person = office.people.check(form.get("name", ""), form.get("password", ""))
    except TooManyGuesses as error:
        return _page(request, caller.session, str(error).split(" - mend: ")[-1].capitalize() + ".", 429)
    if person is None:
        return _page(request, caller.session, "Name and password do not fit.", 401)
    with office.ledger.desk_to_read() as desk:
        now = desk.now()
    response = RedirectResponse(home_of(person), status_code=303)
    begun = Session(person_id=person.person_id, sitting=token_hex(8), csrf=token_urlsafe(24), began_at=now)
    sessions_of(request).begin(request, response, begun)
    return response


@router.post("/sign-out")
def sign_out(request: Request, caller: Anybody, office: Annotated[Office, Depends(office_of)]) -> Response:
    """End all sessions of this person, and give back what is on the desk."""
    session = caller.session
    person = office.people.of_session(session.person_id, session.began_at)
    if person is not None:
        for lease in office.queue.held(person.person_id, session.sitting):
            office.release(lease.token, person.person_id)
        office.people.sign_out(person.person_id)
    response = RedirectResponse("/sign-in", status_code=303)
    response.delete_cookie(COOKIE, path="/")
    return response


def home_of(person: Person) -> str:
    """The first page of somebody."""
    return next(path for role, path in HOMES if role in person.roles)


def _page(request: Request, session: Session, message: str, status: int = 200) -> Response:
    answer = page("sign_in.html", status=status, csrf=session.csrf, message=message)
    if not session.person_id:
        sessions_of(request).begin(request, answer, session)
    return answer
