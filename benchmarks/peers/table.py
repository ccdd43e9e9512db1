"""The engines side by side: as a markdown table and as a picture."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks.peers import metrics
from benchmarks.peers.crops import Row
from benchmarks.peers.score import Scores

TITLES = {"penfield": "Penfield", "ppocr": "PP-OCRv6", "tesseract": "Tesseract 5"}
COLOURS = {"penfield": "#1b7f5c", "ppocr": "#c2571a", "tesseract": "#7a7a7a"}
MEASURES = {"exact": "exact", "cer": "CER", "cer_any_case": "CER, any case", "ece": "ECE", "auroc": "AUROC",
            "aurc": "AURC", "coverage": "coverage at 0.5% error"}  # fmt: skip
CONFIDENCE = ("ece", "auroc", "aurc", "coverage")
SHOWN: dict[str, tuple[str, ...]] = {
    "mnist_strings": ("exact", "cer", *CONFIDENCE),
    "dhsd": ("cer", "exact"),
    "dhsd_lexicon": ("exact", *CONFIDENCE),
    "unipen_7": ("cer", "cer_any_case", "exact", *CONFIDENCE),
    "unipen_8": ("cer", "cer_any_case"),
    "copiste": ("cer",),
    "tables_dec": ("cer",),
    "nist_digits": ("exact",),
    "nist_letters": ("cer",),
}
AIMS = {
    ("mnist_strings", "exact"): "≥ 98.5%", ("dhsd", "cer"): "≤ 6%", ("dhsd_lexicon", "exact"): "≥ 98.5%",
    ("unipen_7", "cer"): "≤ 8%, half of the best peer's", ("unipen_8", "cer"): "≤ 10%", ("copiste", "cer"): "≤ 12%",
    ("nist_digits", "exact"): "28 of 28", ("nist_letters", "cer"): "≤ 5%", ("mnist_strings", "ece"): "≤ 0.015",
    ("dhsd_lexicon", "ece"): "≤ 0.015", ("unipen_7", "ece"): "≤ 0.015", ("mnist_strings", "coverage"): "≥ 95%",
    ("dhsd_lexicon", "coverage"): "≥ 85%",
}  # fmt: skip


def markdown(rows: Sequence[Row], scores: Mapping[str, Sequence[Scores]]) -> str:
    """The table, with 95% intervals of exact and CER; each engine's ECE, AUROC, ... are of its own confidence."""
    head = ["what", "fields, writers", "measure", *(TITLES[engine] for engine in scores), "aim"]
    lines = [_line(head), _line(["---"] * len(head))]
    for i, row in enumerate(rows):
        for n, measure in enumerate(SHOWN[row.name]):
            cells = [cell(listed[i], measure) for listed in scores.values()]
            size = f"{len(row.jobs):,}, {len(set(row.writers))}"
            first = [row.title, size] if n == 0 else ["", ""]
            lines.append(_line([*first, MEASURES[measure], *cells, AIMS.get((row.name, measure), "")]))
    return "\n".join([*lines, *_non_answers(rows, scores)])


def _non_answers(rows: Sequence[Row], scores: Mapping[str, Sequence[Scores]]) -> list[str]:
    if "penfield" not in scores:
        return []
    counts = {row.title: int(scores["penfield"][i].figures["non_answers"]) for i, row in enumerate(rows)}
    told = "; ".join(f"{title}: {count}" for title, count in counts.items() if count)
    return ["", f"Non-answers of Penfield (blank, illegible, ...), which count as wrong: {told or 'none'}."]


def cell(scores: Scores, measure: str) -> str:
    """One figure as text."""
    value = scores.figures[measure]
    if np.isnan(value):
        return "-"
    if measure in ("ece", "auroc", "aurc"):
        return f"{value:.3f}"
    span = scores.spans.get(measure)
    return f"{value:.1%}" + (f" ({100 * span[0]:.1f}-{100 * span[1]:.1f})" if span else "")


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def draw_picture(rows: Sequence[Row], scores: Mapping[str, Sequence[Scores]], path: Path) -> None:
    """Errors per row and engine, and the risk-coverage curves of three rows."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    figure = pyplot.figure(figsize=(13, 8.5), layout="constrained")
    grid = figure.add_gridspec(2, 3, height_ratios=(1.2, 1))
    _errors(figure.add_subplot(grid[0, :]), rows, scores)
    curves = [i for i, row in enumerate(rows) if set(CONFIDENCE) <= set(SHOWN[row.name])]
    for column, i in enumerate(curves):
        axes = figure.add_subplot(grid[1, column])
        for engine, listed in scores.items():
            coverage, risk = metrics.risk_coverage(listed[i].confidence, listed[i].right)
            axes.step(100 * coverage, 100 * risk, where="post", color=COLOURS[engine], label=TITLES[engine])
        axes.axhline(0.5, color="black", linewidth=0.6, linestyle=":")
        axes.set(title=rows[i].title, xlabel="accepted, surest first (%)", ylabel="wrong among them (%)")
        axes.set_yscale("symlog", linthresh=0.5)
        axes.set_ylim(0, 100)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def _errors(axes, rows: Sequence[Row], scores: Mapping[str, Sequence[Scores]]) -> None:  # type: ignore[no-untyped-def]
    width = 0.8 / len(scores)
    for n, (engine, listed) in enumerate(scores.items()):
        values = [_error(row, score) for row, score in zip(rows, listed, strict=True)]
        places = np.arange(len(rows)) + (n - (len(scores) - 1) / 2) * width
        bars = axes.bar(places, values, width, color=COLOURS[engine], label=TITLES[engine])
        axes.bar_label(bars, fmt="%.1f", fontsize=7)
    titles = [row.title.replace(", ", ",\n").replace(" (", "\n(") for row in rows]
    kinds = {"exact": "not exact", "cer": "CER"}
    names = [f"{title}\n{kinds[SHOWN[row.name][0]]}" for title, row in zip(titles, rows, strict=True)]
    axes.set_xticks(np.arange(len(rows)), names, fontsize=8)
    axes.set(ylabel="error (%): CER, or fields not exact", title="The same crops, by writers that no training saw")
    axes.legend()


def _error(row: Row, score: Scores) -> float:
    measure = SHOWN[row.name][0]
    return 100 * (1 - score.figures["exact"] if measure == "exact" else score.figures["cer"])
