"""`penfield people`: who may review."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from serving.commands.cli import DebugOption, LedgerOption, StoreOption
from serving.commands.told import EXIT_CODES, told

if TYPE_CHECKING:
    from serving.people.people import Person

people_app = typer.Typer(help="Say who may review, and what.", no_args_is_help=True, rich_markup_mode="rich")

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="As they sign in.")]
RoleOption = Annotated[list[str] | None, typer.Option(help="reviewer, expert, admin; repeat it for several.")]
StdinOption = Annotated[bool, typer.Option("--password-stdin", help="Take the password from standard input.")]


@people_app.command(epilog=EXIT_CODES)
def add(
    name: NameArgument,
    role: RoleOption = None,
    password_stdin: StdinOption = False,
    store: StoreOption = None,
    ledger: LedgerOption = None,
    debug: DebugOption = False,
) -> None:
    """Add somebody, a reviewer unless --role says otherwise; asks for the password."""
    with told(debug):
        from serving.ledger import open_ledger
        from serving.people import People
        from serving.store import places

        with open_ledger(places(store, ledger).ledger_url) as opened:
            _say(People(opened).add(name, _password(password_stdin), role or ["reviewer"]))  # type: ignore[arg-type]


@people_app.command("list", epilog=EXIT_CODES)
def list_people(store: StoreOption = None, ledger: LedgerOption = None, debug: DebugOption = False) -> None:
    """List everybody, with their roles."""
    with told(debug):
        from serving.ledger import open_ledger
        from serving.people import People
        from serving.store import places

        with open_ledger(places(store, ledger).ledger_url) as opened:
            everybody = People(opened).everybody()
        for person in everybody:
            _say(person)
        if not everybody:
            typer.echo("nobody yet: penfield people add NAME --role admin")


@people_app.command(epilog=EXIT_CODES)
def role(
    name: NameArgument,
    role: RoleOption = None,
    store: StoreOption = None,
    ledger: LedgerOption = None,
    debug: DebugOption = False,
) -> None:
    """Say what somebody may do from now on: exactly the roles that are named."""
    with told(debug):
        from serving.ledger import open_ledger
        from serving.people import People
        from serving.store import places

        with open_ledger(places(store, ledger).ledger_url) as opened:
            _say(People(opened).set_roles(name, role or []))  # type: ignore[arg-type]  # it checks them


@people_app.command(epilog=EXIT_CODES)
def password(
    name: NameArgument,
    password_stdin: StdinOption = False,
    store: StoreOption = None,
    ledger: LedgerOption = None,
    debug: DebugOption = False,
) -> None:
    """Give somebody another password; their sessions end."""
    with told(debug):
        from serving.ledger import open_ledger
        from serving.people import People
        from serving.store import places

        with open_ledger(places(store, ledger).ledger_url) as opened:
            people = People(opened)
            people.named(name)
            _say(people.set_password(name, _password(password_stdin)))


@people_app.command(epilog=EXIT_CODES)
def deactivate(
    name: NameArgument,
    again: Annotated[bool, typer.Option("--undo", help="Let them sign in again.")] = False,
    store: StoreOption = None,
    ledger: LedgerOption = None,
    debug: DebugOption = False,
) -> None:
    """Let somebody sign in no more. What they did stays and counts."""
    with told(debug):
        from serving.ledger import open_ledger
        from serving.people import People
        from serving.store import places

        with open_ledger(places(store, ledger).ledger_url) as opened:
            people = People(opened)
            _say(people.activate(name) if again else people.deactivate(name))


def _password(from_stdin: bool) -> str:
    """Never an argument: other people of the machine could read it."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))


def _say(person: "Person") -> None:
    roles = ", ".join(sorted(person.roles)) or "nothing"
    gone = "" if person.active else " (may not sign in)"
    typer.echo(f"{person.name}: {roles}{gone}, since {person.created_at[:10]}")
