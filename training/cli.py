"""The command `penfield`, put together from what each floor offers."""

from serving.cli import app

__all__ = ["app", "main"]


def main() -> None:
    """What the console script calls."""
    app(prog_name="penfield")
