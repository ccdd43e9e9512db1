"""The catalogue of faults as a table and as a picture."""

from collections.abc import Mapping
from pathlib import Path

from benchmarks.fault_delays import Told

Found = Mapping[int, Mapping[str, list[Told]]]
"""What was told, by seed and fault."""


def write_table(path: Path, says: Mapping[str, str], found: Found) -> str:
    """A row for each fault: the soonest monitor of each seed with its delay, what the first says, and the others."""
    headings = "fault", "what is not as it was", "told first", "after fields (pages)", "says", "suspected", "also"
    lines = [f"| {' | '.join(headings)} |", "|" + " --- |" * len(headings)]
    lines += [_row(name, claim, [by_name[name] for by_name in found.values()]) for name, claim in says.items()]
    text = "\n".join(lines)
    path.write_text(text + "\n", encoding="utf-8")
    return text


def _row(name: str, claim: str, by_seed: list[list[Told]]) -> str:
    firsts = [told[0] if told else None for told in by_seed]
    said = next((each for each in firsts if each), None)
    monitors = " / ".join(dict.fromkeys(f"`{each.monitor}`" if each else "-" for each in firsts))
    delays = "; ".join(_delay(each) if each else "not told" for each in firsts)
    others = sorted({each.monitor for told in by_seed for each in told[1:]} - {each.monitor for each in firsts if each})
    also = ", ".join(f"`{each}`" for each in others)
    stages = " / ".join(dict.fromkeys(each.stage for each in firsts if each))
    return f"| {name} | {claim} | {monitors} | {delays} | {_words(said) if said else ''} | {stages} | {also} |"


def right_stages(stages: Mapping[str, str], by_name: Mapping[str, list[Told]]) -> tuple[int, int]:
    """Of how many faults that were told the first alarm is laid on the right stage, and how many were told."""
    told = {name: by_name[name][0] for name in stages if by_name[name]}
    return sum(each.stage == stages[name] for name, each in told.items()), len(told)


def _delay(told: Told) -> str:
    return f"{told.fields} ({told.units})" if told.unit == "pages" else f"{told.units} answers"


def _words(told: Told) -> str:
    where = " ".join(f"{name} {value}" for name, value in told.slice.items()) or "all"
    others = f" ({told.others})" if told.others else ""
    return f"{where}: {told.measure} {told.was:.3g} → {told.now:.3g}{others}"


def draw(path: Path, says: Mapping[str, str], found: Found) -> None:
    """A bar to the field after which a fault is told, one for each seed; none where it is not."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    names = [name for name in says if not name.startswith("nothing")]
    figure, axes = plt.subplots(figsize=(9, 1 + 0.4 * len(names)), layout="constrained")
    high = 0.8 / len(found)
    for place, (seed, by_name) in enumerate(found.items()):
        for row, name in enumerate(names):
            told, y = by_name[name], row + (place - (len(found) - 1) / 2) * high
            axes.barh(
                y, told[0].fields if told else 0, high, color=f"C{place}", label=f"seed {seed}" if not row else ""
            )
            words = f" {told[0].monitor}" if told else " not told"
            axes.text(told[0].fields if told else 0, y, words, va="center", fontsize=8)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set(xlabel="fields (of lazy people: answers) until a monitor sounds", title="Delay of monitors by fault")
    axes.margins(x=0.25)
    axes.legend(frameon=False, loc="lower right")
    figure.savefig(path, dpi=120)
    plt.close(figure)
