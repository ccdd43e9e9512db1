"""Training from data to a registered bundle: what `penfield train` does, in the order in which it happens."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from recognizer.alphabet import Alphabet
from recognizer.bundle import Bundle, Served, load_bundle
from recognizer.confidence import UNCALIBRATED
from recognizer.network import Network
from recognizer.prose import from_bytes, to_bytes
from serving.batch.recognize import code_version
from serving.promise import save_labels
from serving.store import places
from training.batches import Batches
from training.calibrate import Calibrated, calibrate
from training.cases import typed_corpora
from training.corpora.images import own_corpus
from training.corpora.marks import MarkPhoto, load_mark_photos
from training.corpora.mnist import torchvision_corpus
from training.corpora.nonanswers import single_characters
from training.corpora.sample import Corpus, Split
from training.designs import SHIPPED, design
from training.evaluate import Miss, Score, evaluate, held_out
from training.fit import FitSettings, Training, fit, flat
from training.fit_marks import MarkScore, fit_marks, score_marks
from training.fit_outcomes import fit_outcomes
from training.measure import measure
from training.mix import Mix, drawn_corpora, shared_corpora, weighted
from training.net.marks import MarkNet
from training.pack import Networks, export, load_networks, save_bundle
from training.pictures import batch_picture, curves, png
from training.prose import fit_prose, tuned
from training.quantize import Pair, served_best
from training.runlog import RunLog
from training.trust import trust_report
from training.words import common_lines

MODEL_NAME = "penfield"


@dataclass(frozen=True, kw_only=True)
class TrainOrder:
    """What to train on, how long, and where the results go.

    `shared` is a folder in the format of the optional shared data folder, `own` a user's labelled crops,
    `torchvision` names of torchvision's sets, found in or fetched into `downloads`. `start` is a bundle whose weights
    training begins with. `calibrate` counts the fields of every kind that the confidence is fitted to, as many that
    thresholds are chosen on, and as many that both are tried on.
    """

    folder: Path
    bundle: Path
    store: Path
    shared: Path | None = None
    own: tuple[Path, ...] = ()
    torchvision: tuple[str, ...] = ()
    start: Path | None = None
    downloads: Path = Path("downloads")
    settings: FitSettings = field(default_factory=FitSettings)
    mark_steps: int = 1200
    outcomes: int = 12_000
    held_out: int = 120
    calibrate: int = 2000
    measure: int = 60
    threads: int = 0
    alias: str = "candidate"


def train(order: TrainOrder, say: Callable[[str], None]) -> str:
    """Train, measure, calibrate, save and register a bundle; returns its id. Goes on where it was interrupted.

    Raises InputError for data that cannot be read.
    """
    torch.set_num_threads(order.threads or torch.get_num_threads())
    alphabet = Alphabet()
    sources: dict[Split, list[Corpus]] = {
        split: corpora_of(order, split, alphabet) for split in ("train", "tune", "test")
    }
    mix = weighted(sources["train"])
    training = Training(design(SHIPPED, len(alphabet)), order.settings, order.folder)
    resumed = training.resume()
    if order.start is not None and not resumed:
        training.begin_with(load_networks(order.start).text)
    log = RunLog(order.store, order.folder, run_key(order, mix), params(order, mix), say)
    say(f"{'goes on' if resumed else 'begins'} with {sum(c.size for c in sources['train']):,} samples of "
        f"{len(mix)} corpora on {training.device}")  # fmt: skip
    first = list(islice(Batches(mix, alphabet, order.settings.seed, 0), 12))
    log.send(lambda t, run: t.log_bytes(run, "augmented_batch.png", png(batch_picture(first))))
    tune = held_out(sources["tune"], order.held_out)
    fit(training, mix, alphabet, tune, log.observe)
    networks, mark_score = other_networks(order, training, sources, log)
    served = serve(networks, sources["train"], tune, alphabet, log)
    scores, misses = evaluate(networks.text, alphabet, held_out(sources["test"], 2 * order.held_out))
    log.observe(training.step, {f"test.{name}": value for name, value in flat(scores).items()})
    log_misses(log, misses)
    confidence = trusted(in_memory(served, alphabet), training.step, sources, order, log)
    manifest = manifest_of(order, mix, training, scores, mark_score)
    manifest["promise"] = save_labels(order.bundle, confidence.labels)
    bundle_id = save_bundle(
        order.bundle, networks, alphabet, calibration=confidence.calibration, manifest=manifest, served=served
    )
    measured = measure(order.bundle, sources["test"], order.measure, order.folder / "evaluation", places(order.store))
    log.observe(training.step, {f"door.{name}": value for name, value in flat(measured).items()})
    log.send(lambda t, run: t.log_figure(run, "curves.png", curves(log.points)))
    tags = {"penfield.bundle_id": bundle_id}
    log.send(lambda t, run: t.register_bundle(run, order.bundle, name=MODEL_NAME, alias=order.alias, tags=tags))
    log.send(lambda t, run: t.finish(run))
    say(f"bundle {bundle_id} in {order.bundle}" + ("" if log.is_complete else "; MLflow could not be reached"))
    return bundle_id


def corpora_of(order: TrainOrder, split: Split, alphabet: Alphabet) -> list[Corpus]:
    """Every corpus that the order names, and the drawn ones, which need no data; empty ones are left out."""
    corpora = drawn_corpora(split)
    if order.shared is not None:
        corpora += shared_corpora(order.shared, split, alphabet)
    corpora += _named_apart([own_corpus(source, split, alphabet) for source in order.own])
    corpora += [torchvision_corpus(name, order.downloads, split) for name in order.torchvision]
    return [corpus for corpus in corpora if corpus.size]


def _named_apart(corpora: Sequence[Corpus]) -> list[Corpus]:
    """Two lists of the same name are two corpora."""
    seen: Counter[str] = Counter()
    apart = []
    for corpus in corpora:
        seen[corpus.name] += 1
        number = seen[corpus.name]
        apart.append(corpus if number == 1 else replace(corpus, name=f"{corpus.name}_{number}"))
    return apart


def run_key(order: TrainOrder, mix: Mix) -> str:
    """Names the MLflow run: the same folder, data and settings go on in the same run."""
    what = [str(order.folder.resolve()), [c.digest for c, _, _ in mix], asdict(order.settings)]
    return f"{order.folder.name}-{hashlib.sha256(json.dumps(what).encode()).hexdigest()[:8]}"


def params(order: TrainOrder, mix: Mix) -> dict[str, object]:
    """What MLflow shows as the run's parameters."""
    rows: dict[str, object] = {"code_version": code_version(), "torch": torch.__version__, "threads": order.threads}
    rows["start"] = digest_of_bundle(order.start)
    rows |= asdict(order.settings)
    for corpus, weight, _ in mix:
        rows |= {f"data.{corpus.name}.{k}": v for k, v in corpus_facts(corpus, weight).items()}
    return rows


def corpus_facts(corpus: Corpus, weight: float) -> dict[str, object]:
    """What is kept of a corpus in params and manifest."""
    return {"digest": corpus.digest, "samples": corpus.size, "writers": corpus.writers, "weight": weight}


def other_networks(
    order: TrainOrder, training: Training, sources: dict[Split, list[Corpus]], log: RunLog
) -> tuple[Networks, MarkScore | None]:
    """The text network with all that is trained after it, and the marks network's score where there are photos."""
    text = training.average.cpu().eval()
    train, tune = ([*sources[split], *single(order, split)] for split in ("train", "tune"))
    outcome = fit_outcomes(text, train, tune, log.observe, count=order.outcomes, seed=order.settings.seed)
    marks, score = marks_network(order, log)
    return Networks(text=text, outcome=outcome, marks=marks.cpu().eval()), score


def single(order: TrainOrder, split: Split) -> list[Corpus]:
    """Single characters as fields of their own: dashes and ticks are the hardest to tell from dirt."""
    return single_characters(order.shared, split, Alphabet()) if order.shared is not None else []


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


def serve(
    networks: Networks, train: Sequence[Corpus], tune: dict[str, list[Pair]], alphabet: Alphabet, log: RunLog
) -> Served:
    """What will answer: integers where they lose nothing, and the model of prose."""
    pairs = [pair for source, listed in tune.items() if source != "blank" for pair in listed]
    served, table = served_best(export(networks), pairs, alphabet)
    for name, precision in table.items():
        log.observe(0, {f"served.{name}.{what}": float(value) for what, value in asdict(precision).items()})
    texts = [*(text for corpus in train for text in corpus.prose), *common_lines()]
    if not texts:
        return served
    people = {corpus.name for corpus in train if corpus.prose}
    read = [pair for source, listed in tune.items() if source in people for pair in listed]
    prose = tuned(fit_prose(texts, alphabet), Network(served.text), read, alphabet)
    log.observe(0, {"prose.ngrams": float(len(prose)), "prose.weight": prose.weight, "prose.bonus": prose.bonus})
    return replace(served, prose=to_bytes(prose))


def in_memory(served: Served, alphabet: Alphabet) -> Bundle:
    """A bundle that is not written yet and not calibrated."""
    return Bundle(
        bundle_id="", text=Network(served.text), marks=Network(served.marks), alphabet=alphabet,
        calibration=UNCALIBRATED, manifest={}, precision=served.precision,
        prose=from_bytes(served.prose) if served.prose is not None else None,
    )  # fmt: skip


def trusted(
    bundle: Bundle, step: int, sources: dict[Split, list[Corpus]], order: TrainOrder, log: RunLog
) -> Calibrated:
    """The confidence, fitted on tune writers and tried on test writers."""
    tune, test = ([*sources[split], *typed_corpora(order.shared, split)] for split in ("tune", "test"))
    confidence = calibrate(bundle, tune, test, order.calibrate)
    metrics, figures = trust_report(confidence.test)
    log.observe(step, metrics)
    for name, drawn in figures.items():
        log.send(lambda t, run, name=name, drawn=drawn: t.log_figure(run, name, drawn))  # type: ignore[misc]
    return confidence


def digest_of_bundle(folder: Path | None) -> str:
    """The id of the bundle that training began with, "" for none."""
    return load_bundle(folder).bundle_id if folder is not None else ""


def log_misses(log: RunLog, misses: Sequence[Miss]) -> None:
    """The worst errors as a table with images."""
    if not misses:
        return
    table = pd.DataFrame([{"source": m.source, "truth": m.text, "read": m.read} for m in misses])
    images = [png(255 - m.line.astype(np.uint8)) for m in misses]
    log.send(lambda t, run: t.log_table(run, "worst_errors.json", table, {"line": images}))


def manifest_of(
    order: TrainOrder, mix: Mix, training: Training, scores: dict[str, Score], marks: MarkScore | None
) -> dict[str, object]:
    """How the bundle came to be: data, settings, amount of training, scores on test writers."""
    return {
        "data": {corpus.name: corpus_facts(corpus, weight) for corpus, weight, _ in mix},
        "settings": asdict(order.settings),
        "start": digest_of_bundle(order.start),
        "steps": training.step,
        "samples": training.samples,
        "minutes": round(training.seconds / 60, 1),
        "test": {source: asdict(score) for source, score in scores.items()},
        "marks": asdict(marks) if marks is not None else {},
    }
