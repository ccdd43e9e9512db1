"""What an example counts in training: the hard ones more, and those that stand for many that nobody looked at."""

from serving.ledger.statement import FieldUse, Statement

WRONG = 2.0
"""What a field counts that the machine read wrongly; one that it read rightly counts 2 less its confidence."""

MOST_COMMON = 4.0
"""Audits are drawn with probability p and stand for 1/p accepted fields, of which there are few examples otherwise.
They count the square root of that, and no more than so: one of them must not drown the others."""


def weight(use: FieldUse, verdict: Statement, *, right: bool) -> float:
    """The weight of an example: how hard it was, times how common it is, times how sure people are of it."""
    hard = 2.0 - (use.reading.confidence or 0.0) if right else WRONG
    audited = use.reading.decision == "audit" and use.probability
    common = min(MOST_COMMON, (1 / use.probability) ** 0.5) if audited and use.probability else 1.0
    sure = 1.0 if verdict.confidence is None else max(0.1, verdict.confidence)
    return round(hard * common * sure, 4)
