"""Training from data to a registered bundle: what `penfield train` does, in the order in which it happens."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from recognizer.bundle import GENERAL, Bundle, Graph, Reader, Served, in_order, load_content, masters_of
from recognizer.confidence import UNCALIBRATED
from recognizer.network import Network
from recognizer.prose import from_bytes, to_bytes
from serving.batch.recognize import code_version
from serving.promise import save_labels
from serving.store import places
from training.calibrate import Calibrated, calibrate
from training.corpora.marks import MarkPhoto, load_mark_photos
from training.corpora.sample import Corpus, Split
from training.course import COURSES, Taught, teach
from training.evaluate import Miss
from training.fit import flat
from training.fit_marks import MarkScore, fit_marks, score_marks
from training.measure import measure
from training.mix import weighted
from training.net.marks import MarkNet
from training.order import Sources, TrainOrder, sources_of
from training.pack import Networks, export, load_networks, save_bundle
from training.pictures import curves, png
from training.prose import fit_prose, tuned
from training.quantize import served_best
from training.runlog import RunLog
from training.trust import trust_report
from training.words import common_lines

MODEL_NAME = "penfield"


def train(order: TrainOrder, say: Callable[[str], None]) -> str:
    """Train, measure, calibrate, save and register a bundle; returns its id. Goes on where it was interrupted.

    Raises InputError for data that cannot be read.
    """
    torch.set_num_threads(order.threads or torch.get_num_threads())
    sources = sources_of(order)
    start = load_networks(order.start).readers if order.start is not None else {}
    log = RunLog(order.store, order.folder, run_key(order, sources), params(order, sources), say)
    resumed = any(order.folder.glob("*/checkpoint.pt"))
    say(f"{'goes on' if resumed else 'begins'} with {sum(c.size for c in sources['train']):,} samples of "
        f"{len(sources['train'])} corpora")  # fmt: skip
    taught = {course.name: teach(course, order, sources, start.get(course.name), log) for course in COURSES}
    log_misses(log, [miss for each in taught.values() for miss in each.misses])
    marks, mark_score = marks_network(order, log)
    networks = Networks(readers={name: each.net for name, each in taught.items()}, marks=marks.cpu().eval())
    served = serve(networks, taught, sources["train"], log)
    confidence = trusted(in_memory(served), sources, order, log)
    manifest = manifest_of(order, sources, taught, mark_score)
    manifest["promise"] = save_labels(order.bundle, confidence.labels)
    bundle_id = save_bundle(
        order.bundle, networks, calibration=confidence.calibration, manifest=manifest, served=served
    )
    general = [corpus for corpus, _, _ in weighted(sources["test"])]
    measured = measure(order.bundle, general, order.measure, order.folder / "evaluation", places(order.store))
    log.observe(0, {f"door.{name}": value for name, value in flat(measured).items()})
    finish(order, bundle_id, log)
    say(f"bundle {bundle_id} in {order.bundle}" + ("" if log.is_complete else "; MLflow could not be reached"))
    return bundle_id


def finish(order: TrainOrder, bundle_id: str, log: RunLog) -> None:
    """Show how it went, keep the masters, and register the bundle."""
    log.send(lambda t, run: t.log_figure(run, "curves.png", curves(log.points)))
    for path in sorted(masters_of(order.bundle).iterdir()):
        log.send(lambda t, run, path=path: t.log_bytes(run, f"masters/{path.name}", path.read_bytes()))  # type: ignore[misc]
    tags = {"penfield.bundle_id": bundle_id}
    log.send(lambda t, run: t.register_bundle(run, order.bundle, name=MODEL_NAME, alias=order.alias, tags=tags))
    log.send(lambda t, run: t.finish(run))


def run_key(order: TrainOrder, sources: Sources) -> str:
    """Names the MLflow run: the same folder, data and settings go on in the same run."""
    what = [str(order.folder.resolve()), [c.digest for c in sources["train"]], asdict(order.settings)]
    return f"{order.folder.name}-{hashlib.sha256(json.dumps(what).encode()).hexdigest()[:8]}"


def params(order: TrainOrder, sources: Sources) -> dict[str, object]:
    """What MLflow shows as the run's parameters."""
    rows: dict[str, object] = {"code_version": code_version(), "torch": torch.__version__, "threads": order.threads}
    rows |= {"start": digest_of_bundle(order.start), "number_minutes": order.number_minutes}
    rows |= asdict(order.settings)
    for corpus in sources["train"]:
        rows |= {f"data.{corpus.name}.{k}": v for k, v in corpus_facts(corpus).items()}
    return rows


def corpus_facts(corpus: Corpus) -> dict[str, object]:
    """What is kept of a corpus in params and manifest: its data, and its weight in the mix of each reader."""
    weights = {f"weight_{c.name}": weight for c in COURSES for _, weight, _ in weighted([corpus], c.weights)}
    return {"digest": corpus.digest, "samples": corpus.size, "writers": corpus.writers, **weights}


def marks_network(order: TrainOrder, log: RunLog) -> tuple[MarkNet, MarkScore | None]:
    """The marks network, and its score where photographed marks are there."""
    path = order.shared / "odk_marks/odk_marks.npz" if order.shared is not None else None
    photos: dict[Split, list[MarkPhoto]] = {"train": [], "tune": [], "test": []}
    if path is not None and path.exists():
        photos = {split: load_mark_photos(path, split) for split in photos}
    net = fit_marks(photos["train"], order.mark_steps, order.settings.seed, log.observe)
    unseen = photos["tune"] + photos["test"]  # nothing was tuned on either
    score = score_marks(net, unseen) if unseen else None
    if score is not None:
        shares = {f"marks.marked_share.{label}": share for label, share in score.marked_share.items()}
        log.observe(order.mark_steps, {"marks.accuracy": score.accuracy, **shares})
    return net, score


def serve(networks: Networks, taught: Mapping[str, Taught], train: Sequence[Corpus], log: RunLog) -> Served:
    """What will answer: integers where they lose nothing, and the model of prose."""
    full = export(networks)
    readers: dict[str, Graph] = {}
    for name, graph in full.readers.items():
        pairs = [pair for source, listed in taught[name].tune.items() if source != "blank" for pair in listed]
        readers[name], table = served_best(graph, pairs)
        for which, precision in table.items():
            log.observe(0, {f"served.{name}.{which}.{what}": float(v) for what, v in asdict(precision).items()})
    served = replace(full, readers=readers)
    texts = [*(text for corpus in train for text in corpus.prose), *common_lines()]
    return replace(served, prose=prose_of(texts, readers[GENERAL], taught, train, log)) if texts else served


def prose_of(
    texts: Sequence[str], graph: Graph, taught: Mapping[str, Taught], train: Sequence[Corpus], log: RunLog
) -> bytes:
    """The model of prose, weighed so that the general reader errs least with it."""
    people = {corpus.name for corpus in train if corpus.prose}
    read = [pair for source, listed in taught[GENERAL].tune.items() if source in people for pair in listed]
    prose = tuned(fit_prose(texts, graph.alphabet), Network(graph.data), read, graph.alphabet)
    log.observe(0, {"prose.ngrams": float(len(prose)), "prose.weight": prose.weight, "prose.bonus": prose.bonus})
    return to_bytes(prose)


def in_memory(served: Served) -> Bundle:
    """A bundle that is not written yet and not calibrated."""
    readers = in_order(
        Reader(name=name, alphabet=graph.alphabet, network=Network(graph.data), precision=graph.precision)
        for name, graph in served.readers.items()
    )
    return Bundle(
        bundle_id="", readers=readers, marks=Network(served.marks), calibration=UNCALIBRATED, manifest={},
        prose=from_bytes(served.prose) if served.prose is not None else None,
    )  # fmt: skip


def trusted(bundle: Bundle, sources: Sources, order: TrainOrder, log: RunLog) -> Calibrated:
    """The confidence, fitted on tune writers and tried on test writers."""
    confidence = calibrate(bundle, sources["tune"], sources["test"], order.calibrate)
    metrics, figures = trust_report(confidence.test)
    log.observe(0, metrics)
    for name, drawn in figures.items():
        log.send(lambda t, run, name=name, drawn=drawn: t.log_figure(run, name, drawn))  # type: ignore[misc]
    return confidence


def digest_of_bundle(folder: Path | None) -> str:
    """The id of the bundle that training began with, "" for none."""
    return load_content(folder)[0] if folder is not None else ""


def log_misses(log: RunLog, misses: Sequence[Miss]) -> None:
    """The worst errors as a table with images."""
    if not misses:
        return
    table = pd.DataFrame([{"source": m.source, "truth": m.text, "read": m.read} for m in misses])
    images = [png(255 - m.line.astype(np.uint8)) for m in misses]
    log.send(lambda t, run: t.log_table(run, "worst_errors.json", table, {"line": images}))


def manifest_of(
    order: TrainOrder, sources: Sources, taught: Mapping[str, Taught], marks: MarkScore | None
) -> dict[str, object]:
    """How the bundle came to be: data, settings, amount of training, scores on test writers."""
    return {
        "data": {corpus.name: corpus_facts(corpus) for corpus in sources["train"]},
        "start": digest_of_bundle(order.start),
        "readers": {name: each.facts for name, each in taught.items()},
        "marks": asdict(marks) if marks is not None else {},
    }
