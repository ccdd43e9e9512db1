"""Promise: a policy together with the labels that its thresholds are chosen on."""

import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from recognizer.errors import BundleError
from serving.ledger import digest
from serving.promise.labels import NO_LABELS, Labels, load_labels
from serving.promise.policy import Policy, Target
from serving.promise.threshold import Threshold, choose

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
            self._chosen[asked] = choose(self.labels.get(kind, NO_LABELS), asked[1])
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


def thresholds_of(promise: Promise, kinds: tuple[str, ...] = ()) -> dict[str, Threshold]:
    """The threshold of every kind that there are labels of, and of others that are named."""
    return {kind: promise.threshold(kind) for kind in sorted({*promise.labels, *kinds})}
