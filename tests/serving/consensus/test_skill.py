"""Skills are found from votes, and the posterior keeps its word."""

import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from serving.consensus import Ballot, Entry, Skill, Skills, Vote, estimate_skills, key, posterior
from serving.consensus.dawid_skene import UNKNOWN, dawid_skene
from serving.consensus.rover import combined
from tests.serving.consensus.fields import BOX_FIELD, CODE, DIGITS, NAME, STATE, field, votes

ACCURACIES = {"a": 0.995, "b": 0.97, "c": 0.9, "d": 0.75, "e": 0.5}


def drawn(items: int, rng: np.random.Generator, gold: float = 0.0, per_item: int = 3) -> list[Ballot]:
    """Ballots of people with known accuracies, who when wrong say one of four wrong things."""
    found = []
    for item in range(items):
        names = rng.choice(sorted(ACCURACIES), per_item, replace=False)
        cast = [(name, 0 if rng.random() < ACCURACIES[name] else int(rng.integers(1, 5))) for name in names]
        entries = tuple(Vote(person=name, entry=Entry(text=f"T{item}x{wrong}")) for name, wrong in cast)
        truth = Entry(text=f"T{item}x0") if rng.random() < gold else None
        found.append(Ballot(field=CODE, votes=entries, truth=truth))
    return found


@pytest.mark.parametrize("gold", [0.0, 0.1])
def test_skills_are_found_within_monte_carlo_error(gold: float) -> None:
    skills = estimate_skills(drawn(2000, np.random.default_rng(7), gold))
    for name, true in ACCURACIES.items():
        found = skills.people[name, "numbers"]
        n = found.right + found.wrong - 5
        assert n == pytest.approx(1200, abs=100)
        bound = 4 * math.sqrt(true * (1 - true) / n) + 5 / n  # four standard errors, and the prior's pull
        assert abs(found.accuracy - true) < bound, (name, found.accuracy)


def test_a_few_votes_move_a_newcomer_a_little() -> None:
    skills = estimate_skills([Ballot(field=CODE, votes=tuple(votes("A1", "A1", "B1")))])
    assert 0.8 < skills.people["a", "numbers"].accuracy < 0.85
    assert 0.6 < skills.people["c", "numbers"].accuracy < 0.8
    assert estimate_skills([]) == Skills()
    assert estimate_skills([Ballot(field=CODE, votes=())]) == Skills()


def test_groups_of_kinds_have_their_own_skill() -> None:
    ballots = [Ballot(field=CODE, votes=tuple(votes("A1")), truth=Entry(text="A1")) for _ in range(50)]
    ballots += [Ballot(field=NAME, votes=tuple(votes("Smith")), truth=Entry(text="Jones")) for _ in range(50)]
    people = estimate_skills(ballots).people
    assert people["a", "numbers"].accuracy > 0.97 and people["a", "words"].accuracy < 0.1


def test_gold_turns_a_majority_of_liars_around() -> None:
    """Three of five always agree on a lie; forty gold items are enough to tell who is right about the rest."""
    rng = np.random.default_rng(3)

    def ballot(item: int, known: bool) -> Ballot:
        names = rng.permutation(list("abcde"))[:3]
        cast = tuple(Vote(person=n, entry=Entry(text=f"{'RIGHT' if n in 'ab' else 'LIE'}{item}")) for n in names)
        return Ballot(field=CODE, votes=cast, truth=Entry(text=f"RIGHT{item}") if known else None)

    rest = [ballot(item, False) for item in range(400)]
    led_astray = estimate_skills(rest)
    anchored = estimate_skills([ballot(1000 + item, True) for item in range(40)] + rest)
    assert led_astray.people["a", "numbers"].accuracy < 0.5 < led_astray.people["c", "numbers"].accuracy
    assert anchored.people["c", "numbers"].accuracy < 0.1 < 0.9 < anchored.people["a", "numbers"].accuracy


def test_the_posterior_is_calibrated() -> None:
    """With known skills, of all answers that are called 90% probable, 90% are right; so for all other figures."""
    skills = Skills(people={(n, "numbers"): Skill(right=a * 1e6, wrong=(1 - a) * 1e6) for n, a in ACCURACIES.items()})
    said, right = [], []
    for item, ballot in enumerate(drawn(4000, np.random.default_rng(11))):
        for answer, chance in posterior(ballot.votes, CODE, skills).items():
            said.append(chance)
            right.append(answer == key(Entry(text=f"T{item}x0"), CODE))
    chances, truth = np.array(said), np.array(right)
    for low, high in ((0.0, 0.1), (0.1, 0.5), (0.5, 0.9), (0.9, 1.0)):
        part = (chances >= low) & (chances < high)
        error = 4 * math.sqrt(np.mean(chances[part] * (1 - chances[part])) / part.sum()) + 0.0014
        assert part.sum() > 100 and abs(chances[part].mean() - truth[part].mean()) < error


def test_weights_beat_the_majority_where_skills_differ() -> None:
    ballots = drawn(2000, np.random.default_rng(5))
    skills = estimate_skills(ballots)
    wrong = Counter[str]()
    for item, ballot in enumerate(ballots):
        answers = [key(vote.entry, CODE) for vote in ballot.votes]
        chances = posterior(ballot.votes, CODE, skills)
        truth = key(Entry(text=f"T{item}x0"), CODE)
        wrong["majority"] += Counter(answers).most_common(1)[0][0] != truth
        wrong["weighted"] += max(chances, key=lambda answer: chances[answer]) != truth
    assert wrong["weighted"] < 0.7 * wrong["majority"], wrong


def confused(rng: np.random.Generator, items: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, list]:
    """Votes of four on boxes, of which one in four is marked: two careful ones, a middling one, one who says "no"."""
    careful = np.array([[0.98, 0.02], [0.03, 0.97]])
    matrices = [careful, careful, np.array([[0.9, 0.1], [0.2, 0.8]]), np.array([[1, 0], [1, 0]])]
    truth = (rng.random(items) < 0.25).astype(int)
    rows = [(i, p, int(rng.random() < matrices[p][truth[i]][1])) for i in range(items) for p in range(4)]
    item, person, said = np.array(rows).T
    return item, person, said, truth, matrices


def test_dawid_skene_finds_the_matrices_and_the_truth() -> None:
    item, person, said, truth, matrices = confused(np.random.default_rng(2), 3000)
    prior = np.tile(np.array([[4.0, 1.0], [1.0, 4.0]]), (4, 1, 1))
    fit = dawid_skene(item, person, said, np.full(len(truth), UNKNOWN), prior)
    for found, real in zip(fit.matrices, matrices, strict=True):
        assert np.abs(found - np.array(real)).max() < 0.05
    assert abs(fit.shares[1] - truth.mean()) < 0.03
    majority = np.bincount(item, said) > 2
    assert np.mean(fit.truth.argmax(1) != truth) < 0.6 * np.mean(majority != truth)


def test_dawid_skene_believes_what_is_known() -> None:
    known = np.array([1, UNKNOWN])
    prior = np.ones((1, 2, 2))
    fit = dawid_skene(np.array([0, 1]), np.array([0, 0]), np.array([0, 0]), known, prior)
    assert fit.truth[0].tolist() == [0, 1]
    assert fit.matrices[0, 1, 0] > 0.5  # who said 0 where 1 is known to be true


def test_marks_are_weighed_by_what_people_say_where() -> None:
    item, person, said, truth, _ = confused(np.random.default_rng(4), 800)
    ballots = []
    for i in range(len(truth)):
        cast = zip(person[item == i], said[item == i], strict=True)
        entries = tuple(Vote(person="abdc"[p], entry=Entry(text=("no", "yes")[s])) for p, s in cast)
        ballots.append(Ballot(field=BOX_FIELD, votes=entries))
    skills = estimate_skills(ballots)
    alone = posterior([Vote(person="c", entry=Entry(text="no"))], BOX_FIELD, skills)
    assert alone["text", "no"] < 0.6  # whoever always says no tells nothing
    good = posterior([Vote(person="a", entry=Entry(text="no"))], BOX_FIELD, skills)
    assert good["text", "no"] > 0.9


def test_an_option_that_nobody_chose_may_still_be_true() -> None:
    chances = posterior(votes("single"), STATE, Skills())
    assert set(chances) == {("text", "single"), ("text", "married"), ("text", "Other"), ("blank", "")}
    assert sum(chances.values()) < 1


def noisy(text: str, error: float, rng: np.random.Generator) -> str:
    """A text with that share of its characters exchanged, left out or doubled."""
    out = []
    for char in text:
        kind = rng.random() / error
        out.append(char if kind >= 1 else str(rng.integers(10)) if kind < 0.7 else "" if kind < 0.85 else char * 2)
    return "".join(out) or "0"


def test_rover_spells_what_none_of_three_typed() -> None:
    """2,000 fields of seven digits, three people who each miss one in four."""
    rng = np.random.default_rng(9)
    exact = Counter[str]()
    for _ in range(2000):
        true = "".join(str(d) for d in rng.integers(0, 10, 7))
        texts = [noisy(true, 0.045, rng) for _ in range(3)]
        exact["majority"] += Counter(texts).most_common(1)[0][0] == true
        exact["rover"] += combined(texts, [1.0, 1.0, 1.0]) == true
    assert exact["majority"] < 0.94 * 2000 and exact["rover"] > 0.97 * 2000, exact


def test_rover_weighs_and_ends() -> None:
    assert combined([], []) == ""
    assert combined(["abc"], [1.0]) == "abc"
    assert combined(["abc", "axc"], [1.0, 2.0]) == "axc"
    assert combined(["Main Street", "Man Street", "Main Stret"], [1.0, 1.0, 1.0]) == "Main Street"
    assert combined(["", "12", "12"], [1.0, 1.0, 1.0]) == "12"


def test_experts_start_with_trust() -> None:
    one = votes("A1")[0]
    newcomer, expert = Skills().accuracy(one, CODE), Skills().accuracy(replace(one, role="expert"), DIGITS)
    assert newcomer == pytest.approx(0.8) and expert == pytest.approx(0.995)


def test_people_who_do_both_are_experts_and_lists_written_or_marked_are_one_group() -> None:
    written = field("choice", options=STATE.options)
    both = [
        Ballot(field=STATE, votes=(Vote(person="a", entry=Entry(text="single")),)),
        Ballot(field=written, votes=(Vote(person="b", entry=Entry(text="married"), role="expert"),)),
        Ballot(field=written, votes=(Vote(person="b", entry=Entry(text="married")),)),
    ]
    skills = estimate_skills(both)
    assert skills.people["b", "marks"].accuracy > 0.99 > 0.85 > skills.people["a", "marks"].accuracy


def test_what_misleads_the_machine_misleads_people() -> None:
    """A person who never errs elsewhere, with a machine that doubts: its errors are theirs one time in fifty."""
    skills = Skills(people={("a", "numbers"): Skill(right=1e6, wrong=1)})
    chances = posterior(votes("E1"), CODE, skills, (("text", "E1"), 0.5))
    assert chances["text", "E1"] == pytest.approx(0.98, abs=0.003)
