"""Fitting learns, survives interruptions and odd batches, and stops when its time is used up."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from recognizer.alphabet import Alphabet
from recognizer.errors import UsageError
from recognizer.line import line_image
from tests.recognizer.small_model import SMALL
from tests.training.specimens import printed_corpus
from training.batches import Batch, collate
from training.fit import FitSettings, Training, ctc_loss, fit
from training.net.text import TextNet

ALPHABET = Alphabet()
CORPUS = printed_corpus()


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def batch(first: int, count: int = 6, text: str | None = None) -> Batch:
    rows = []
    for i in range(first, first + count):
        sample = CORPUS.draw(i % CORPUS.size, np.random.default_rng(0))
        line = line_image(sample.image)
        assert line is not None
        rows.append((line, sample.text if text is None else text, "printed"))
    return collate(rows, ALPHABET)


def training(folder: Path, **settings: float) -> Training:
    return Training(SMALL, FitSettings(minutes=10, warmup_steps=5, **settings), folder)  # type: ignore[arg-type]


def tensors(state: Training) -> list[torch.Tensor]:
    nets = [*state.net.state_dict().values(), *state.average.state_dict().values()]
    moments = [value for entry in state.optimizer.state_dict()["state"].values() for value in entry.values()]
    return [*nets, *moments]


def test_the_loss_falls(tmp_path: Path) -> None:
    state, same = training(tmp_path, learning_rate=5e-3), batch(0)
    losses = [state.learn(same) for _ in range(60)]
    assert losses[0] > 3
    assert np.mean(losses[-5:]) < 0.6 * np.mean(losses[:5])
    assert state.step == 60


def test_resumed_it_is_in_the_same_state_and_goes_on_the_same_way(tmp_path: Path) -> None:
    torch.manual_seed(5)
    state = training(tmp_path)
    for i in range(4):
        state.learn(batch(6 * i))
        state.seconds, state.chunk, state.samples = 10.0 * i, i, 6 * i
    state.save()
    again = training(tmp_path)
    assert again.resume()
    assert (again.step, again.seconds, again.chunk, again.samples) == (4, 30.0, 3, 18)
    assert all(torch.equal(a, b) for a, b in zip(tensors(state), tensors(again), strict=True))
    restored = torch.get_rng_state()
    went_on = [state.learn(batch(30)), state.learn(batch(36))]
    torch.set_rng_state(restored)  # two trainings in one process share torch's generator
    assert [again.learn(batch(30)), again.learn(batch(36))] == went_on
    assert all(torch.equal(a, b) for a, b in zip(tensors(state), tensors(again), strict=True))


def test_a_checkpoint_of_an_earlier_version_without_random_state_is_taken_up(tmp_path: Path) -> None:
    state = training(tmp_path)
    state.learn(batch(0))
    state.save()
    old = torch.load(state.checkpoint, weights_only=True)
    del old["random"]
    torch.save(old, state.checkpoint)
    assert training(tmp_path).resume()


def test_a_new_folder_has_nothing_to_resume(tmp_path: Path) -> None:
    assert not training(tmp_path / "new").resume()


@pytest.mark.parametrize("data", [b"", b"no checkpoint", None])
def test_a_damaged_or_foreign_checkpoint_is_explained(tmp_path: Path, data: bytes | None) -> None:
    state = training(tmp_path)
    if data is None:
        torch.save({"step": 1}, state.checkpoint)
    else:
        state.checkpoint.write_bytes(data)
    with pytest.raises(UsageError, match="another --folder"):
        training(tmp_path).resume()


@pytest.mark.parametrize("count", [1, 5])
def test_a_batch_of_nothing_but_blanks_does_no_harm(tmp_path: Path, count: int) -> None:
    state = training(tmp_path)
    loss = state.learn(batch(0, count, text=""))
    assert math.isfinite(loss)
    assert all(torch.isfinite(tensor).all() for tensor in tensors(state))


def test_a_gradient_that_is_not_finite_is_not_followed(tmp_path: Path) -> None:
    state, spoiled = training(tmp_path), batch(0)
    before = [parameter.clone() for parameter in state.net.parameters()]
    spoiled.lines[0] = float("nan")
    state.learn(spoiled)
    assert all(torch.equal(a, b) for a, b in zip(before, state.net.parameters(), strict=True))


def test_the_loss_is_ctcs(tmp_path: Path) -> None:
    """Two frames, uniform over four classes, text of one character: 3 of 16 paths; the end counts as a character."""
    one = collate([(np.zeros((32, 8), np.uint8), "a", "x")], Alphabet(characters="abc"))
    one.frames[:] = 2
    loss = ctc_loss(torch.zeros(1, 2, 4), one)
    assert float(loss) == pytest.approx(-math.log(3 / 16) / 2, abs=1e-5)


def test_the_learning_rate_warms_up_and_falls_with_time(tmp_path: Path) -> None:
    state = training(tmp_path)
    rates = []
    for step, seconds in ((0, 0.0), (4, 0.0), (100, 300.0), (200, 600.0), (300, 900.0)):
        state.step, state.seconds = step, seconds
        rates.append(state.learning_rate() / state.settings.learning_rate)
    assert rates == pytest.approx([0.2, 1.0, 0.505, 0.01, 0.01])


def test_the_average_follows_slowly(tmp_path: Path) -> None:
    state = training(tmp_path)
    start = [parameter.clone() for parameter in state.net.parameters()]
    for i in range(5):
        state.learn(batch(6 * i))
    moved = sum(float((a - b).detach().norm()) for a, b in zip(start, state.net.parameters(), strict=True))
    behind = sum(float((a - b).detach().norm()) for a, b in zip(start, state.average.parameters(), strict=True))
    assert 0 < behind < moved


def test_it_stops_in_time_saves_and_is_not_trained_further(tmp_path: Path) -> None:
    settings = FitSettings(minutes=0.03, workers=0, report_steps=1)
    state, seen = Training(SMALL, settings, tmp_path), []
    held_out = {"printed": [(batch(0).lines[0, 0].numpy().astype(np.uint8), "100")]}
    scores = fit(state, [(CORPUS, 1.0, False)], ALPHABET, held_out, lambda step, metrics: seen.append((step, metrics)))
    assert state.is_over and state.checkpoint.exists() and state.step >= 1
    assert scores["printed"].count == 1
    assert {"loss", "learning_rate"} <= set(seen[0][1]) and "exact.printed" in seen[-1][1]
    again = Training(SMALL, settings, tmp_path)
    assert again.resume()
    fit(again, [(CORPUS, 1.0, False)], ALPHABET, held_out, lambda step, metrics: None)
    assert again.step == state.step
    assert all(torch.equal(a, b) for a, b in zip(tensors(state), tensors(again), strict=True))


def test_it_can_begin_with_a_trained_network(tmp_path: Path) -> None:
    trained = training(tmp_path / "first", seed=5)
    trained.learn(batch(0))
    begun = training(tmp_path / "second")
    begun.begin_with(trained.average)
    for weights in (begun.net, begun.average):
        for name, tensor in trained.average.state_dict().items():
            assert torch.equal(weights.state_dict()[name], tensor), name
    other = TextNet(replace(trained.net.config, context=64))
    with pytest.raises(UsageError, match="another design"):
        begun.begin_with(other)


def test_interrupted_anywhere_so_many_steps_end_in_the_same_weights(tmp_path: Path) -> None:
    settings = FitSettings(steps=7, warmup_steps=2, workers=0, checkpoint_seconds=0.0)
    whole = Training(SMALL, settings, tmp_path / "whole")
    fit(whole, [(CORPUS, 1.0, False)], ALPHABET, {}, lambda step, metrics: None)
    assert (whole.step, whole.is_over) == (7, True)

    class Killed(Exception):
        pass

    def killed(step: int, metrics: object) -> None:
        raise Killed

    for steps in (3, 5):  # a checkpoint is written after each step; within a chunk, it goes on where it was
        part = Training(SMALL, replace(settings, report_steps=steps), tmp_path / "parts")
        part.resume()
        with pytest.raises(Killed):
            fit(part, [(CORPUS, 1.0, False)], ALPHABET, {}, killed)
    rest = Training(SMALL, settings, tmp_path / "parts")
    assert rest.resume() and rest.step == 4 and rest.of_chunk > 0
    fit(rest, [(CORPUS, 1.0, False)], ALPHABET, {}, lambda step, metrics: None)
    assert all(torch.equal(a, b) for a, b in zip(tensors(whole), tensors(rest), strict=True))
