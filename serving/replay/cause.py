"""Why something comes out otherwise: what is not as it was recorded."""

from collections.abc import Mapping
from typing import Any

from serving.environment import LIBRARIES

MOST_NAMED = 4


def changes(then: Mapping[str, Any] | None, now: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What of an environment is not as it was: name to then and now. Empty where nothing was recorded."""
    if then is None:
        return {}
    names = [*then, *(name for name in now if name not in then)]
    return {name: (then.get(name), now.get(name)) for name in names if then.get(name) != now.get(name)}


def changes_told(changed: Mapping[str, tuple[Any, Any]]) -> str:
    """The changes in words."""
    told = [f"{name} {before or 'missing'} then, {after or 'missing'} now" for name, (before, after) in changed.items()]
    more = f", and {len(told) - MOST_NAMED} more" if len(told) > MOST_NAMED else ""
    return ", ".join(told[:MOST_NAMED]) + more


def cause(
    then: Mapping[str, Any] | None, now: Mapping[str, Any], versions: tuple[Any, Any] | None = None
) -> tuple[str, str]:
    """Code and sentence: why something made in the environment `then` comes out otherwise in `now`. `versions` are
    those of the preprocessing, then and now, where it is part of that."""
    changed, words = changes(then, now), []
    if versions is not None and versions[0] != versions[1]:
        words.append(f"it was prepared by preprocessing version {versions[0]}, this program has {versions[1]}")
    if changed:
        words.append(changes_told(changed))
    if versions is not None and versions[0] != versions[1]:
        return "preprocessing", "; ".join(words)
    if changed:
        return ("library" if set(changed) & set(LIBRARIES) else "environment"), "; ".join(words)
    if then is None:
        return "not_recorded", "under which versions it was made was not recorded"
    return "unexplained", "versions and machine are those of then: the record or the program was changed"


def made_otherwise(then: Mapping[str, Any] | None, now: Mapping[str, Any]) -> str:
    """What is to be said of something that came out the same although the environment is another."""
    changed = changes(then, now)
    return f"the same although {changes_told(changed)}" if changed else ""
