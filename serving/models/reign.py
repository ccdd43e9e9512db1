"""Reigns: from when until when a model read a scope, and how it came to that and to its end."""

from collections.abc import Iterable
from dataclasses import dataclass

from serving.ledger import Activation


@dataclass(frozen=True, kw_only=True)
class Reign:
    """One model's time in one scope. `until` is the time of the next activation of the scope, None for the present."""

    by: Activation
    until: str | None

    @property
    def is_own(self) -> bool:
        """Whether the scope had a model of its own in this time."""
        return bool(self.by.bundle_id)


def reigns(history: Iterable[Activation]) -> dict[str, tuple[Reign, ...]]:
    """The reigns of every scope, in order; the scope of all kinds first, then kinds by name."""
    by_scope: dict[str, list[Activation]] = {}
    for each in history:
        by_scope.setdefault(each.scope, []).append(each)
    return {
        scope: tuple(
            Reign(by=each, until=after.at if after is not None else None)
            for each, after in zip(line, [*line[1:], None], strict=True)
        )
        for scope, line in sorted(by_scope.items())
    }
