"""Group verify: a grid of pictures that the machine read the same; the odd ones are struck out."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from serving.office import Office
from serving.review.access import Caller, Form, Refused, Reviewer, office_of
from serving.review.pages import page
from serving.review.work import Token, number_of, picture_of

router = APIRouter(prefix="/verify")
TheOffice = Annotated[Office, Depends(office_of)]


@router.get("", response_class=HTMLResponse)
def show(request: Request, caller: Reviewer, office: TheOffice, said: str = "") -> Response:
    """The group on the desk, or the next one."""
    _allowed(caller, office)
    person, sitting = caller.known.person_id, caller.session.sitting
    words = [f"{int(count)} {name}" for name, count in zip(NAMES, said.split("-"), strict=False) if count.isdigit()]
    return page(
        "verify.html", caller=caller, group=office.group(person, sitting), said=", ".join(words),
        progress=office.progress(person, sitting),
    )  # fmt: skip


@router.post("", response_class=HTMLResponse)
def take(request: Request, caller: Reviewer, office: TheOffice, form: Form) -> Response:
    """Confirm what was shown, but for what is struck out."""
    _allowed(caller, office)
    tokens = [int(token) for token in form.get("tokens", "").split() if token.isdecimal() and len(token) < 19]
    struck = {token for token in tokens if form.get(f"struck_{token}")}
    done = office.submit_group(caller.known.person_id, tokens, struck, seconds=number_of(form.get("seconds")))
    return RedirectResponse(f"/verify?said={done.confirmed}-{done.struck}-{done.late}", status_code=303)


@router.get("/{token}/picture")
def picture(token: Token, caller: Reviewer, office: TheOffice) -> Response:
    """The picture of a field of the group."""
    return picture_of(office, caller, token)


NAMES = ("confirmed", "struck out", "too late")


def _allowed(caller: Caller, office: Office) -> None:
    """Raises Refused where no policy lets people see an answer."""
    if not caller.verifies:
        raise Refused(404, "nothing is verified in groups here: no policy says so")
