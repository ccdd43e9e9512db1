"""What is believed at any time, as known at any time: properties that hold whatever was said."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.ledger.statement import WITHDRAWN, Statement
from serving.truth.belief import SOURCES, belief, beliefs, learned, read_at

READ = "t1"
TIMES = [f"t{n}" for n in range(8)]


def said(source: str, text: str, known: str, valid: str = READ, outcome: str = "text", name: str = "") -> Statement:
    return Statement(
        statement_id=name or f"{source}{text}{known}{valid}",
        crop_id="crop",
        source=source,  # type: ignore[arg-type]
        outcome=outcome,
        text=text,
        confidence=None,
        valid_at=valid,
        known_at=known,
        by="somebody",
        decision="accept" if source == "model" else None,
    )


@st.composite
def statement(draw: st.DrawFn) -> Statement:
    source, number = draw(st.sampled_from(SOURCES)), draw(st.integers(0, 10**9))
    known = draw(st.sampled_from(TIMES[1:]))
    valid = READ if source == "model" else draw(st.sampled_from(TIMES))
    outcome = "text" if source == "model" else draw(st.sampled_from(["text", "text", "text", WITHDRAWN]))
    return said(source, draw(st.sampled_from("EF")), known, valid, outcome, f"id{number}")


stories = st.lists(statement(), max_size=8, unique_by=lambda item: item.statement_id)
times = st.sampled_from(TIMES)


@given(stories, statement(), times, st.none() | times)
def test_what_is_learned_later_never_changes_what_was_believed(
    story: list[Statement], late: Statement, known: str, valid: str | None
) -> None:
    if late.known_at > known:
        assert belief([*story, late], known, valid) == belief(story, known, valid)


@given(st.data(), stories, st.none() | times, st.none() | times)
def test_the_order_of_filing_does_not_matter(
    data: st.DataObject, story: list[Statement], known: str | None, valid: str | None
) -> None:
    assert belief(data.draw(st.permutations(story)), known, valid) == belief(story, known, valid)


@given(stories, st.none() | times, st.none() | times)
def test_what_is_believed_was_said_known_and_true(story: list[Statement], known: str | None, valid: str | None) -> None:
    believed = belief(story, known, valid)
    if believed is None:
        return
    assert believed in story and believed.outcome != WITHDRAWN
    assert known is None or believed.known_at <= known
    assert valid is None or believed.valid_at <= valid
    holding = [item for item in story if known is None or item.known_at <= known]
    asked = valid or read_at(holding)
    for other in holding:  # whoever overrules it has taken it back
        if other.valid_at <= asked and other.outcome != WITHDRAWN:
            later = [item for item in holding if item.source == other.source and learned(item) >= learned(other)]
            withdrawn = any(item.outcome == WITHDRAWN and item.valid_at <= asked for item in later)
            higher = SOURCES.index(other.source) > SOURCES.index(believed.source)
            assert not higher or withdrawn


@given(stories)
def test_the_story_ends_with_what_is_believed_now(story: list[Statement]) -> None:
    chapters = beliefs(story)
    assert [item for item, _ in chapters] == sorted(story, key=learned)
    assert not chapters or chapters[-1][1] == belief(story)


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_customer_overrules_expert_overrules_crowd_overrules_model(order: tuple[int, ...]) -> None:
    """Whoever spoke last: rank counts before time."""
    story = [said(source, source, f"t{2 + order[rank]}") for rank, source in enumerate(SOURCES)]
    for rank in range(4):
        found = belief(story[: rank + 1])
        assert found is not None and found.text == SOURCES[rank]


def test_among_equals_the_later_counts_and_what_is_taken_back_counts_no_more() -> None:
    model, crowd = said("model", "F", "t1"), said("crowd", "E", "t2")
    first, second = said("customer", "G", "t3"), said("customer", "H", "t4")
    back = said("customer", "", "t5", outcome=WITHDRAWN)
    story = [model, crowd, first, second, back]
    assert [found.text for at in ("t1", "t2", "t3", "t4", "t5") if (found := belief(story, at))] == list("FEGHE")
    assert belief(story, "t0") is None


def test_what_became_true_later_is_no_misreading() -> None:
    story = [said("model", "F", "t1"), said("customer", "E", "t5", valid="t4")]
    texts = [found.text for valid in (None, "t1", "t3", "t4", "t7") if (found := belief(story, None, valid))]
    assert texts == ["F", "F", "F", "E", "E"]
    assert belief(story, None, "t0") is None
