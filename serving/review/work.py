"""Keying: a question, its picture, an answer, and the next question in the same breath."""

from dataclasses import dataclass
from math import isfinite
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from recognizer.errors import LedgerError, UsageError
from recognizer.reading import View
from serving.crowds.campaign import Visit, end_visit
from serving.crowds.hand_out import KINDS_OUTSIDE
from serving.ledger.desk import Lease, Role
from serving.office import Entry, Implausible, Office, Progress, Question, TooLate
from serving.review.access import Caller, Form, Needs, Posted, Refused, office_of
from serving.review.pages import page
from serving.review.widget import Widget, widget_of

AT_ONCE = 2
"""On the desk: the question that is shown, and the next one, whose picture is there before it is needed."""
PART = "X-Penfield-Part"
NON_ANSWERS = (
    ("b", "blank", "Blank"), ("i", "illegible", "Illegible"), ("s", "struck_out", "Struck out"),
    ("w", "wrong_crop", "Wrong picture"),
)  # fmt: skip
ODD = {"pattern": "Answers here do not look like this", "not_in_lexicon": "This is not on the list of answers"}
PNG = b"\x89PNG"
PICTURE = {"Cache-Control": "private, max-age=60", "Content-Disposition": "inline"}

Keying = Literal["reviewer", "expert"]
Token = Annotated[int, Path(ge=0, le=2**63 - 1)]
"""Of a lease, in an address; no greater one fits into the ledger."""
TheOffice = Annotated[Office, Depends(office_of)]


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What the page shows: a question, the next one's lease, the person's progress, and a message with what was typed
    where the same question is asked again. `undo` is the token of the last answer."""

    question: Question | None
    widget: Widget | None
    view: View | None
    following: Lease | None
    progress: Progress
    message: str = ""
    typed: str = ""
    again: str = ""
    undo: int | None = None


def desk_router(role: Keying, path: str) -> APIRouter:
    """The routes by which people with a role key fields: reviewers blind, experts with all votes before them."""
    router, needs = APIRouter(prefix=path), Depends(Needs(role))

    @router.get("", response_class=HTMLResponse)
    def show(request: Request, office: TheOffice, caller: Caller = needs, undo: int | None = None) -> Response:
        """The field on the desk."""
        return _show(request, caller, _next(office, caller, role, undo=undo), role, path)

    @router.post("/{token}", response_class=HTMLResponse)
    def answer(request: Request, token: Token, office: TheOffice, form: Form, caller: Caller = needs) -> Response:
        """An answer; what comes back is the next field."""
        shown, status = _answer(office, caller, role, token, form)
        return _show(request, caller, shown, role, path, status)

    @router.post("/{token}/undo", response_class=HTMLResponse)
    def undo(request: Request, token: Token, office: TheOffice, caller: Caller = needs) -> Response:
        """Take the last answer back: the field is asked again."""
        shown, status = _undo(office, caller, role, token)
        return _show(request, caller, shown, role, path, status)

    @router.post("/{token}/release", response_class=HTMLResponse)
    def release(request: Request, token: Token, office: TheOffice, caller: Caller = needs) -> Response:
        """Give a field back unanswered: somebody else gets it."""
        office.release(token, caller.known.person_id)
        return _show(request, caller, _next(office, caller, role), role, path)

    @router.get("/{token}/picture")
    def picture(token: Token, office: TheOffice, caller: Caller = needs) -> Response:
        """The picture of a field that is on the desk."""
        return picture_of(office, caller, token)

    return router


def _answer(office: Office, caller: Caller, role: Role, token: int, form: Posted) -> tuple[Shown, int]:
    typed, outcome = form.get("text", "").strip(), form.get("outcome") or "text"
    try:
        entry = Entry(text=typed if outcome == "text" else "", outcome=outcome)  # type: ignore[arg-type]  # it checks
        done = office.submit(
            token, caller.known.person_id, entry, seconds=number_of(form.get("seconds")),
            keystrokes=int(number_of(form.get("keystrokes"))), confirmed=bool(typed) and form.get("confirm") == typed,
        )  # fmt: skip
    except Implausible as error:
        message = f"{ODD.get(error.code) or f'This is {error.reason}'}. Look again; Enter once more takes it as it is."
        return _next(office, caller, role, token, message, typed, again=typed), 422
    except UsageError as error:
        return _next(office, caller, role, token, _sentence(str(error).split(" - mend: ")[-1]), typed), 422
    if isinstance(done, TooLate):
        return _next(office, caller, role, message=_sentence(done.reason)), 409
    return _next(office, caller, role, undo=token), 200


def _undo(office: Office, caller: Caller, role: Role, token: int) -> tuple[Shown, int]:
    back = office.undo(token, caller.known.person_id)
    if isinstance(back, TooLate):
        return _next(office, caller, role, message=_sentence(back.reason)), 409
    return _next(office, caller, role, back.token, "Taken back. Please answer it anew."), 200


def _next(
    office: Office, caller: Caller, role: Role, first: int | None = None, message: str = "", typed: str = "",
    again: str = "", undo: int | None = None,
) -> Shown:  # fmt: skip
    """What is on the desk, `first` before all else; new fields where there is room."""
    person, sitting = caller.known.person_id, caller.session.sitting
    held = [lease for lease in office.queue.held(person, sitting) if lease.role == role]
    progress = office.progress(person, sitting)
    room = AT_ONCE if caller.visit is None else min(AT_ONCE, _left(caller.visit, progress))
    kinds = None if caller.visit is None else KINDS_OUTSIDE
    if len(held) < room:
        held += office.lease(person, sitting, role=role, kinds=kinds, count=room - len(held))
    held.sort(key=lambda lease: lease.token != first)
    if first is not None and (not held or held[0].token != first):
        message, typed, again = "The time for this field was over. Here is the next one.", "", ""
    question = _question(office, person, held)
    return Shown(
        question=question,
        widget=widget_of(question.field) if question is not None else None,
        view=_view(office, question),
        following=held[1] if len(held) > 1 else None,
        progress=progress,
        message=message, typed=typed, again=again, undo=undo,
    )  # fmt: skip


def _question(office: Office, person: str, held: list[Lease]) -> Question | None:
    """The first question whose picture is there; others are given back: it may have been erased meanwhile."""
    while held:
        try:
            return office.question(held[0])
        except LedgerError:
            office.release(held.pop(0).token, person)
    return None


def _view(office: Office, question: Question | None) -> View | None:
    """The field on its page, where the ledger has it; else its crop is shown alone."""
    if question is None:
        return None
    with office.ledger.desk_to_read() as desk:
        return desk.tasks.view(question.lease.crop_id)


def _show(request: Request, caller: Caller, shown: Shown, role: Role, path: str, status: int = 200) -> Response:
    """The whole page, or for its script the part that changes. Without the script, a form leads back to the page."""
    over = shown.question is None and shown.progress.answered > 0
    if caller.visit is not None and (over or _left(caller.visit, shown.progress) == 0):
        return _finished(request, office_of(request), caller.visit, shown.progress)
    values: dict[str, Any] = {"shown": shown, "caller": caller, "role": role, "path": path, "others": NON_ANSWERS}
    if request.headers.get(PART):
        return page("question.html", status=status, **values)
    if request.method == "POST" and status == 200 and not shown.message:
        return RedirectResponse(f"{path}?undo={shown.undo}" if shown.undo else path, status_code=303)
    return page("work.html", status=status, **values)


def _left(visited: Visit, progress: Progress) -> int:
    """How many fields a campaign's worker still has to key."""
    return 0 if visited.ended else max(0, visited.campaign.fields - progress.answered)


def _finished(request: Request, office: Office, visited: Visit, progress: Progress) -> Response:
    """The completion code, for whoever has keyed all, or as much as there was."""
    done = visited if visited.ended else end_visit(office.ledger, visited, progress.answered)
    return page("finished_part.html" if request.headers.get(PART) else "finished.html", visit=done, progress=progress)


def picture_of(office: Office, caller: Caller, token: int) -> Response:
    """A field's view or crop, for whoever has or had it on the desk in this session. Raises Refused."""
    with office.ledger.desk_to_read() as desk:
        lease = desk.leases.state(token) if desk.leases.task_of(token) is not None else None
        if lease is None or (lease.person, lease.sitting) != (caller.known.person_id, caller.session.sitting):
            raise Refused(404, "this picture is not on your desk")
        view, crop = desk.tasks.view(lease.crop_id), desk.tasks.picture(lease.crop_id)
    picture = view.jpeg if view is not None else crop[0] if crop is not None else b""
    return Response(picture, media_type="image/png" if picture[:4] == PNG else "image/jpeg", headers=PICTURE)


def number_of(text: str | None) -> float:
    """What the page measured; 0 where it makes no sense."""
    try:
        number = float(text or 0)
    except ValueError:
        return 0.0
    return min(number, 3600.0) if isfinite(number) and number >= 0 else 0.0


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")
