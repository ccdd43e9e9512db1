"""Where workers of a platform arrive: its ids in the address, a session for this visit, and on to the desk."""

from secrets import token_urlsafe
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from recognizer.errors import InputError
from serving.crowds.campaign import arrive
from serving.office import Office
from serving.review.access import Anybody, Session, office_of, sessions_of

WORKER = ("worker", "PROLIFIC_PID", "workerId", "participantId")
SESSION = ("session", "SESSION_ID", "assignmentId", "sessionId")
"""What platforms call their ids."""

router = APIRouter(prefix="/campaign")


@router.get("/{campaign_id}", response_class=HTMLResponse)
def come(
    request: Request, campaign_id: str, caller: Anybody, office: Annotated[Office, Depends(office_of)]
) -> Response:
    """Begin a visit, or go on with it. Raises InputError and UsageError."""
    worker = next((request.query_params[name] for name in WORKER if name in request.query_params), "")
    session = next((request.query_params[name] for name in SESSION if name in request.query_params), "")
    if not worker:
        raise InputError("your platform did not say who you are: please open its link anew")
    visit = arrive(office.ledger, campaign_id, worker, session)
    response = RedirectResponse("/desk", status_code=303)
    begun = Session(
        person_id=visit.person_id, sitting=visit.visit_id, csrf=token_urlsafe(24), visit=visit.visit_id
    )  # fmt: skip
    sessions_of(request).begin(request, response, begun)
    return response
