"""Policy: which share of the accepted values has to be right, how certain one wants to be of it, and what it may cost.

    accuracy: 0.995          # of all kinds that are not named
    certainty: 0.95
    audit: 0.02              # so many of the accepted fields are keyed all the same
    value: 1                 # what a wrong value costs, measured in fields that a person could key for it
    consensus: one_plus_model
    split: 2                 # a field is keyed in so many parts, each by somebody else, where it can be cut
    budget: 25               # no more fields of a page go to people for doubt alone
    wage_per_hour: 18        # what an hour of people's work costs
    piece_rate: 0            # what each of their answers costs beside it
    delivery_hours: 48       # so long after its batch was started a record is promised
    kinds:
      amount: {accuracy: 0.999}
    forms:
      insurance_application:
        ssn: {accuracy: 0.999, certainty: 0.99, value: 20, consensus: two_plus_tiebreak}

A kind is a kind of field, or `lexicon` for fields with a list of possible texts, or `blank` for what is read as blank.
"""

from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic import Field as Setting

from recognizer.errors import FormError, UsageError
from recognizer.form import Kind
from recognizer.form.source import Source, read_source
from serving.ledger import digest
from serving.ledger.masking import SENSITIVE_KINDS

KINDS = frozenset({*get_args(Kind), "lexicon", "blank"})

Consensus = Literal["one_plus_model", "two_plus_tiebreak", "expert", "verify"]
"""What settles a field: one blind entry equal to the reading; two blind entries, else a third; an expert; or somebody
who sees the reading among others like it, and does not strike it out."""

Share = Annotated[float, Setting(ge=0.5, lt=1)]
Money = Annotated[float, Setting(ge=0, le=1e6, allow_inf_nan=False)]

MOST_PARTS = 3
NO_DECISION: dict[str, Any] = {
    "wage_per_hour": True, "piece_rate": True, "delivery_hours": True, "split": True,
    "kinds": {"__all__": {"split"}}, "forms": {"__all__": {"__all__": {"split"}}},
}  # fmt: skip
"""What is no part of a policy's id: a raise, a deadline or who is shown what makes no decision another."""


MENDS = {
    "accuracy": "shares are numbers from 0.5 to below 1, such as 0.995",
    "audit": "a share from 0 (none) to 0.5, such as 0.02",
    "value": "a number above 0; 1 for an ordinary field",
    "budget": "a whole number of fields of a page, or none",
    "wage_per_hour": "an amount of money, such as 18",
    "piece_rate": "an amount of money per answer, such as 0.03",
    "delivery_hours": "hours above 0, or none",
    "split": f"a whole number of parts, 1 (not at all) to {MOST_PARTS}",
    "consensus": f"one of {', '.join(get_args(Consensus))}",
}


class Value(BaseModel):
    """A frozen value that refuses settings it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Target(Value):
    """Of the accepted values a share of `accuracy` is right, with probability `certainty` over the labels' draw."""

    accuracy: Share = 0.995
    certainty: Share = 0.95

    @property
    def risk(self) -> float:
        """The greatest share of wrong values among the accepted."""
        return 1 - self.accuracy

    @property
    def doubt(self) -> float:
        """The probability with which the promise may be broken."""
        return 1 - self.certainty


class Handling(Value):
    """How fields are handled beside the promise.

    A share `audit` of the accepted ones is keyed blind all the same. A wrong value costs as much as keying `value`
    fields: what costs more is audited more often and keyed first. `consensus` names what settles a field that people
    look at. A field that has a comb is keyed in `split` parts, each by somebody else (None: sensitive kinds in two,
    others as a whole).
    """

    audit: Annotated[float, Setting(ge=0, le=0.5)] = 0.02
    value: Annotated[float, Setting(gt=0, le=1e6)] = 1.0
    consensus: Consensus = "one_plus_model"
    split: Annotated[int, Setting(ge=1, le=MOST_PARTS)] | None = None


class Wish(Value):
    """A target and a handling of which parts may be left to the policy's own."""

    accuracy: Share | None = None
    certainty: Share | None = None
    audit: Annotated[float, Setting(ge=0, le=0.5)] | None = None
    value: Annotated[float, Setting(gt=0, le=1e6)] | None = None
    consensus: Consensus | None = None
    split: Annotated[int, Setting(ge=1, le=MOST_PARTS)] | None = None


class Policy(Target, Handling):
    """Targets and handlings by kind, and by form and kind, over those of everything else.

    With a `budget`, no more fields of a page go to people for doubt alone: the dearest first, the others are accepted.
    An hour of people's work costs `wage_per_hour`, and each answer `piece_rate` beside it; records are promised
    `delivery_hours` after their batch was started. No decision depends on these.
    """

    budget: Annotated[int, Setting(ge=0)] | None = None
    wage_per_hour: Money = 18.0
    piece_rate: Money = 0.0
    delivery_hours: Annotated[float, Setting(gt=0, le=1e5, allow_inf_nan=False)] | None = None
    kinds: dict[str, Wish] = {}
    forms: dict[str, dict[str, Wish]] = {}

    def target(self, kind: str, form: str | None = None) -> Target:
        """What is promised of a kind on a form: what is said of both, else of the kind, else of all."""
        return Target(**self._settings(Target, kind, form))

    @property
    def verifies(self) -> bool:
        """Whether any field is verified in groups."""
        wishes = [*self.kinds.values(), *(wish for kinds in self.forms.values() for wish in kinds.values())]
        return self.consensus == "verify" or any(wish.consensus == "verify" for wish in wishes)

    def handling(self, kind: str, form: str | None = None) -> Handling:
        """How a kind on a form is handled: what is said of both, else of the kind, else of all."""
        return Handling(**self._settings(Handling, kind, form))

    def parts(self, kind: str, form: str | None = None) -> int:
        """In how many parts a kind on a form is keyed, where it can be cut; 1: as a whole."""
        return self.handling(kind, form).split or (2 if kind in SENSITIVE_KINDS else 1)

    def _settings(self, of: type[Value], kind: str, form: str | None) -> dict[str, Any]:
        names = set(of.model_fields)
        settings = self.model_dump(include=names)
        for wish in (self.kinds.get(kind), self.forms.get(form or "", {}).get(kind)):
            settings |= wish.model_dump(include=names, exclude_none=True) if wish is not None else {}
        return settings

    @property
    def digest(self) -> str:
        """The id of what it says."""
        return digest("policy", self.model_dump(mode="json", exclude=NO_DECISION))


def load_policy(path: Path) -> Policy:
    """The policy that the YAML file at `path` says.

    Raises InputError where there is no such file, and UsageError with a line for every mistake.
    """
    try:
        source = read_source(path)
    except FormError as error:
        raise UsageError(str(error).replace("docs/FORMS.md", "docs/PROMISE.md")) from error
    if not isinstance(source.data, dict):
        raise UsageError(f"{path}:1: not a policy - mend: write, say, `accuracy: 0.995`")
    complaints = [(each.place, f"{each.what} - mend: {each.mend}") for each in source.complaints]
    try:
        policy = Policy.model_validate(source.data)
    except ValidationError as error:
        complaints += [(tuple(each["loc"]), _sentence(each)) for each in error.errors()]
    else:
        complaints += [(place, f"{place[-1]!r} is no kind - mend: one of {', '.join(sorted(KINDS))}")
                       for place in _kinds_named(policy) if place[-1] not in KINDS]  # fmt: skip
    if complaints:
        raise UsageError("\n".join(sorted({_line(source, place, what) for place, what in complaints})))
    return policy


def _kinds_named(policy: Policy) -> list[tuple[str, ...]]:
    named: list[tuple[str, ...]] = [("kinds", kind) for kind in policy.kinds]
    return named + [("forms", form, kind) for form, wishes in policy.forms.items() for kind in wishes]


def _line(source: Source, place: tuple[Any, ...], what: str) -> str:
    return f"{source.path}:{source.line(place)}: {'.'.join(map(str, place))}: {what}"


def _sentence(error: Any) -> str:
    if error["type"] == "extra_forbidden":
        own = ", ".join(name for name in Policy.model_fields if name not in Wish.model_fields)
        return f"unknown setting - mend: known are {own}, and what kinds have too: {', '.join(Wish.model_fields)}"
    return f"{error['msg']} - mend: {MENDS.get(str(error['loc'][-1]), MENDS['accuracy'])}"
