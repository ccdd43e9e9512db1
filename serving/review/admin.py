"""The office as its head sees it: what waits, who works, what is promised, what production comes to."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from recognizer.errors import UsageError
from serving.metrics import production_metrics
from serving.office import Office
from serving.people.people import PersonRole
from serving.review.access import Admin, Caller, Form, Posted, office_of
from serving.review.pages import page

ROLES: tuple[PersonRole, ...] = ("reviewer", "expert", "admin")

router = APIRouter(prefix="/office")
TheOffice = Annotated[Office, Depends(office_of)]


@router.get("", response_class=HTMLResponse)
def show(caller: Admin, office: TheOffice) -> Response:
    """Queue, people, policy and live numbers."""
    return _page(caller, office)


@router.post("/people", response_class=HTMLResponse)
def add(caller: Admin, office: TheOffice, form: Form) -> Response:
    """Add somebody."""
    return _done(
        caller, office, lambda: office.people.add(form.get("name", ""), form.get("password", ""), _roles(form))
    )


@router.post("/people/roles", response_class=HTMLResponse)
def set_roles(caller: Admin, office: TheOffice, form: Form) -> Response:
    """Say what somebody may do from now on. Nobody takes the keys of the office from themselves."""

    def change() -> None:
        _not_oneself(caller, form)
        office.people.set_roles(form.get("name", ""), _roles(form))

    return _done(caller, office, change)


@router.post("/people/password", response_class=HTMLResponse)
def set_password(caller: Admin, office: TheOffice, form: Form) -> Response:
    """Give somebody another password; their sessions end."""
    return _done(caller, office, lambda: office.people.set_password(form.get("name", ""), form.get("password", "")))


@router.post("/people/active", response_class=HTMLResponse)
def set_active(caller: Admin, office: TheOffice, form: Form) -> Response:
    """Let somebody sign in no more, or again."""

    def change() -> None:
        _not_oneself(caller, form)
        (office.people.activate if form.get("active") == "yes" else office.people.deactivate)(form.get("name", ""))

    return _done(caller, office, change)


def _done(caller: Caller, office: Office, change: Callable[[], object]) -> Response:
    try:
        change()
    except UsageError as error:
        return _page(caller, office, str(error).replace(" - mend:", ":"), 422)
    return RedirectResponse("/office", status_code=303)


def _page(caller: Caller, office: Office, message: str = "", status: int = 200) -> Response:
    now = datetime.now(UTC)
    counts = [(count, age_of(now - datetime.fromisoformat(count.oldest_at))) for count in office.queue.counts()]
    return page(
        "office.html", status=status, caller=caller, message=message, counts=counts, roles=ROLES,
        people=[person for person in office.people.everybody() if person.roles],
        numbers=production_metrics(office.ledger, policy=office.policy), policy=_policy(office),
    )  # fmt: skip


def _policy(office: Office) -> list[tuple[str, str]]:
    """The settings of the policy, in words of its file."""
    plain = office.policy.model_dump(mode="json", exclude_none=True)
    return [(name, value if isinstance(value, str) else str(value)) for name, value in plain.items() if value != {}]


def _roles(form: Posted) -> list[PersonRole]:
    return [role for role in ROLES if form.get(role)]


def _not_oneself(caller: Caller, form: Posted) -> None:
    if form.get("name", "").strip() == caller.known.name:
        raise UsageError("nobody changes their own roles - mend: another admin can")


def age_of(age: timedelta) -> str:
    """How long ago, as people say it: `3 min`."""
    seconds = max(0.0, age.total_seconds())
    for size, word in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {word}"
    return f"{seconds:.0f} s"
