"""How the commands fail: one clear line on stderr, and an exit code that says what kind of failure it was."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from recognizer.errors import PenfieldError

INTERRUPTED = 130

EXIT_CODES = (
    "[bold]Exit codes:[/] 0 done · 1 something else failed · 2 wrong options · 3 wrong form definition · "
    "4 a file or folder is not there · 5 damaged model · 6 the ledger cannot be opened or written · "
    "7 --strict, and a page could not be read · 8 replay, and something differs · "
    "9 monitor, and an alarm sounded · 130 interrupted"
)


@contextmanager
def told(debug: bool) -> Iterator[None]:
    """Turn whatever ends the command into a message and its exit code."""
    try:
        yield
    except PenfieldError as error:
        _say(str(error), debug)
        raise typer.Exit(error.exit_code) from error
    except KeyboardInterrupt as error:
        typer.echo("\nInterrupted. Nothing is lost: the same command goes on where it stopped.", err=True)
        raise typer.Exit(INTERRUPTED) from error
    except (typer.Exit, typer.Abort):
        raise
    except OSError as error:
        _say(f"{error.filename or 'the system'}: {error.strerror or error}", debug)
        raise typer.Exit(1) from error
    except Exception as error:
        # An unexpected message may hold a field's value: it is shown only to whoever asks for it.
        _say(f"{type(error).__name__}: this should not happen. --debug shows where it did.", debug)
        raise typer.Exit(1) from error


def _say(message: str, debug: bool) -> None:
    if debug:
        traceback.print_exc()
    typer.echo(f"penfield: {message}", err=True)
