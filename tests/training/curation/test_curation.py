"""What curation finds: planted duplicates, planted label errors, the fields worth labelling; as page and data set."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from serving.ledger import Ledger, open_ledger
from serving.tracking import Tracking
from tests.recognizer.small_model import save_small
from tests.serving.truth import talk
from tests.training.curation.planted import planted_labels, planted_lines
from tests.training.examples.test_examples import SSN, erase_page, say
from training.cli import app
from training.curation.curate import curate
from training.curation.duplicates import duplicates
from training.curation.embed import embeddings
from training.curation.suspects import suspects
from training.curation.worth import Candidate, picks


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model") / "bundle"
    save_small(folder)
    return folder


@pytest.fixture
def ledger(tmp_path: Path):
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as opened:
        talk.read_scans(opened)
        yield opened


def test_planted_duplicates_are_found_and_little_else() -> None:
    right = wrong = missed = 0
    for seed in range(3):  # the threshold was chosen on others
        lines, pairs = planted_lines(seed)
        found = {(a, b) for group in duplicates(lines) for n, a in enumerate(group) for b in group[n + 1 :]}
        right, wrong, missed = right + len(found & pairs), wrong + len(found - pairs), missed + len(pairs - found)
    assert right / (right + wrong) >= 0.95
    assert right / (right + missed) >= 0.8


def test_planted_label_errors_are_found_far_more_often_than_by_chance() -> None:
    precision, recall, first = [], [], []
    for seed in range(10):
        labels, wrong = planted_labels(seed, errors=0.03)
        found = [each.judged.crop_id for each in suspects(labels)]
        precision.append(len(wrong & set(found)) / len(found))
        recall.append(len(wrong & set(found)) / len(wrong))
        first.append(len(wrong & set(found[: len(wrong)])) / len(wrong))
    assert np.mean(recall) >= 0.7
    assert np.mean(precision) >= 0.3  # ten times as many as among all
    assert np.mean(first) >= 0.5  # the worst first
    assert suspects([]) == []


def test_what_is_picked_is_wrong_more_often_than_by_chance_and_not_all_alike() -> None:
    rng = np.random.default_rng(4)
    centres = rng.normal(size=(20, 16))
    group = rng.integers(0, 20, 2000) ** 2 // 20  # few of the rare ones
    places = centres[group] + rng.normal(0, 0.1, (2000, 16))
    places = (places / np.linalg.norm(places, axis=1, keepdims=True)).astype(np.float32)
    doubt = rng.beta(0.5, 6, 2000)
    wrong = rng.random(2000) < doubt
    found = [Candidate(crop_id=str(i), doubt=float(d), disagreement=0.0, seconds=3.0) for i, d in enumerate(doubt)]
    chosen = [int(pick.candidate.crop_id) for pick in picks(found, places, places[:0], 200)]
    assert len(set(chosen)) == 200
    assert wrong[chosen].mean() > 3 * wrong.mean()
    surest = np.argsort(-doubt)[:40]
    assert len(set(group[chosen[:40]])) >= len(set(group[surest]))


def test_disagreement_and_cost_count() -> None:
    nowhere = np.zeros((3, 4), np.float32)
    found = [
        Candidate(crop_id="dear", doubt=0.3, disagreement=0.0, seconds=12.0),
        Candidate(crop_id="cheap", doubt=0.3, disagreement=0.0, seconds=2.0),
        Candidate(crop_id="disputed", doubt=0.02, disagreement=0.9, seconds=2.0),
    ]
    assert [pick.candidate.crop_id for pick in picks(found, nowhere, nowhere[:0], 3)] == ["disputed", "cheap", "dear"]


def test_the_network_tells_writing_apart_whatever_is_read_beside_it(bundle: Path) -> None:
    lines, pairs = planted_lines(7, count=30, planted=6)
    rows = embeddings(bundle, lines)
    assert rows.shape[0] == len(lines) and np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    near = rows @ rows.T
    assert np.mean([near[pair] for pair in pairs]) > np.mean(near) + 0.02
    assert np.allclose(embeddings(bundle, lines[:3])[:3], rows[:3], atol=1e-4)


def test_the_ledger_is_curated_without_reading_anything(ledger: Ledger, bundle: Path) -> None:
    say(ledger, "s1:policy", "E757558")  # the model was sure of F757558: either may be wrong
    say(ledger, "s1:old_policy", "F112233")
    say(ledger, "s2:old_policy", "A112233")
    say(ledger, "s3:old_policy", "B445566")
    say(ledger, "s3:policy", "G998877")
    found = curate(ledger, bundle)
    assert (found.pool, found.labelled) == (7, 5)
    assert found.fields[found.picks[0].candidate.crop_id].use.address == "s3.png:1:surname"  # half sure
    assert [(each.judged.given, each.likelier) for each in found.suspects] == [("E757558", "F757558")]
    erase_page(ledger, "s3.png:1")
    assert (curate(ledger, bundle).pool, curate(ledger, bundle).labelled) == (5, 3)


def test_the_page_and_the_data_set_show_no_social_security_number(ledger: Ledger, bundle: Path, tmp_path: Path) -> None:
    say(ledger, "s2:policy", "E757600")
    say(ledger, "s2:ssn", "999-45-6780")
    out, words = tmp_path / "out", ["--ledger", ledger.url, "--store", str(tmp_path), "--bundle", str(bundle)]
    told = CliRunner().invoke(app, ["curate", "--out", str(out), "--top", "50", *words])
    assert told.exit_code == 0, told.output
    manifest = json.loads((out / "manifest.json").read_text())
    table = pd.read_parquet(out / "curated.parquet")
    assert manifest["digest"] in told.output and set(table["list"]) >= {"to_label", "suspect"}
    page = (out / "index.html").read_text()
    for digits in (SSN, SSN[:-5], "999-45", "123-45"):
        assert digits not in page and digits not in table.to_json()
    hidden = set(table[table["kind"] == "ssn"]["crop_id"])
    assert hidden and not hidden & {path.stem for path in (out / "pictures").iterdir()}
    assert page.count("a social security number is not shown") >= len(hidden)
    [logged] = [path for path in tmp_path.rglob("curated.parquet") if "out" not in path.parts]
    assert not {"given", "likelier", "reads", "address"} & set(pd.read_parquet(logged))
    tracking = Tracking(tmp_path)
    run = tracking.open_run("curation", f"curated-{manifest['digest']}")
    assert tracking.datasets(run) == {"curated": manifest["digest"]}
    again = CliRunner().invoke(app, ["curate", "--out", str(out), "--top", "50", *words])
    assert manifest["digest"] in again.output  # nothing new, the same version
