"""Replay a training: a bundle that `retrain` made is made again from what its manifest says, and compared."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recognizer.bundle import load_content
from recognizer.errors import InputError, UsageError
from serving.ledger import Ledger
from serving.models import Shelf
from training.examples import gather
from training.loop.begun import Begun, begin
from training.loop.made import HOW, made_with, make
from training.loop.order import RetrainOrder, sources_of
from training.loop.round import clear
from training.pack import load_networks
from training.runlog import RunLog
from training.train import corpus_facts

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Rebuilt:
    """Two bundles: as it was, and as it came out again. `differs` names the parts that are not equal, and `why` what is
    not as it was then; both are empty where the bundles are the same, byte for byte."""

    bundle_id: str
    again: str
    differs: tuple[str, ...] = ()
    why: tuple[str, ...] = ()

    @property
    def is_equal(self) -> bool:
        """Whether it is the same bundle."""
        return self.bundle_id == self.again


def rebuild(bundle: Path, order: RetrainOrder, ledger: Ledger, say: Say) -> Rebuilt:
    """Make a bundle again in the order's folder. Of the order, only the places count: settings are the manifest's.

    Raises UsageError for a bundle that is no `retrain`'s or was made with the shared data while none is named,
    BundleError where the champion that it began with is not on the shelf, InputError where examples or data are not
    what they were.
    """
    bundle_id, content = load_content(bundle)
    manifest = content["manifest"]
    if manifest.get("made_by") != HOW:
        raise UsageError(
            f"{bundle_id} cannot be rebuilt: only what `penfield retrain` made can, others were trained by the clock"
        )
    order = order.as_before(manifest["settings"])
    if manifest["settings"]["shared"] != (order.shared is not None):
        mend = "name it with --data" if order.shared is None else "leave out --data"
        raise UsageError(f"{bundle_id} was made {'without' if order.shared else 'with'} the shared data - mend: {mend}")
    begun = _begun(manifest, order, ledger)
    _check_data(manifest, order)
    work = order.folder / f"rebuild-{begun.key(order)}"
    work.mkdir(parents=True, exist_ok=True)
    log = RunLog(order.store, work, f"rebuild-{bundle_id}", {"rebuilds": bundle_id, **made_with()}, say)
    made = make(order, begun, work, log)
    log.send(lambda t, run: t.finish(run))
    again, twin = load_content(made.folder) if made.folder is not None else ("", {})
    clear(work)
    if not twin:
        return Rebuilt(bundle_id=bundle_id, again="", differs=("readers",), why=_why(manifest))
    differs = () if again == bundle_id else _differences(content, twin)
    return Rebuilt(bundle_id=bundle_id, again=again, differs=differs, why=_why(manifest) if differs else ())


def _begun(manifest: Mapping[str, Any], order: RetrainOrder, ledger: Ledger) -> Begun:
    folder = Shelf(order.store).folder(manifest["start"])
    found = gather(ledger, manifest["examples"]["known_at"])
    begun = begin(ledger, manifest["start"], folder, load_networks(folder), found)
    if begun.set_digest != manifest["examples"]["digest"]:
        raise InputError(
            f"the examples are not what they were ({len(found.items):,} now, {manifest['examples']['examples']:,} "
            "then): since then some became gold, or their records were erased; what is gone cannot be learned again"
        )
    return begun


def _check_data(manifest: Mapping[str, Any], order: RetrainOrder) -> None:
    now = {corpus.name: corpus_facts(corpus)["digest"] for corpus in sources_of(order)["train"]}
    for name, facts in manifest["data"].items():
        if now.get(name) != facts["digest"]:
            what = "is another" if name in now else "is missing"
            raise InputError(f"the corpus {name} {what} - mend: the data that the manifest's digests name")


def _why(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    now, then = made_with(), manifest["made_with"]
    return tuple(
        f"{name} was {then.get(name)}, is {now.get(name)}" for name in sorted({*now, *then})
        if now.get(name) != then.get(name)
    ) or ("another machine or processor, as far as can be told",)  # fmt: skip


def _differences(then: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, ...]:
    """The parts of a bundle that are not equal, weights first: the others follow from them."""
    masters = [
        f"weights of {name}" for name in sorted({*then["masters"], *now["masters"]})
        if then["masters"].get(name) != now["masters"].get(name)
    ]  # fmt: skip
    files = [
        name for name in sorted({*then["sha256"], *now["sha256"]})
        if then["sha256"].get(name) != now["sha256"].get(name)
    ]  # fmt: skip
    rest = [name for name in ("calibration", "manifest") if then[name] != now[name]]
    return (*masters, *files, *rest)
