"""What is watched: each monitor with its measures, and the slices of the work for which it looks at them."""

from dataclasses import dataclass

from serving.diagnose.stage import SCAN


@dataclass(frozen=True, kw_only=True)
class Watched:
    """Measures of a family of units, by each of the dimensions ("" for all together).

    Units are compared with others of the same `within` alone (such as the same form read by the same model), so that
    another mix of forms or a new model is no drift.
    """

    family: str
    measures: tuple[str, ...]
    dimensions: tuple[str, ...]
    within: str = ""


INK = ("ink_coverage", "bleed_through")
SIZE = ("width_px", "height_px")
READ = ("confidence", "least_confidence", "log_mass", "characters", "digits", "yes", "blank", "no_answer")
SAME = ("repeated", "same_confidence")
FROM = ("source", "scanner")
"""Where pages come from: the folder, and the device that files name."""

MONITORS: dict[str, tuple[Watched, ...]] = {
    "scan_drift": (
        Watched(family="page", measures=(*SCAN, *SIZE), dimensions=("", "form", *FROM), within="layout"),
        Watched(family="page", measures=("unreadable",), dimensions=("", *FROM)),
    ),
    "alignment_drift": (
        Watched(family="page", measures=("residual_px",), dimensions=("", "form", *FROM), within="layout"),
        Watched(family="page", measures=("unmatched",), dimensions=("", *FROM)),
        Watched(family="read", measures=("off_place",), dimensions=("", "form", *FROM), within="reader"),
        Watched(family="kind", measures=("off_place",), dimensions=("kind",), within="reader"),
    ),
    "ink_drift": (
        Watched(family="read", measures=INK, dimensions=("", "form", *FROM), within="layout"),
        Watched(family="kind", measures=INK, dimensions=("kind",), within="layout"),
    ),
    "output_drift": (
        Watched(family="read", measures=READ, dimensions=("", "form", *FROM), within="reader"),
        Watched(family="kind", measures=READ, dimensions=("kind",), within="reader"),
        Watched(family="model", measures=READ, dimensions=("model",), within="layout"),
    ),
    "values_drift": (
        Watched(family="likeness", measures=("like_its_field",), dimensions=("", "form", *FROM), within="reader"),
    ),
    "constant_output": (
        Watched(family="read", measures=SAME, dimensions=("", "form"), within="reader"),
        Watched(family="kind", measures=SAME, dimensions=("kind",), within="reader"),
        Watched(family="model", measures=SAME, dimensions=("model",), within="layout"),
    ),
    "decision_drift": (
        Watched(family="read", measures=("to_people",), dimensions=("", "form", *FROM), within="policy"),
        Watched(family="kind", measures=("to_people",), dimensions=("kind",), within="policy"),
    ),
    "models_disagree": (
        Watched(family="trial", measures=("models_agree",), dimensions=("model",), within="reader"),
        Watched(family="model", measures=("parts_agree",), dimensions=("model",), within="layout"),
    ),
    "people_disagree_with_model": (
        Watched(family="judged", measures=("right",), dimensions=("", "form", *FROM), within="reader"),
        Watched(family="judged kind", measures=("right",), dimensions=("kind",), within="reader"),
    ),
    "calibration_drift": (
        Watched(family="judged", measures=("too_sure",), dimensions=("", "form", *FROM), within="reader"),
        Watched(family="judged kind", measures=("too_sure",), dimensions=("kind",), within="reader"),
    ),
    "people_disagree": (
        Watched(family="pair", measures=("agrees",), dimensions=("", "kind"), within="layout"),
        Watched(family="person", measures=("agrees",), dimensions=("person",), within="layout"),
    ),
    "pace_of_people": (Watched(family="vote", measures=("seconds",), dimensions=("person",), within="layout"),),
}  # fmt: skip
"""By the name that an alarm bears."""
