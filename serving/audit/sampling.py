"""Which accepted fields are audited: each with a probability that is known, recorded, and never near zero.

Errors are rare and mostly where the model is less sure. For a given number of audits the variance of the
Horvitz-Thompson estimate is least if a field is drawn with a probability in proportion to value * sqrt(P(wrong))
(Neyman 1934; Sarndal, Swensson and Wretman 1992, section 3.4). That trusts the confidence, which is just what audits
are to check. So only a part of the audits, `lean`, goes that way, and the rest is drawn evenly (defensive mixtures,
Hesterberg 1995): however wrong the confidences are, no audit weighs more than 1 / least probability.
"""

import hashlib
import hmac
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from recognizer.errors import UsageError

SALT_LENGTH = 16
"""The fewest characters of a salt: a short one could be found by trying."""

NINES = ((0.9, "<90%"), (0.99, "90-99%"), (0.999, "99-99.9%"), (0.9999, "99.9-99.99%"))
"""The strata of confidence: below so much, and its name."""


@dataclass(frozen=True, kw_only=True)
class AuditPlan:
    """How likely an accepted field is to be audited.

    `rate` is the share of accepted fields that is drawn, `rates` that of single kinds. The part `lean` of it goes to
    doubtful and valuable fields, the rest evenly to all. `typical_doubt` is the doubt (1 - confidence) of a field that
    is drawn with just the rate, see the function of that name. No probability is below `floor` or above `ceiling`.

    The price of leaning is paid by the sure fields: what never showed an error may still hold some 4 / least
    probability of them at 95% certainty. So a small floor makes the interval wide, and `lean` stays at a half.
    """

    rate: float = 0.02
    rates: Mapping[str, float] = field(default_factory=dict)
    lean: float = 0.5
    typical_doubt: float = 0.002
    floor: float = 0.002
    ceiling: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.floor <= self.ceiling <= 1:
            raise UsageError(f"audits: floor {self.floor}, ceiling {self.ceiling} - mend: 0 < floor <= ceiling <= 1")
        for kind, rate in {"rate": self.rate, **self.rates}.items():
            if not self.floor <= rate <= self.ceiling:
                raise UsageError(
                    f"audits: {kind}: {rate} - mend: a rate is between floor {self.floor} and ceiling {self.ceiling}"
                )
        if not 0 <= self.lean < 1:
            raise UsageError(f"audits: lean {self.lean} - mend: from 0 (evenly) to below 1 (by doubt alone)")
        if not 0 < self.typical_doubt <= 1:
            raise UsageError(f"audits: typical_doubt {self.typical_doubt} - mend: above 0, at most 1")

    def probability(self, kind: str, confidence: float, value: float = 1.0) -> float:
        """The probability with which an accepted field is drawn.

        `confidence` is calibrated, in [0, 1]; `value` is what an error costs, 1 for an ordinary field.
        """
        _check_confidence(confidence)
        if not (0 <= value < math.inf):
            raise UsageError(f"audits: the value of a field is {value} - mend: a number that is not negative")
        importance = value * math.sqrt((1 - confidence) / self.typical_doubt)
        wanted = self._rate(kind) * (1 - self.lean + self.lean * importance)
        return min(max(wanted, self.floor), self.ceiling)

    def least(self, kind: str | None = None) -> float:
        """The least probability that a field of this kind, or of any, can get: the floor of a confidence sequence."""
        rates = [self._rate(kind)] if kind is not None else [self.rate, *self.rates.values()]
        return max(self.floor, min(rates) * (1 - self.lean))

    def _rate(self, kind: str) -> float:
        return self.rates.get(kind, self.rate)


def typical_doubt(confidences: Iterable[float]) -> float:
    """The `typical_doubt` with which, on fields of these confidences, a plan draws its rate: the squared mean root."""
    roots = [math.sqrt(1 - confidence) for confidence in confidences]
    if not roots:
        raise UsageError("audits: typical doubt of no fields - mend: give the confidences of accepted fields")
    return max((sum(roots) / len(roots)) ** 2, 1e-9)


def is_drawn(prediction_id: str, salt: str, probability: float) -> bool:
    """Whether this prediction is audited: the same answer on every run, and no way to foresee it without the salt.

    A keyed hash (HMAC-SHA-256) turns the id into a number in [0, 1), and what is below `probability` is drawn. So what
    is drawn with some probability is drawn with a greater one too.
    """
    if len(salt) < SALT_LENGTH:
        raise UsageError(
            f"audits: a salt of {len(salt)} characters - mend: at least {SALT_LENGTH}, say secrets.token_hex(16)"
        )
    check_probability(probability)
    hashed = hmac.new(salt.encode(), prediction_id.encode(), hashlib.sha256).digest()
    return (int.from_bytes(hashed[:8], "big") >> 11) / 2**53 < probability


def stratum_of(kind: str, confidence: float) -> str:
    """The stratum of a field, for reports and post-stratification: its kind, and how many nines its confidence has."""
    _check_confidence(confidence)
    return f"{kind} {next((name for below, name in NINES if confidence < below), '>=99.99%')}"


def check_probability(probability: float) -> None:
    """Raises UsageError for a probability with which nothing can be estimated."""
    if not 0 < probability <= 1:
        raise UsageError(f"audits: drawn with probability {probability} - mend: above 0, at most 1")


def _check_confidence(confidence: float) -> None:
    if not 0 <= confidence <= 1:
        raise UsageError(f"audits: a confidence of {confidence} - mend: calibrated, from 0 to 1")
