"""Campaigns: a platform for crowd work sends its workers here by URL and pays for a completion code, as Prolific does.

A worker comes with the platform's ids of worker and session, keys so many fields on the review page, and is shown the
code. They have a name in the ledger and cannot sign in; the same session again is the same visit.
"""

from dataclasses import dataclass
from secrets import token_hex

from recognizer.errors import InputError, UsageError
from serving.crowds.worker import worker
from serving.ledger import Ledger

MOST_FIELDS = 1000
LONGEST_NAME = 64
LONGEST_ID = 100


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """Work that is offered: `fields` in each session, at most `sessions` for each worker, a `code` that says that the
    work is done, and where to `return_to` with it (the platform's address; "" for none). The id is unguessable: whoever
    knows it may come. `visits` came so far, `done` of them to the end; `answered` fields are in finished visits.
    """

    campaign_id: str
    name: str
    fields: int
    sessions: int
    code: str
    return_to: str
    at: str
    is_open: bool
    visits: int = 0
    done: int = 0
    answered: int = 0


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One worker in one session; the id is the sitting in the queue. `ended` says how it ended, "" while it goes on."""

    visit_id: str
    person_id: str
    campaign: Campaign
    ended: str = ""


def open_campaign(ledger: Ledger, name: str, *, fields: int, sessions: int = 1, return_to: str = "") -> Campaign:
    """Offer work under a name. Raises UsageError where the name is taken or the numbers make no sense."""
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise UsageError(f"not a name of a campaign - mend: 1 to {LONGEST_NAME} printable characters")
    if not (1 <= fields <= MOST_FIELDS and sessions >= 1):
        raise UsageError(f"fields or sessions - mend: 1 to {MOST_FIELDS} fields, at least one session")
    if return_to and not return_to.startswith("https://"):
        raise UsageError(f"{return_to} is no address to return to - mend: it begins with https://")
    campaign_id = token_hex(16)
    facts = {"fields": fields, "sessions": sessions, "code": token_hex(4).upper(), "return_to": return_to}
    with ledger.desk() as desk:
        if not desk.campaigns.add(campaign_id, name, facts, desk.now()):
            raise UsageError(f"there is a campaign named {name!r} - mend: choose another name")
    return campaign(ledger, campaign_id)


def campaigns(ledger: Ledger) -> tuple[Campaign, ...]:
    """All campaigns, the oldest first."""
    with ledger.desk_to_read() as desk:
        return tuple(_campaign(*each) for each in desk.campaigns.all())


def campaign(ledger: Ledger, campaign_id: str) -> Campaign:
    """One campaign. Raises InputError."""
    with ledger.desk_to_read() as desk:
        found = desk.campaigns.with_id(campaign_id)
    if found is None:
        raise InputError(
            "there is no such campaign - mend: take its address from the platform, or penfield campaign list"
        )
    return _campaign(*found)


def close_campaign(ledger: Ledger, name: str) -> Campaign:
    """Let nobody in any more; whoever is at work may finish. Raises InputError."""
    found = next((each for each in campaigns(ledger) if name in (each.name, each.campaign_id)), None)
    if found is None:
        raise InputError(f"there is no campaign named {name!r}")
    with ledger.desk() as desk:
        desk.campaigns.end(found.campaign_id, desk.now())
    return campaign(ledger, found.campaign_id)


def arrive(ledger: Ledger, campaign_id: str, worker_id: str, session: str) -> Visit:
    """A worker comes, or comes back, with the platform's ids.

    Raises InputError for a campaign or ids that are none, and UsageError where the campaign is closed or the worker had
    all sessions that anybody gets.
    """
    found = campaign(ledger, campaign_id)
    if len(session) > LONGEST_ID or not (session.isprintable() or not session):
        raise InputError(f"not an id of a session - mend: at most {LONGEST_ID} printable characters")
    person_id = worker(ledger, found.name, worker_id)
    with ledger.desk() as desk:
        before = desk.campaigns.visits(campaign_id, worker_id)
        if session not in before:
            if not found.is_open:
                raise UsageError("this campaign is closed; thank you for coming")
            if len(before) >= found.sessions:
                raise UsageError("you have done all that anybody may do here; thank you")
            desk.campaigns.begin(token_hex(8), campaign_id, worker_id, session, person_id, desk.now())
        visit_id = desk.campaigns.visits(campaign_id, worker_id)[session]
    return visit(ledger, visit_id)


def visit(ledger: Ledger, visit_id: str) -> Visit:
    """A visit as it stands. Raises InputError."""
    with ledger.desk_to_read() as desk:
        row = desk.campaigns.visit(visit_id)
    if row is None:
        raise InputError("there is no such visit")
    return Visit(
        visit_id=visit_id, person_id=row.person_id, campaign=campaign(ledger, row.campaign_id), ended=row.reason or ""
    )


def end_visit(ledger: Ledger, visited: Visit, answered: int) -> Visit:
    """Note that a visit is over: all its fields are keyed, or nothing is left to key."""
    reason = "done" if answered >= visited.campaign.fields else "nothing_left"
    with ledger.desk() as desk:
        desk.campaigns.end_visit(visited.visit_id, reason, answered, desk.now())
    return visit(ledger, visited.visit_id)


def _campaign(row, facts) -> Campaign:  # type: ignore[no-untyped-def]  # a row of the ledger, and its facts
    return Campaign(
        campaign_id=row.campaign_id, name=row.name, at=row.at, is_open=row.ended_at is None, visits=row.visits,
        done=row.done or 0, answered=row.answered or 0, **facts,
    )  # fmt: skip
