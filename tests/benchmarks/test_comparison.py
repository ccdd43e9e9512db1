"""From jobs and answers to the table; the peers themselves are not run."""

import subprocess
import sys

import numpy as np
import pytest

from benchmarks.accuracy import main
from benchmarks.peers import install, metrics
from benchmarks.peers.crops import Row, with_lexicon
from benchmarks.peers.job import Answer, Job, load_answers, load_jobs, save_answers, save_jobs
from benchmarks.peers.score import score_row
from benchmarks.peers.table import draw_picture, markdown
from benchmarks.peers.trie import Trie
from benchmarks.peers.trim import trimmed
from recognizer.errors import PenfieldError, UsageError

TEXTS = ("Lange Straße", "Am Markt", "Zum Ziel", "Ufer")


def row_of(name="dhsd"):
    jobs = tuple(Job(id=f"{name}/{i}", image=f"crops/{i}.png", language="deu") for i in range(len(TEXTS)))
    return Row(name=name, title="street names", jobs=jobs, texts=TEXTS, writers=("a", "a", "b", "b"))


def answers_of(*texts):
    return [Answer(text=text, confidence=0.9) for text in texts]


def test_jobs_and_answers_survive_the_way_between_processes(tmp_path):
    jobs = [Job(id="1", image="é.png", pattern=r"\d+", lexicon="ß.txt", is_word=True, cut_dpi=200.0)]
    answers = {"1": Answer(text="Öl", confidence=0.5, outcome="illegible")}
    save_jobs(tmp_path / "jobs.json", jobs)
    save_answers(tmp_path / "answers.json", answers)
    assert load_jobs(tmp_path / "jobs.json") == jobs
    assert load_answers(tmp_path / "answers.json") == answers


def test_a_non_answer_is_wrong_whatever_it_would_have_said():
    answers = [*answers_of(*TEXTS[:3]), Answer(text="Ufer", confidence=0.99, outcome="illegible")]
    scores = score_row(row_of(), answers)
    assert scores.figures["exact"] == 0.75 and scores.figures["non_answers"] == 1
    assert scores.figures["cer"] == pytest.approx(4 / sum(map(len, TEXTS)))
    assert scores.confidence[3] == 0.0


def test_case_and_spaces():
    scores = score_row(row_of(), answers_of("LANGE  STRASSE", " Am Markt", "zum ziel", "Ufer"))
    assert scores.figures["exact"] == 0.5
    assert scores.figures["cer_any_case"] == pytest.approx(2 / sum(map(len, TEXTS)))


def test_table_and_picture_show_every_engine(tmp_path):
    rows = [row_of(), with_lexicon(row_of(), TEXTS, tmp_path)]
    good, bad = answers_of(*TEXTS), answers_of("Lange", "Am", "Zum", "Ufer")
    scores = {
        "penfield": [score_row(row, good) for row in rows],
        "ppocr": [score_row(row, bad) for row in rows],
    }
    lines = markdown(rows, scores).splitlines()
    assert lines[0] == "| what | fields, writers | measure | Penfield | PP-OCRv6 | aim |"
    assert lines[2].startswith("| street names | 4, 2 | CER | 0.0% (0.0-0.0) | 56.2% (")
    assert "| street names, lexicon of 4 | 4, 2 | exact | 100.0% (100.0-100.0) | 25.0% (" in lines[4]
    assert (tmp_path / "dhsd_lexicon.txt").read_text(encoding="utf-8").split("\n")[0] == "Lange Straße"


def test_lexicon_posterior_is_that_of_brute_force():
    numbers = {"a": 1, "b": 2}
    probs = np.random.default_rng(3).dirichlet([1, 1, 1], 5)
    entries = ["a", "aa", "ab", "ba", "bb", "abab"]
    scores = dict.fromkeys(entries, 0.0)
    for path in np.ndindex(*[3] * 5):
        text = "".join("ab"[c - 1] for c, before in zip(path, (0, *path), strict=False) if c and c != before)
        if text in scores:
            scores[text] += float(np.prod(probs[range(5), path]))
    text, posterior = Trie([*entries, "c"], numbers).best(probs)
    assert text == max(scores, key=scores.__getitem__)
    assert posterior == pytest.approx(scores[text] / sum(scores.values()), rel=1e-9)


def test_missing_tesseract_is_told_with_its_mend(monkeypatch):
    monkeypatch.setattr(install, "missing_languages", lambda: {"deu"})
    monkeypatch.setattr(install.os, "geteuid", lambda: 1000)
    with pytest.raises(UsageError, match=r"sudo apt-get install .* tesseract-ocr-deu"):
        install.install_tesseract()


def test_a_failing_installation_is_told_with_what_it_said():
    with pytest.raises(PenfieldError, match="no such wheel"):
        install.run([sys.executable, "-c", "raise SystemExit('no such wheel')"])


def test_missing_data_is_told(tmp_path, monkeypatch, capsys):
    words = ["accuracy", "--engine", "penfield", "--data", str(tmp_path / "none"), "--out", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 4 and "is not there" in capsys.readouterr().err


def test_what_runs_in_the_peers_environment_imports_nothing_of_penfield():
    code = (
        "import sys, benchmarks.peers.run, benchmarks.peers.trie\nprint([m for m in sys.modules if 'recognizer' in m])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=install.ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_picture(tmp_path):
    row = row_of("unipen_7")
    scores = {"penfield": [score_row(row, answers_of(*TEXTS))]}
    draw_picture([row], scores, tmp_path / "accuracy.png")
    assert (tmp_path / "accuracy.png").stat().st_size > 10_000
    assert metrics.aurc(scores["penfield"][0].confidence, scores["penfield"][0].right) == 0.0


def test_trimming_keeps_the_ink_and_a_margin():
    image = np.full((64, 256), 250, np.uint8)
    image[20:40, 100:150] = 30
    cut = trimmed(image, 0.1)
    assert cut.shape == (24, 54) and (cut == 30).sum() == 20 * 50 and cut[0, 0] == 250
    assert trimmed(np.full((64, 256), 250, np.uint8), 0.1).shape == (64, 256)
