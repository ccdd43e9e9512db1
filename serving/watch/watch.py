"""Watch: is every component of a stack what it was when the stack was fitted? A function of recorded readings alone."""

from collections.abc import Mapping
from dataclasses import dataclass

from recognizer.reading import Reading
from recognizer.stack import Stack
from serving.watch.detector import Detector, allowed, limit
from serving.watch.oddity import ODDITIES, Last, oddities

FIELDS_PER_FALSE_ALARM = 100_000
"""With nothing wrong, a stack raises no more than one false alarm in so many fields."""

ALIKE = 0.999
"""With such a share of the strongest evidence one is suspected as much as the other."""
SPEAKING = 100.0
"""Such a fortune, and so many times another's, tells one that is broken from one that it disagrees with."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A component that is not what it was: what is odd of it, and the evidence as few numbers."""

    component: str
    oddity: str
    evidence: Mapping[str, float]


class Watch:
    """Watches the components of a stack that are not left out, field by field.

    Which components read a field depends on its kind; they are watched in the sets in which they read, and what is
    usual in one set says nothing of another.
    """

    def __init__(self, stack: Stack, fields_per_false_alarm: float = FIELDS_PER_FALSE_ALARM) -> None:
        self._stack = stack
        self._limit = limit(fields_per_false_alarm, len(stack.members) * len(ODDITIES))
        self._detectors = {(name, oddity): Detector() for name in stack.members for oddity in ODDITIES}
        self._last = Last()
        self.fields = 0

    def see(self, reading: Reading) -> tuple[Finding, ...]:
        """One more reading of the stack; the components that are to be left out for what was found by now.

        Where the evidence against several is as strong, as between two that disagree, all of them are named.
        """
        parts = self._stack.named(reading.parts)
        kind = self._kind(reading)
        if len(parts) < 2 or kind is None:
            return ()
        self.fields += 1
        usual = self._stack.combiners[tuple(name for name in self._stack.members if name in parts)].usual
        quantiles = {name: usual[name]["confidence"][kind] for name in parts if kind in usual[name]["confidence"]}
        for (name, oddity), is_odd in oddities(kind, parts, self._last, quantiles).items():
            met, asked = usual[name][oddity].get(kind, (0, 0))
            self._detectors[name, oddity].see(is_odd, allowed(met, asked))
        return self._found()

    def _kind(self, reading: Reading) -> str | None:
        number = int(reading.parts[0].measured.get("kind", -1.0)) if reading.parts else -1
        return self._stack.kinds[number] if 0 <= number < len(self._stack.kinds) else None

    def _found(self) -> tuple[Finding, ...]:
        if all(each.fortune < self._limit for each in self._detectors.values()):
            return ()
        found = {name: self._strongest(name, ODDITIES) for name in self._stack.members}
        most = max(detector.fortune for _, detector in found.values())
        named = [name for name, (_, each) in found.items() if each.fortune >= max(self._limit, ALIKE * most)]
        return tuple(self._finding(name, *found[name]) for name in self._suspects(named))

    def _strongest(self, name: str, of: tuple[str, ...]) -> tuple[str, Detector]:
        return max(((oddity, self._detectors[name, oddity]) for oddity in of), key=lambda each: each[1].fortune)

    def _suspects(self, named: list[str]) -> list[str]:
        """Of components that disagree with each other those against whom something else speaks, if there are such."""
        alone = tuple(oddity for oddity in ODDITIES if oddity != "dissent")
        against = {name: self._strongest(name, alone)[1].fortune for name in named}
        least = max(SPEAKING, max(against.values()) / SPEAKING)
        suspects = [name for name in named if against[name] >= least]
        return suspects or named

    def _finding(self, name: str, oddity: str, detector: Detector) -> Finding:
        evidence = {
            "met": detector.met, "asked": detector.asked, "fortune": detector.fortune, "limit": self._limit,
            "fields": self.fields,
        }  # fmt: skip
        return Finding(component=name, oddity=oddity, evidence=evidence)
