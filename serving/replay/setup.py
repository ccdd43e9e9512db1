"""The setup of then as data: as it was recorded, or, for pages older than that, as its digest gives away."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from recognizer.prepare import PREPARATION_VERSION
from recognizer.scan import Limits
from serving.batch.readings import FIELD_LIMITS
from serving.intake.forms import SIZES, setup_digest
from serving.ledger.origin import Origin
from serving.replay.forms import FIELD
from serving.replay.stage import Otherwise


def setup_of(origin: Origin) -> Mapping[str, Any]:
    """The setup of a prediction's page. Raises Otherwise where it is not known.

    A page that was filed before setups were is recognized where a batch used it: its parameters and one of the versions
    that the preprocessing ever had give the digest.
    """
    if origin.page.setup:
        return origin.page.setup
    params = origin.use.params if origin.use is not None else {}
    forms = sorted(str(value) for name, value in params.items() if name.startswith("form."))
    if forms and all(f"limit.{name}" in params for name in SIZES):
        sizes = {name: params[f"limit.{name}"] for name in SIZES}
        for version in range(PREPARATION_VERSION, 0, -1):
            facts = {"preparation": version, "forms": forms, **sizes}
            if setup_digest(facts) == origin.page.setup_digest:
                return facts
    raise Otherwise("missing", "not_recorded", "under which setup the page was prepared was not recorded")


def limits_of(origin: Origin, setup: Mapping[str, Any]) -> Limits:
    """The limits under which the file was taken in: those of the batch, as far as they are recorded."""
    if FIELD in setup:
        return FIELD_LIMITS
    params = origin.use.params if origin.use is not None else {}
    names = Limits.__dataclass_fields__
    kept = {name: params[f"limit.{name}"] for name in names if f"limit.{name}" in params}
    return replace(Limits(**kept), **{name: setup[name] for name in SIZES})
