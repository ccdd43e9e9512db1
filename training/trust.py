"""How far confidences can be trusted: calibration and selective prediction, as numbers and pictures.

ECE is over bins of equal mass (Naeini et al. 2015; Nixon et al. 2019), AURC the mean risk over all coverages
(Geifman and El-Yaniv 2017).
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from training.calibrate import Outcome

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BINS = 10
RISK = 0.005
QUALITIES = ("contrast", "sharpness", "noise")
TERCILES = ("low", "middle", "high")
LEAST = 30
"""With fewer outcomes a group has no figures."""

BLUE, ORANGE, GREY = "#2b6cb0", "#c05621", "#999999"


def expected_calibration_error(confidences: np.ndarray, right: np.ndarray, bins: int = BINS) -> float:
    """Mean distance of confidence and accuracy over bins of equal count."""
    return float(sum(abs(c - r) * n for c, r, n in _bins(confidences, right, bins)) / max(1, len(right)))


def chance_error(confidences: np.ndarray, bins: int = BINS, draws: int = 40) -> float:
    """The mean ECE that perfectly calibrated confidences would show in so few outcomes."""
    rng = np.random.default_rng(0)
    drawn = (rng.random(len(confidences)) < confidences for _ in range(draws))
    return float(np.mean([expected_calibration_error(confidences, right, bins) for right in drawn]))


def brier(confidences: np.ndarray, right: np.ndarray) -> float:
    """Mean squared distance of confidence and truth (Brier 1950)."""
    return float(((confidences - right) ** 2).mean())


def risk_coverage(confidences: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(coverage, risk): the error among the most confident share of readings, for every share."""
    wrong = 1 - right[np.argsort(-confidences, kind="stable")].astype(float)
    ranks = np.arange(1, len(wrong) + 1)
    return ranks / max(1, len(wrong)), np.cumsum(wrong) / ranks


def area_under_risk(confidences: np.ndarray, right: np.ndarray) -> float:
    """AURC: the mean risk over all coverages."""
    return float(risk_coverage(confidences, right)[1].mean())


def coverage_at(risk: float, confidences: np.ndarray, right: np.ndarray) -> float:
    """The greatest coverage at which no more than `risk` of the accepted is wrong; without certainty about it."""
    coverage, risks = risk_coverage(confidences, right)
    fine = coverage[risks <= risk]
    return float(fine[-1]) if len(fine) else 0.0


def trust_report(outcomes: Sequence[Outcome]) -> "tuple[dict[str, float], dict[str, Figure]]":
    """Metrics and figures of outcomes on test writers, by kind and by quality of the scan.

    Metrics are `trust.MEASURE.GROUP`; `trust.ece_chance.GROUP` is the ECE that perfect confidences would show. The
    figures are `reliability.png`, `risk_coverage.png` and `reliability_by_quality.png`.
    """
    answered = [outcome for outcome in outcomes if outcome.answered]
    groups = by_kind(answered)
    qualities = by_quality(answered)
    metrics: dict[str, float] = {}
    for name, group in {"all": answered, **groups, **qualities}.items():
        if len(group) >= LEAST:
            metrics |= {f"trust.{measure}.{name}": value for measure, value in measures(group).items()}
    if not groups:
        return metrics, {}
    return metrics, {
        "reliability.png": reliability_figure(groups),
        "risk_coverage.png": risk_figure(groups),
        "reliability_by_quality.png": reliability_figure(qualities, columns=len(TERCILES)),
    }


def measures(group: Sequence[Outcome]) -> dict[str, float]:
    """All numbers of one group."""
    sure, right = arrays(group)
    return {
        "count": len(group),
        "accuracy": float(right.mean()),
        "ece": expected_calibration_error(sure, right),
        "ece_chance": chance_error(sure),
        "brier": brier(sure, right),
        "aurc": area_under_risk(sure, right),
        "coverage_half_percent": coverage_at(RISK, sure, right),
    }


def by_kind(outcomes: Sequence[Outcome]) -> dict[str, list[Outcome]]:
    """Groups of at least `LEAST` outcomes, in alphabetical order."""
    groups = defaultdict(list)
    for outcome in outcomes:
        groups[outcome.kind].append(outcome)
    return {kind: group for kind, group in sorted(groups.items()) if len(group) >= LEAST}


def by_quality(outcomes: Sequence[Outcome]) -> dict[str, list[Outcome]]:
    """Thirds of the outcomes by each measure of the crop's quality, named like `noise_high`."""
    groups = {}
    known = [outcome for outcome in outcomes if outcome.evidence.quality is not None]
    for name in QUALITIES:
        order = sorted(known, key=lambda outcome: getattr(outcome.evidence.quality, name))
        for third, part in zip(TERCILES, np.array_split(np.arange(len(order)), 3), strict=True):
            groups[f"{name}_{third}"] = [order[i] for i in part]
    return groups


def arrays(outcomes: Sequence[Outcome]) -> tuple[np.ndarray, np.ndarray]:
    """(n,) confidences and (n,) bool right."""
    return np.array([o.confidence for o in outcomes]), np.array([o.right for o in outcomes], bool)


def reliability_figure(groups: dict[str, list[Outcome]], columns: int = 4) -> "Figure":
    """Accuracy over confidence, one panel per group, with 95% intervals of the accuracy."""

    def draw(axes: "Axes", name: str) -> None:
        sure, right = arrays(groups[name])
        axes.plot([0, 1], [0, 1], color=GREY, linewidth=1)
        for mean, accuracy, count in _bins(sure, right, BINS):
            margin = 1.96 * np.sqrt(max(mean * (1 - mean), 1e-4) / count)
            axes.plot([mean, mean], [max(0, accuracy - margin), min(1, accuracy + margin)], color=BLUE, linewidth=1)
            axes.plot(mean, accuracy, "o", color=BLUE, markersize=4)
        error, chance = expected_calibration_error(sure, right), chance_error(sure)
        axes.set_title(f"{name}: {len(right):,}, ECE {error:.3f} (chance {chance:.3f})", fontsize=9)
        axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))

    return _panels(list(groups), columns, draw, "confidence", "accuracy")


def risk_figure(groups: dict[str, list[Outcome]], columns: int = 4) -> "Figure":
    """Error among the accepted over coverage, one panel per group, with what is accepted at half a percent."""

    def draw(axes: "Axes", name: str) -> None:
        sure, right = arrays(groups[name])
        coverage, risk = risk_coverage(sure, right)
        axes.plot(coverage, risk, color=ORANGE, linewidth=1.5)
        axes.axhline(RISK, color=GREY, linewidth=1, linestyle="--")
        at = coverage_at(RISK, sure, right)
        axes.axvline(at, color=GREY, linewidth=1, linestyle=":")
        axes.set_title(f"{name}: {at:.0%} at 0.5% error, AURC {risk.mean():.4f}", fontsize=9)
        axes.set(xlim=(0, 1.01), ylim=(0, max(0.02, 1.05 * float(risk[len(risk) // 20 :].max()))))

    return _panels(list(groups), columns, draw, "coverage", "error among accepted")


def _panels(names: list[str], columns: int, draw: "Callable[[Axes, str], None]", xlabel: str, ylabel: str) -> "Figure":
    from matplotlib.figure import Figure

    rows = -(-len(names) // columns)
    figure = Figure(figsize=(3.4 * columns, 2.7 * rows + 0.3), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for each, name in zip(axes, names, strict=False):
        draw(each, name)
        each.tick_params(labelsize=8)
    for unused in axes[len(names) :]:
        unused.set_axis_off()
    figure.supxlabel(xlabel, fontsize=10)
    figure.supylabel(ylabel, fontsize=10)
    return figure


def _bins(confidences: np.ndarray, right: np.ndarray, bins: int) -> list[tuple[float, float, int]]:
    """(mean confidence, accuracy, count) of bins of equal count; at least five outcomes make a bin."""
    order = np.argsort(confidences, kind="stable")
    parts = np.array_split(order, min(bins, max(1, len(order) // 5)))
    return [(float(confidences[p].mean()), float(right[p].mean()), len(p)) for p in parts if len(p)]
