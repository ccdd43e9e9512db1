"""Values against those of their own field: swapped names are told, and nothing else is taken for it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from benchmarks.drawn_ledger import BOX, FORM
from recognizer.form import Field
from serving.columns import Asking, columns_of, sync
from serving.diagnose import diagnose
from serving.ledger import Ledger, open_ledger
from serving.monitors import Settings, look
from serving.monitors.likeness import FIRST_PAGES
from serving.monitors.units import units
from tests.serving.monitors.drawn import Page, pages

FIRST = ("Anna", "Bela", "Carla", "Dora", "Emil", "Fritz", "Gabor", "Hanna", "Ida", "Jonas", "Anton", "Berta")
LAST = tuple(f"{stem}{end}" for stem in ("Lind", "Berg", "Holm", "Anker", "Dal") for end in ("man", "son", "gren"))
NAMES = (Field(name="first", kind="name", box=BOX), Field(name="last", kind="name", box=BOX))
TWO = FORM.model_copy(update={"fields": (*NAMES, Field(name="policy", kind="code", box=BOX))})


@pytest.fixture
def ledger(tmp_path: Path):
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as opened:
        yield opened


def written(order: tuple[int, int]) -> Callable[[Page, np.random.Generator], None]:
    """Of a person's two names the one of these numbers in each field."""

    def write(page: Page, rng: np.random.Generator) -> None:
        person = str(rng.choice(FIRST)), str(rng.choice(LAST))
        for said, which in zip(page.readings, order, strict=False):
            said |= {"text": person[which], "outcome": "text"}

    return write


right, swapped = written((0, 1)), written((1, 0))


def like(ledger: Ledger, folder: Path) -> np.ndarray:
    keep = columns_of(folder)
    sync(ledger, keep)
    with Asking(keep) as asking:
        return np.asarray(units(asking.ask, "likeness", "")["like_its_field"], float)


def test_swapped_names_are_told_and_laid_on_what_is_read(ledger: Ledger, tmp_path: Path) -> None:
    pages(ledger, 300, fault=right, form=TWO)
    assert look(ledger, columns_of(tmp_path), Settings()).sounded == ()
    pages(ledger, 40, first=300, fault=swapped, form=TWO)
    [alarm] = look(ledger, columns_of(tmp_path), Settings()).sounded
    assert alarm.monitor == "values_drift" and alarm.evidence["now"] < 0 < alarm.evidence["was"]
    with Asking(columns_of(tmp_path)) as asking:
        found = diagnose(asking.ask, alarm).suspicion
    assert found.stage == "reading" and "values themselves" in found.why


def test_the_first_pages_are_like_all_others(ledger: Ledger, tmp_path: Path) -> None:
    """Each is left out of what it is compared with, or it would be more like itself than any later page can be."""
    pages(ledger, 2_000, fault=right, form=TWO)
    values = like(ledger, tmp_path)
    first, later = values[:FIRST_PAGES], values[FIRST_PAGES:]
    error = np.hypot(first.std() / len(first) ** 0.5, later.std() / len(later) ** 0.5)
    assert len(values) == 2_000 and abs(first.mean() - later.mean()) < 4 * error


def test_what_came_before_is_asked_of_a_later_look_too(ledger: Ledger, tmp_path: Path) -> None:
    pages(ledger, 150, fault=right, form=TWO)
    before = like(ledger, tmp_path)
    pages(ledger, 10, first=150, fault=swapped, form=TWO)
    after = like(ledger, tmp_path)
    assert np.allclose(after[:150], before) and (after[150:] < before.min()).all()


def test_one_field_of_a_kind_and_masked_values_are_compared_with_nothing(ledger: Ledger, tmp_path: Path) -> None:
    pages(ledger, 20)
    assert len(like(ledger, tmp_path)) == 0
    hidden = TWO.model_copy(update={"fields": tuple(
        each.model_copy(update={"sensitive": True}) for each in NAMES)})  # fmt: skip
    with open_ledger(f"sqlite:///{tmp_path}/other.db") as other:
        pages(other, 20, fault=right, form=hidden)
        assert len(like(other, tmp_path / "other")) == 0
