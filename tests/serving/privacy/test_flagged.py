"""A form says that a name is sensitive: then nothing of it is seen where no social security number would be."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from recognizer.form.digest import form_digest
from serving.columns import columns_of, sync
from serving.delivery import deliver
from serving.export.export import Order, export
from serving.ledger import Ledger, open_ledger
from serving.report import report_html
from serving.truth.correct import Row, correct
from tests.serving.privacy.lived_in import files_in, live
from tests.serving.privacy.test_masked import text_of
from tests.serving.truth import talk
from training.cli import app

NAMES = (b"Fisher", b"Webb", b"Muller", b"FISHER")
"""As they were read, keyed, corrected, and as gold has them; not what people key all over the second page."""
REASON = b"said by Mr. Fisher"
"""A customer's own words about another field: they are theirs, and stand in the corrections."""


def flagged(*names: str) -> object:
    fields = [field.model_copy(update={"sensitive": field.name in names}) for field in talk.FORM.fields]
    return talk.FORM.model_copy(update={"fields": tuple(fields)})


@pytest.fixture(params=[True, False], ids=["flagged", "plain"])
def lived(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Ledger]:
    """Names read accepted and doubtful, keyed, settled and corrected; and the same where the form says nothing."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    if request.param:
        monkeypatch.setattr(talk, "FORM", flagged("surname"))
    with open_ledger(f"sqlite:///{tmp_path}/store/ledger.db") as ledger:
        live(ledger, tmp_path / "out")
        talk.read_scans(ledger, tmp_path / "doubtful", batch_id="doubtful", doubtful=("surname",), salt=1)
        correct(ledger, [Row(line=2, field="s2.png:1:surname", value="Muller")], by="later.csv:def", batch_id="batch")
        yield ledger


def seen(data: bytes, ledger: Ledger) -> list[bytes]:
    """Names that stand there, and pictures of them, by their compressed pixels."""
    with ledger.truth() as truth:
        uses = [use for name in ("batch", "doubtful") for use in truth.uses_in(name) if use.field == "surname"]
    assert len(uses) == 6
    data = data.replace(REASON, b"")
    return [needle for needle in (*NAMES, *(ledger.crop_png(use.crop_id)[60:100] for use in uses)) if needle in data]


def test_nothing_of_a_flagged_field_leaves_the_ledger_but_in_records(
    lived: Ledger, tmp_path: Path, caplog: pytest.LogCaptureFixture, request: pytest.FixtureRequest
) -> None:
    is_flagged = request.node.callspec.id == "flagged"
    with caplog.at_level(logging.DEBUG):
        export(lived, Order(batches=("batch",), out=tmp_path / "whole"))
        export(lived, Order(batches=("batch",), out=tmp_path / "masked", mask=True))
        assert deliver(lived, tmp_path / "store").reason == "" and lived.pending(10) == []
        sync(lived, columns_of(tmp_path / "store"))
    assert any(seen(text_of(path), lived) for path in files_in(tmp_path / "whole")), "records are what was ordered"
    places = [path for path in files_in(tmp_path / "store") if not path.name.startswith("ledger.db")]
    places += [
        *files_in(tmp_path / "masked"),
        *(tmp_path / name / "predictions.parquet" for name in ("out", "doubtful")),
    ]
    found = {path.name: names for path in places if (names := seen(text_of(path), lived))}
    pages = [report_html(lived.batch(name), lived.predictions_frame(name), lived.pages_frame(name), lived.crop_png)
             for name in ("batch", "doubtful")]  # fmt: skip
    reported = [name for page in pages for name in seen(page.encode(), lived)]
    assert not [record for record in caplog.records if seen(record.getMessage().encode(), lived)]
    if is_flagged:
        assert (found, reported) == ({}, [])
    else:  # the search can fail
        assert {"predictions.parquet", "verdicts.json"} <= set(found) and reported


def test_commands_mask_it(lived: Ledger, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    said = ""
    for words in (
        ["truth", "s2.png:1:surname", "--batch", "batch"],
        ["corrections", "--all"],
        ["checked", "--since", "2000-01-01"],
    ):
        done = CliRunner().invoke(app, [*words, "--store", str(tmp_path / "store")], env={"PENFIELD_LEDGER": ""})
        assert done.exit_code == 0, done.output
        said += done.output
    is_flagged = request.node.callspec.id == "flagged"
    assert bool(seen(said.encode(), lived)) is not is_flagged
    assert "***" in said, "the numbers of social security are masked either way"


def test_a_form_that_flags_nothing_keeps_its_digest() -> None:
    """The setting is newer than forms are: what was read stays read. To flag a field makes another edition."""
    plain = talk.FORM.model_copy(update={"folder": Path()})
    assert form_digest(plain) == "e80c66e442182bbd" and form_digest(flagged("surname")) != form_digest(plain)  # type: ignore[arg-type]
