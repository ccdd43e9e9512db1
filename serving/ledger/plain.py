"""Values to JSON and back: how steps, qualities and readings lie in the ledger's text columns."""

import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from recognizer.page import Quality, Step
from recognizer.reading import Alternative, Reading


def canonical(value: object) -> str:
    """JSON with sorted keys and no spaces. NaN and infinity, which JSON lacks, become null."""
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, bool | int | str) or value is None:
        return value
    if isinstance(value, float):  # numpy's float64 too
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    return _plain(value.item()) if isinstance(value, np.generic) else str(value)


def steps_from(text: str) -> tuple[Step, ...]:
    """Steps from their JSON."""
    return tuple(Step(**step) for step in json.loads(text))


def quality_json(quality: Quality | None) -> str | None:
    """The measures by name, or None where nothing was measured."""
    return None if quality is None else canonical(quality.as_dict())


def quality_from(text: str | None) -> Quality | None:
    """What `quality_json` wrote; a null measure is NaN again."""
    if text is None:
        return None
    return Quality(**{name: math.nan if value is None else value for name, value in json.loads(text).items()})


def reading_from(plain: Mapping[str, Any]) -> Reading:
    """A reading, with all that it was made of, from plain data."""
    return Reading(
        text=plain["text"],
        outcome=plain["outcome"],
        confidence=plain["confidence"],
        alternatives=tuple(Alternative(**alternative) for alternative in plain["alternatives"]),
        parts=tuple(reading_from(part) for part in plain["parts"]),
        measured=plain["measured"],
    )
