"""From a champion and examples to a bundle: readers learn on, confidence and promise are fitted anew.

The bundle is a function of champion, examples, data and settings on one machine: its manifest holds all of them, and
`rebuild` makes it again.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from shutil import rmtree
from typing import Any

import onnxruntime
import torch

from recognizer.alphabet import Alphabet
from recognizer.bundle import Graph, Served, load_content, read_checked
from recognizer.errors import BundleError
from serving.batch.recognize import code_version
from serving.models.verify import verified
from serving.promise import save_labels
from training.corpora.sample import Corpus
from training.examples.dataset import facts
from training.examples.pictures import line_corpus
from training.fit import Observer
from training.loop.begun import Begun
from training.loop.confidence import fitted_anew
from training.loop.finetune import Tuned, fine_tune
from training.loop.order import RetrainOrder, sources_of
from training.order import Sources
from training.pack import Networks, graph_of, save_bundle
from training.quantize import served_best
from training.runlog import RunLog
from training.train import corpus_facts, in_memory
from training.trust import trust_report

HOW = "retrain"
"""In the manifest under `made_by`: how such a bundle came to be."""


@dataclass(frozen=True, kw_only=True)
class Made:
    """What was made. `readers`: how far each one went from the champion's weights (0: not at all), by name; where none
    went anywhere there is no bundle and `folder` is None."""

    folder: Path | None
    readers: Mapping[str, float]


def make(order: RetrainOrder, begun: Begun, folder: Path, log: RunLog) -> Made:
    """Make the bundle in `folder`/bundle. Interrupted, it goes on: what is made is not made again.

    Raises InputError for data that cannot be read.
    """
    bundle = folder / "bundle"
    known = _whole(bundle)
    if known is not None:
        return Made(folder=bundle, readers={name: each["between"] for name, each in known["readers"].items()})
    rmtree(bundle, ignore_errors=True)
    torch.set_num_threads(order.threads)
    sources = sources_of(order)
    tuned = {
        name: fine_tune(
            name, begun.networks.readers[name], begun.sides, _corpora(begun, name), sources, order, folder,
            _observer(log, name),
        )
        for name in begun.concerned(order.least_lines)
    }  # fmt: skip
    readers = {name: each.between for name, each in tuned.items()}
    if not any(readers.values()):
        return Made(folder=None, readers=readers)
    _pack(order, begun, tuned, sources, bundle, log)
    return Made(folder=bundle, readers=readers)


def _whole(bundle: Path) -> dict[str, Any] | None:
    """The manifest of a bundle that is there, whole; its folder is named by all that it depends on."""
    try:
        verified(bundle)
        manifest: dict[str, Any] = load_content(bundle)[1]["manifest"]
    except BundleError:
        return None
    return manifest


def _observer(log: RunLog, name: str) -> Observer:
    """Metrics of one reader under its name."""
    return lambda step, metrics: log.observe(step, {f"{name}.{key}": value for key, value in metrics.items()})


def _corpora(begun: Begun, name: str) -> dict[str, Corpus]:
    """The lines of one reader as corpora: those to learn from drawn by weight, those to tune on each once."""
    found = {"train": line_corpus(begun.lines["train"][name], begun.set_digest, weighted=True)}
    if begun.lines["tune"][name]:
        found["tune"] = line_corpus(begun.lines["tune"][name], begun.set_digest, weighted=False)
    return found


def _pack(
    order: RetrainOrder, begun: Begun, tuned: Mapping[str, Tuned], sources: Sources, bundle: Path, log: RunLog
) -> None:
    """Write the bundle of the readers that learned and of all else that the champion has."""
    nets = {name: tuned[name].net if name in tuned else net for name, net in begun.networks.readers.items()}
    learned = Networks(readers=nets, marks=begun.networks.marks)
    served = _served(begun.folder, learned, tuned, log)
    confidence = fitted_anew(order, in_memory(served), begun.folder, sources, begun.sides)
    if confidence.test:
        log.observe(0, trust_report(confidence.test)[0])
    manifest = _manifest(order, begun, tuned, sources)
    manifest["promise"] = save_labels(bundle, confidence.labels)
    save_bundle(bundle, learned, calibration=confidence.calibration, manifest=manifest, served=served)


def _served(folder: Path, learned: Networks, tuned: Mapping[str, Tuned], log: RunLog) -> Served:
    """What learned is exported anew, in integers where they lose nothing; all else is the champion's, byte for byte."""
    _, content = load_content(folder)
    sha256, graphs = content["sha256"], dict[str, Graph]()
    for name, entry in content["readers"].items():
        if name in tuned and tuned[name].between:
            pairs = [pair for source, rows in tuned[name].tune.items() if source != "blank" for pair in rows]
            full = Graph(alphabet=learned.readers[name].alphabet, data=graph_of(learned.readers[name]))
            graphs[name], table = served_best(full, pairs)
            for which, precision in table.items():
                log.observe(0, {f"served.{name}.{which}.{k}": float(v) for k, v in asdict(precision).items()})
        else:
            data = read_checked(folder / f"{name}.onnx", sha256[f"{name}.onnx"])
            graphs[name] = Graph(
                alphabet=Alphabet(characters=entry["alphabet"]), data=data, precision=entry["precision"]
            )
    marks = read_checked(folder / "marks.onnx", sha256["marks.onnx"])
    prose = read_checked(folder / "prose.xz", sha256["prose.xz"]) if "prose.xz" in sha256 else None
    return Served(readers=graphs, marks=marks, prose=prose)


def _manifest(order: RetrainOrder, begun: Begun, tuned: Mapping[str, Tuned], sources: Sources) -> dict[str, Any]:
    """How the bundle came to be: from which champion, which examples as known when, which data, settings and code."""
    readers = {
        name: {"between": each.between, "steps": each.steps, "before": _plain(each.before), "after": _plain(each.after)}
        for name, each in tuned.items()
    }
    return {
        "made_by": HOW,
        "start": begun.bundle_id,
        "examples": {"digest": begun.set_digest, "known_at": begun.found.known_at, **facts(begun.found)},
        "data": {corpus.name: corpus_facts(corpus) for corpus in sources["train"]},
        "settings": order.settings,
        "readers": readers,
        "made_with": made_with(),
    }


def made_with() -> dict[str, str]:
    """The code and the libraries that the weights depend on, by version."""
    return {"code": code_version(), "torch": torch.__version__, "onnxruntime": onnxruntime.__version__}


def _plain(scores: Mapping[str, Any]) -> dict[str, Any]:
    return {name: asdict(score) for name, score in scores.items()}
