"""The accuracy of accepted fields, estimated from audits that were drawn with different probabilities.

An audit drawn with probability p stands for 1 / p accepted fields. Which estimate to report:

- `horvitz_thompson` where it is known how many fields were accepted, which is always so in production. It is unbiased
  whatever the confidences are worth, and the confidence sequence belongs to it. The headline of a day or a model.
- `post_stratified` where it is known how many of each stratum: for the table by kind. Its bias vanishes as 1 / audits
  (a ratio per stratum), its error is the smallest, because chance in how many of a stratum were drawn drops out.
- `hajek` where the number is not known, say for audits that came from elsewhere: divided by the estimated number.

Standard errors are zero where no error was found, and too small where few were: decide by the confidence sequence.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from recognizer.errors import UsageError
from serving.audit.sampling import check_probability

Method = Literal["horvitz_thompson", "hajek", "post_stratified"]

ALL = "all"
"""The name of the total beside those of the kinds."""

LEAST_AUDITS = 10
"""Strata with fewer audits are pooled before anything is divided by what was drawn of them."""


@dataclass(frozen=True, kw_only=True)
class Audit:
    """One accepted field that was drawn with `probability` and keyed; `cluster` is its writer or page, if known."""

    probability: float
    is_wrong: bool
    kind: str = ""
    stratum: str = ""
    cluster: str | None = None

    def __post_init__(self) -> None:
        check_probability(self.probability)


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """The share of right values among `accepted` fields (estimated by `hajek`), from `audits`, `wrong` of them wrong.

    `standard_error` is that of the draw: how far the estimate is from the share among these very fields. Where every
    audit names its cluster, `clustered_error` is how far it is from that of ever more fields, of other writers.
    `effective_audits` is the number of audits with equal weights that would say as much (Kish 1965).
    The unbiased estimate may be below 0 where few fields were audited: to cut it off would make it biased.
    """

    method: Method
    accuracy: float
    standard_error: float
    accepted: float
    audits: int
    wrong: int
    effective_audits: float
    clustered_error: float | None = None


def horvitz_thompson(audits: Iterable[Audit], accepted: int) -> Estimate:
    """Unbiased (Horvitz and Thompson 1952): the weights of the wrong ones over the number of accepted fields.

    Fields are drawn independently of each other, so the variance estimate is unbiased too. Raises UsageError where
    nothing was audited, or more than is said to be accepted.
    """
    listed = list(audits)
    _check_any(listed)
    _check_count(len(listed), accepted, "in total")
    p, wrong = _columns(listed)
    risk = float((wrong / p).sum()) / accepted
    variance = float((wrong * (1 - p) / p**2).sum()) / accepted**2
    residuals = (wrong - risk) / p / accepted
    return _estimate("horvitz_thompson", risk, variance, accepted, listed, residuals)


def hajek(audits: Iterable[Audit]) -> Estimate:
    """Normalised by the weights (Hajek 1971): for an unknown number of accepted fields, nearly unbiased.

    Its variance is that of its linearisation (Sarndal, Swensson and Wretman 1992, section 5.7).
    """
    listed = list(audits)
    _check_any(listed)
    p, wrong = _columns(listed)
    total = float((1 / p).sum())
    risk = float((wrong / p).sum()) / total
    residuals = (wrong - risk) / p / total
    return _estimate("hajek", risk, float((residuals**2 * (1 - p)).sum()), total, listed, residuals)


def post_stratified(audits: Iterable[Audit], accepted: Mapping[str, int]) -> Estimate:
    """Normalised in each stratum, of which so many fields were accepted (Holt and Smith 1979).

    Strata with fewer than `LEAST_AUDITS` audits are pooled. Raises UsageError for an audit of a stratum that is not in
    `accepted`, and where nothing was audited, or more than is said to be accepted.
    """
    listed = list(audits)
    counts = _counts(listed, accepted)
    _check_any(listed)
    p, wrong = _columns(listed)
    pools, names = _pools(accepted, counts), [audit.stratum for audit in listed]
    number, risk, residuals = sum(accepted.values()), 0.0, np.zeros(len(listed))
    for pool in pools:
        inside = np.isin(names, pool)
        share = sum(accepted[stratum] for stratum in pool) / number
        total = float((1 / p[inside]).sum())
        mean = float((wrong[inside] / p[inside]).sum()) / total
        risk += share * mean
        residuals[inside] = share * (wrong[inside] - mean) / p[inside] / total
    variance = float((residuals**2 * (1 - p)).sum())
    return _estimate("post_stratified", risk, variance, number, listed, residuals)


def by_kind(audits: Iterable[Audit], accepted: Mapping[str, Mapping[str, int]]) -> dict[str, Estimate]:
    """Post-stratified estimates per kind and, under `ALL`, in total; `accepted` counts fields by kind and stratum.

    Kinds without audits have no estimate of their own. Raises UsageError for audits that `accepted` does not know.
    """
    listed = list(audits)
    unknown = {audit.kind for audit in listed} - set(accepted)
    if unknown:
        raise UsageError(
            f"audits of {sorted(unknown)}, of which nothing was accepted - mend: count the accepted fields"
        )
    found = {}
    for kind, strata in accepted.items():
        of_kind = [audit for audit in listed if audit.kind == kind]
        if of_kind:
            found[kind] = post_stratified(of_kind, strata)
    if listed:
        total = {(kind, stratum): count for kind, strata in accepted.items() for stratum, count in strata.items()}
        found[ALL] = post_stratified(listed, _flat(total))
    return found


def _flat(counts: Mapping[tuple[str, str], int]) -> dict[str, int]:
    """Counts by stratum, which must not belong to two kinds."""
    flat: dict[str, int] = {}
    for (_, stratum), count in counts.items():
        if stratum in flat:
            raise UsageError(f"audits: stratum {stratum!r} stands under two kinds - mend: name it by `stratum_of`")
        flat[stratum] = count
    return flat


def _columns(audits: Sequence[Audit]) -> tuple[np.ndarray, np.ndarray]:
    """(n,) float probabilities and (n,) float wrong, 1 or 0."""
    return (
        np.array([audit.probability for audit in audits], float),
        np.array([audit.is_wrong for audit in audits], float),
    )


def _counts(audits: Sequence[Audit], accepted: Mapping[str, int]) -> dict[str, int]:
    """Audits per stratum."""
    counts = dict.fromkeys(accepted, 0)
    for audit in audits:
        if audit.stratum not in counts:
            raise UsageError(f"audits: stratum {audit.stratum!r} has no count - mend: count its accepted fields")
        counts[audit.stratum] += 1
    for stratum, count in counts.items():
        _check_count(count, accepted[stratum], f"of {stratum!r}")
    return counts


def _pools(accepted: Mapping[str, int], counts: Mapping[str, int]) -> list[list[str]]:
    """The strata, those with few audits together, and with the next larger ones until they are enough."""
    ordered = sorted((s for s in accepted if accepted[s]), key=lambda stratum: (counts[stratum], stratum))
    pools: list[list[str]] = [[]]
    for stratum in ordered:
        if sum(counts[s] for s in pools[-1]) >= LEAST_AUDITS:
            pools.append([])
        pools[-1].append(stratum)
    return pools


def _check_any(audits: Sequence[Audit]) -> None:
    if not audits:
        raise UsageError("audits: an estimate from no audits - mend: wait for the first answers")


def _check_count(audits: int, accepted: int, where: str) -> None:
    if accepted < audits:
        raise UsageError(f"audits: {audits} of {accepted} accepted fields {where} - mend: count every accepted field")


def _estimate(
    method: Method, risk: float, variance: float, accepted: float, audits: Sequence[Audit], residuals: np.ndarray
) -> Estimate:
    weights = np.array([1 / audit.probability for audit in audits])
    return Estimate(
        method=method, accuracy=1 - risk, standard_error=math.sqrt(variance), accepted=accepted, audits=len(audits),
        wrong=sum(audit.is_wrong for audit in audits), clustered_error=_clustered(audits, residuals),
        effective_audits=float(weights.sum() ** 2 / (weights**2).sum()),
    )  # fmt: skip


def _clustered(audits: Sequence[Audit], residuals: np.ndarray) -> float | None:
    """From the sums of residuals by cluster ("ultimate clusters", Hansen, Hurwitz and Madow 1953)."""
    names = [audit.cluster for audit in audits if audit.cluster is not None]
    if len(names) < len(audits) or len(set(names)) < 2:
        return None
    _, numbers = np.unique(names, return_inverse=True)
    sums = np.bincount(numbers, residuals)
    return math.sqrt(len(sums) / (len(sums) - 1) * float((sums**2).sum()))
