"""Who may do what, and how they prove who they are."""

from collections.abc import Iterable
from dataclasses import dataclass
from secrets import token_hex
from typing import Any, Literal, get_args
from unicodedata import normalize

from recognizer.errors import InputError, UsageError
from serving.ledger import Ledger
from serving.people.password import fits, hashed, nobodys
from serving.people.throttle import Throttle

PersonRole = Literal["reviewer", "expert", "admin"]
LONGEST_NAME = 200


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody who may sign in while `active`. The id says nothing about the name."""

    person_id: str
    name: str
    roles: frozenset[PersonRole]
    active: bool
    created_at: str


class TooManyGuesses(UsageError):
    """Too many wrong passwords were tried: nobody is let in under this name for a while, with the right one either."""


class People:
    """The people of a ledger. Nothing is overwritten: every password, role and deactivation is an event."""

    def __init__(self, ledger: Ledger, throttle: Throttle | None = None) -> None:
        self._ledger = ledger
        self._throttle = throttle or Throttle()
        self._nobody = nobodys()

    def add(self, name: str, password: str, roles: Iterable[PersonRole] = ("reviewer",)) -> Person:
        """Add somebody. Raises UsageError where the name is taken or the password too short."""
        name, facts, kept = _tidy(name), _roles(roles), hashed(password)
        person_id = token_hex(8)
        with self._ledger.desk() as desk:
            now = desk.now()
            if not desk.people.add(person_id, name, now):
                raise UsageError(f"there is a person named {name!r} - mend: choose another name")
            for event, values in (("password", kept), ("role", facts), ("active", {"active": True})):
                desk.people.note(person_id, event, values, now)
        return self.named(name)

    def everybody(self) -> tuple[Person, ...]:
        """All people, by name; those who were deactivated too."""
        with self._ledger.desk_to_read() as desk:
            return tuple(_person(row, facts) for row, facts in desk.people.all())

    def named(self, name: str) -> Person:
        """The person of that name. Raises InputError."""
        with self._ledger.desk_to_read() as desk:
            found = desk.people.named(_tidy(name))
        if found is None:
            raise InputError(f"there is no person named {name!r}")
        return _person(*found)

    def of_session(self, person_id: str, began_at: str) -> Person | None:
        """The active person of a session; None where it has ended: by signing out anywhere, or by a new password."""
        with self._ledger.desk_to_read() as desk:
            found = desk.people.with_id(person_id)
            if found is None or began_at < desk.people.sessions_from(person_id):
                return None
        person = _person(*found)
        return person if person.active else None

    def sign_out(self, person_id: str) -> None:
        """End all sessions of a person, on whatever machine."""
        with self._ledger.desk() as desk:
            desk.people.note(person_id, "signed_out", {}, desk.now())

    def deactivate(self, name: str) -> Person:
        """Let somebody sign in no more. What the person did stays."""
        return self._note(name, "active", {"active": False})

    def activate(self, name: str) -> Person:
        """Let somebody sign in again."""
        return self._note(name, "active", {"active": True})

    def set_roles(self, name: str, roles: Iterable[PersonRole]) -> Person:
        """Say what somebody may do from now on."""
        return self._note(name, "role", _roles(roles))

    def set_password(self, name: str, password: str) -> Person:
        """Give somebody another password. Raises UsageError where it is too short."""
        return self._note(name, "password", hashed(password))

    def check(self, name: str, password: str) -> Person | None:
        """The person, if this is the password and the person is active. An unknown name takes as long as a wrong
        password, and both get the same answer. Raises TooManyGuesses."""
        key = normalize("NFC", name).strip()[:LONGEST_NAME]
        if not self._throttle.take(key):
            raise TooManyGuesses("too many attempts to sign in - mend: wait ten minutes")
        with self._ledger.desk_to_read() as desk:
            found = desk.people.named(key)
        kept = found[1]["password"] if found is not None else self._nobody
        if not fits(password, kept) or found is None or not found[1]["active"]["active"]:
            return None
        self._throttle.right(key)
        return _person(*found)

    def _note(self, name: str, event: str, facts: dict[str, Any]) -> Person:
        person = self.named(name)
        with self._ledger.desk() as desk:
            desk.people.note(person.person_id, event, facts, desk.now())
        return self.named(name)


def _tidy(name: str) -> str:
    """One writing for one name."""
    tidy = normalize("NFC", name).strip()
    if not tidy or len(tidy) > LONGEST_NAME or not tidy.isprintable():
        raise UsageError(f"not a name - mend: 1 to {LONGEST_NAME} printable characters")
    return tidy


def _roles(roles: Iterable[PersonRole]) -> dict[str, Any]:
    wanted = sorted(set(roles))
    if not wanted or not set(wanted) <= set(get_args(PersonRole)):
        raise UsageError(f"roles {wanted} - mend: one or several of {', '.join(get_args(PersonRole))}")
    return {"roles": wanted}


def _person(row: Any, facts: dict[str, Any]) -> Person:
    return Person(
        person_id=row.person_id,
        name=row.name,
        roles=frozenset(facts["role"]["roles"]),
        active=facts["active"]["active"],
        created_at=row.created_at,
    )
