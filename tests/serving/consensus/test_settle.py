"""What the votes on a field settle, or what is missing."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recognizer.errors import UsageError
from serving.consensus import Assisted, Blind, Policy, Settled, Skill, Skills, Vote, Wants, settle
from tests.serving.consensus.fields import AMOUNT, BOX_FIELD, CODE, DIGITS, STATE, TEXT, said, votes

PRODUCTION, AUDIT = Blind(purpose="production"), Blind(purpose="audit")
TWO, MODEL, EXPERT = Policy(), Policy(rule="one_plus_model"), Policy(rule="expert")
GOOD = Skills(
    people={(name, group): Skill(right=99, wrong=1) for name in "abcdefgh" for group in ("marks", "numbers", "words")}
)
MACHINE = Assisted(machine=said("E757558"), confidence=0.7)
REVIEWER = Wants(votes=1, role="reviewer")


def outcome(*texts: str, policy: Policy = TWO, hearing=PRODUCTION, field=CODE, skills: Skills = GOOD):
    return settle(votes(*texts), hearing, policy, field, skills)


def test_two_who_agree_settle() -> None:
    assert outcome() == Wants(votes=2, role="reviewer")
    assert outcome("E757558") == REVIEWER
    settled = outcome("E757558", "e 757558")
    assert isinstance(settled, Settled) and settled.entry.text == "e 757558" and settled.by == "agreement"
    assert 0.998 < settled.confidence < 0.9986


def test_a_third_breaks_the_tie_and_three_answers_go_to_an_expert() -> None:
    assert outcome("E757558", "F757558") == REVIEWER
    settled = outcome("E757558", "F757558", "E757558")
    assert isinstance(settled, Settled) and settled.entry == said("E757558") and settled.confidence > 0.99
    wanted = outcome("E757558", "E757553", "F757558")
    assert wanted == Wants(votes=1, role="expert", suggestion=said("E757558"))


def test_the_suggestion_may_be_what_nobody_typed() -> None:
    wanted = outcome("1234567", "1284567x"[:7], "1234517", field=DIGITS)
    assert isinstance(wanted, Wants) and wanted.suggestion == said("1234567")
    wanted = outcome("9234567", "1284567", "1234517", field=DIGITS)
    assert isinstance(wanted, Wants) and wanted.suggestion == said("1234567")


def test_an_expert_settles_against_everybody() -> None:
    three = votes("F757558", "F757558", "E757558")
    settled = settle([*three, Vote(person="x", entry=said("E757558"), role="expert")], PRODUCTION, TWO, CODE, GOOD)
    assert isinstance(settled, Settled) and settled.entry == said("E757558") and settled.by == "expert"
    assert settled.confidence < 0.9  # an honest number: two good people saw something else
    assert outcome(policy=EXPERT) == Wants(votes=1, role="expert")
    assert isinstance(outcome("E757558", "E757558", policy=EXPERT), Wants)


def test_non_answers_are_answers() -> None:
    settled = outcome("<illegible>", "<illegible>")
    assert isinstance(settled, Settled) and settled.entry == said("<illegible>")
    assert outcome("<illegible>", "<struck_out>") == REVIEWER
    settled = outcome("no", "<blank>", field=BOX_FIELD)
    assert isinstance(settled, Settled) and settled.entry == said("no")


def test_one_person_and_the_machine_settle() -> None:
    assert outcome(policy=MODEL, hearing=MACHINE) == REVIEWER
    settled = outcome("E757558", policy=MODEL, hearing=MACHINE)
    assert isinstance(settled, Settled) and settled.by == "person_and_model" and settled.confidence > 0.99
    assert outcome("F757558", policy=MODEL, hearing=MACHINE) == REVIEWER
    settled = outcome("F757558", "F757558", policy=MODEL, hearing=MACHINE)
    assert isinstance(settled, Settled) and settled.entry == said("F757558") and settled.by == "agreement"


def test_a_machine_that_doubts_much_and_a_newcomer_are_not_enough() -> None:
    doubtful = replace(MACHINE, confidence=0.1)
    assert outcome("E757558", policy=MODEL, hearing=doubtful) == REVIEWER
    assert outcome("E757558", policy=MODEL, hearing=MACHINE, skills=Skills()) == REVIEWER


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(("E757558", "F757558", "<illegible>")), max_size=4))
def test_in_audits_and_trials_the_model_never_votes(texts: list[str]) -> None:
    """The type leaves it no place, and the policy that would hear it becomes that of two people."""
    for purpose in ("audit", "trial", "gold"):
        with pytest.raises(TypeError):
            Blind(purpose=purpose, machine=said("E757558"))  # type: ignore[call-arg]
        heard = outcome(*texts, policy=MODEL, hearing=Blind(purpose=purpose))
        assert heard == outcome(*texts, policy=TWO)
        assert isinstance(heard, Wants) or len(texts) >= 2


def test_the_machine_is_heard_under_no_other_policy() -> None:
    for texts in ((), ("E757558",), ("E757558", "F757558")):
        assert outcome(*texts, policy=TWO, hearing=MACHINE) == outcome(*texts, policy=TWO)


ANSWERS = st.sampled_from(("100", "100.00", "$100", "1.000", "7", "<blank>"))


@settings(max_examples=60, deadline=None)
@given(st.lists(ANSWERS, min_size=1, max_size=4), st.sampled_from((TWO, MODEL, EXPERT)))
def test_the_order_of_votes_changes_nothing(texts: list[str], policy: Policy) -> None:
    skills = Skills(people={("b", "numbers"): Skill(right=30, wrong=1), ("c", "numbers"): Skill(right=2, wrong=2)})
    hearing = Assisted(machine=said("100"), confidence=0.6)
    found = [settle(list(v), hearing, policy, AMOUNT, skills) for v in permutations(votes(*texts))]
    for one in found:
        assert type(one) is type(found[0])
        if isinstance(one, Settled) and isinstance(found[0], Settled):
            assert one.entry == found[0].entry and one.confidence == pytest.approx(found[0].confidence, abs=1e-9)
        else:
            assert one == found[0]


def test_voided_votes_and_second_thoughts() -> None:
    pair = votes("E757558", "E757558")
    assert settle([replace(pair[0], voided=True), pair[1]], PRODUCTION, TWO, CODE, GOOD) == REVIEWER
    again = [*votes("F757558"), *votes("E757558", "E757558")]
    settled = settle(again, PRODUCTION, TWO, CODE, GOOD)
    assert isinstance(settled, Settled) and settled.entry == said("E757558")
    assert settle([*votes("E757558"), *votes("E757558")], PRODUCTION, TWO, CODE, GOOD) == REVIEWER


def test_two_newcomers_are_heard_but_not_enough() -> None:
    assert outcome("E757558", "E757558", skills=Skills()) == REVIEWER
    assert isinstance(outcome("E757558", "E757558", "E757558", skills=Skills()), Settled)


def test_a_circle_has_one_voice() -> None:
    circle = replace(GOOD, circles=(frozenset("abc"),))
    assert outcome("F757558", "F757558", skills=circle) == REVIEWER
    assert isinstance(outcome("F757558", "F757558", "F757558", skills=circle), Wants)
    settled = settle(votes("F757558", "F757558", "F757558", names="abd"), PRODUCTION, TWO, CODE, circle)
    assert isinstance(settled, Settled)


def test_agreement_of_those_who_always_say_so_is_worth_little() -> None:
    """Two who call every box empty agree; a matrix that knows them says what that is worth."""
    classes = ("no", "yes", "")
    lazy = np.array([[0.98, 0.01, 0.01], [0.95, 0.04, 0.01], [0.9, 0.05, 0.05]])
    skills = replace(GOOD, confusions={("a", classes): lazy, ("b", classes): lazy})
    assert isinstance(outcome("no", "no", field=BOX_FIELD), Settled)
    assert outcome("no", "no", field=BOX_FIELD, skills=skills) == REVIEWER


def test_choices_and_texts_settle_too() -> None:
    for field, text in ((STATE, "married"), (TEXT, "see attached"), (STATE, "<ambiguous>")):
        assert isinstance(outcome(text, text, field=field), Settled)


def test_policies_that_make_no_sense_are_refused() -> None:
    for wrong in ({"least_confidence": 0.9999}, {"least_confidence": -0.1}, {"most_reviewers": 1}):
        with pytest.raises(UsageError, match="mend"):
            Policy(**wrong)
