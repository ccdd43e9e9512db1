"""The page, in a real browser, and the command."""

import json
import shutil
from datetime import date
from pathlib import Path

import cv2
import mlflow
import numpy as np
import pytest
from typer.testing import CliRunner

from serving.ledger import open_ledger
from serving.promise import Policy
from tests.serving.office import house
from tests.training.terrain.test_gain import planted, told
from training.cli import app
from training.terrain.chart import Chart
from training.terrain.ground import Ground
from training.terrain.page import page
from training.terrain.survey import Survey, _unlike, survey

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PNG = cv2.imencode(".png", np.full((20, 60), 200, np.uint8))[1].tobytes()


@pytest.fixture(scope="module")
def surveyed() -> Survey:
    fields = planted(1, pages=200, long=0.4)
    rows = np.arange(0, len(fields), 3)
    places = np.random.default_rng(0).random((len(rows), 2))
    mapped = Chart(rows=rows, places=places, pictures=(PNG,) * len(rows), styles=fields["style"].to_numpy())
    gains = told(fields)
    return Survey(
        land=Ground(until=date(2026, 11, 26), fields=fields, lost={"unmatched": 3}),
        fields=tuple(gain for gain in gains if gain.slice.what == "field"),
        conditions=tuple(gain for gain in gains if gain.slice.what != "field" and gain.is_sure),
        unread=5.0, kinds=(), map=mapped, rate=0.3,
    )  # fmt: skip


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium: apt-get install chromium")
def test_a_click_on_the_map_shows_crops(surveyed: Survey, tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    (tmp_path / "index.html").write_text(page(surveyed), encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"])
        seen = browser.new_page(viewport={"width": 390, "height": 800})
        errors: list[str] = []
        seen.on("pageerror", lambda error: errors.append(str(error)))
        seen.goto((tmp_path / "index.html").as_uri())
        assert seen.evaluate("document.documentElement.scrollWidth <= innerWidth")
        before = seen.evaluate("document.getElementById('map').toDataURL()")
        seen.check("input[value=style]")
        assert seen.evaluate("document.getElementById('map').toDataURL()") != before
        seen.click("#map", position={"x": 120, "y": 90})
        assert seen.locator("#near img").count() == 8 and "% sure" in seen.locator("#near").inner_text()
        assert errors == []
        browser.close()


def test_a_copy_that_is_kept_shows_no_crops(surveyed: Survey) -> None:
    assert "data:image/png" in page(surveyed) and "data:image/png" not in page(surveyed, pictured=False)


def test_what_is_nearly_the_same_is_told_once(surveyed: Survey) -> None:
    gain = surveyed.fields[0]
    assert _unlike([gain, gain, surveyed.fields[1]]) == [gain, surveyed.fields[1]]


def test_from_a_ledger_to_page_and_mlflow(tmp_path: Path) -> None:
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        house.read_batch(ledger, doubtful=("policy", "surname"))
    out = tmp_path / "terrain"
    words = ["terrain", "--store", str(tmp_path), "--out", str(out), "--bundle", "data/bundle"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    assert "What to solve next" in (out / "index.html").read_text()
    assert json.loads((out / "subproblems.json").read_text()) == []  # three pages: too few to say anything
    client = mlflow.MlflowClient(f"sqlite:///{tmp_path}/mlflow.db")
    experiment = client.get_experiment_by_name("terrain")
    assert experiment is not None
    (run,) = client.search_runs([experiment.experiment_id])
    assert {item.path for item in client.list_artifacts(run.info.run_id)} == {"terrain.html", "subproblems.json"}


def test_nothing_read_is_said(tmp_path: Path) -> None:
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db"):
        pass
    result = CliRunner().invoke(app, ["terrain", "--store", str(tmp_path), "--bundle", "data/bundle"])
    assert result.exit_code == 2 and "nothing was read" in result.stderr


def test_the_cost_of_a_drawn_ledger_is_that_of_its_votes(tmp_path: Path) -> None:
    """Every second that people gave to fields of production is in the ground; what still waits is added."""
    from benchmarks.drawn_ledger import draw
    from serving.columns import Asking, columns_of, sync
    from training.terrain.ground import ground

    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        draw(ledger, 300)
        keep = columns_of(tmp_path)
        sync(ledger, keep)
        with Asking(keep) as asking:
            land = ground(asking, date(2026, 12, 31), Policy())
            (voted,) = asking.ask(
                "SELECT sum(seconds) AS s FROM votes SEMI JOIN (SELECT crop_id FROM decisions WHERE fresh)"
                " USING (crop_id) WHERE purpose IN ('production', 'audit')"
            ).to_pylist()
            assert land.fields["seconds"].sum() == pytest.approx(voted["s"])
        assert land.pages == land.fields["page"].nunique() > 200
        assert len(land.fields) == len(land.fields.drop_duplicates(["page", "field"]))
        waits = ~land.fields["accepted"].astype(bool) & (land.fields["votes"] == 0)
        assert waits.any() and (land.fields.loc[waits, "keying_s"] > 0).all()
        found = survey(ledger, tmp_path, Path("data/bundle"), date(2026, 12, 31), Policy())  # its crops are no pictures
        assert found.minutes > 0 and len(found.map.rows) == 0
