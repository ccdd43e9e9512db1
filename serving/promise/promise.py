"""Promise: a policy together with the labels that its thresholds are chosen on."""

import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from recognizer.errors import BundleError
from serving.ledger import digest
from serving.promise.breakage import breakages, kinds_of, least_with
from serving.promise.labels import FILE, NO_LABELS, Labels, load_labels, unpacked
from serving.promise.policy import Policy, Target
from serving.promise.threshold import Threshold, choose, raised

METHOD_VERSION = 1
"""Raised whenever the same labels and policy may give another threshold than before."""


@dataclass(frozen=True, kw_only=True)
class Promise:
    """Thresholds by kind and form, chosen when they are first asked for and then kept."""

    policy: Policy = field(default_factory=Policy)
    labels: Labels = field(default_factory=dict)
    _chosen: dict[tuple[str, Target], Threshold] = field(default_factory=dict, init=False, repr=False, compare=False)

    def threshold(self, kind: str, form: str | None = None) -> Threshold:
        """The threshold for a kind (see `claim_of`) on a form."""
        asked = kind, self.policy.target(kind, form)
        if asked not in self._chosen:
            chosen = choose(self.labels.get(kind, NO_LABELS), asked[1])
            least = least_with(breakages(self.labels, kind), asked[1])
            self._chosen[asked] = raised(chosen, least, self.labels.get(kind, NO_LABELS))
        return self._chosen[asked]

    @cached_property
    def digest(self) -> str:
        """The id of everything that the thresholds depend on."""
        rows = {
            kind: [of.confidences.tolist(), of.right.tolist(), of.writers.tolist()] for kind, of in self.labels.items()
        }
        return digest("promise", METHOD_VERSION, self.policy.digest, digest(rows))


def promise_of(bundle: Path, policy: Policy | None = None) -> Promise:
    """What can be promised of a bundle's readings. Raises BundleError where its labels are damaged."""
    try:
        manifest = json.loads((bundle / "bundle.json").read_bytes())["manifest"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BundleError(f"{bundle} is not a bundle: {error}") from error
    return Promise(policy=policy or Policy(), labels=load_labels(bundle, manifest))


def promises_left(bundle: Path, policy: Policy) -> dict[tuple[str, ...], Promise]:
    """What can be promised of a stack of which some components are left, by their names; nothing for other bundles.

    Raises BundleError where its labels are damaged.
    """
    from recognizer.bundle import load_content, read_checked  # it brings the runtime, which only readers wait for

    _, content = load_content(bundle)
    named = {name: sha256 for name, sha256 in content["sha256"].items() if name.endswith(f"+{FILE}")}
    return {
        tuple(name.removesuffix(f"+{FILE}").split("+")): Promise(
            policy=policy, labels=unpacked(read_checked(bundle / name, sha256))
        )
        for name, sha256 in named.items()
    }


def thresholds_of(promise: Promise, kinds: tuple[str, ...] = ()) -> dict[str, Threshold]:
    """The threshold of every kind that there are labels of, and of others that are named."""
    return {kind: promise.threshold(kind) for kind in sorted({*kinds_of(promise.labels), *kinds})}
