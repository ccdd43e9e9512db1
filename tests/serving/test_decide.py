import datetime
from dataclasses import replace

import pytest

from recognizer.form import (
    Field,
    FilledCheck,
    Form,
    Option,
    OrderCheck,
    PageSize,
    PrintedBoxes,
    ReviewPolicy,
    Rules,
    SumCheck,
)
from recognizer.page import Quality
from recognizer.reading import Reading
from serving.decision.decide import decide
from serving.decision.page import ReadField, decide_page
from serving.decision.validity import number_of, possible_dates
from serving.ledger import Decision, Prediction
from serving.promise import Labelled, Policy, Promise
from serving.promise.labels import labelled
from serving.promise.policy import KINDS, Wish


def field(kind: str, **settings: object) -> Field:
    return Field(name="value", kind=kind, box=(0, 0, 10, 10), **settings)  # type: ignore[arg-type]


def form(the_field: Field, **thresholds: float) -> Form:
    return Form(
        name="form",
        page=PageSize(width=100, height=100, dpi=150),
        registration=PrintedBoxes(method="boxes"),
        fields=(the_field,),
        thresholds=thresholds,  # type: ignore[arg-type]
    )


def said(text: str, confidence: float = 0.999, outcome: str = "text") -> Prediction:
    return Prediction(
        prediction_id="p",
        crop_id="c",
        bundle_id="b",
        language_digest="l",
        purpose="production",
        reading=Reading(text=text, outcome=outcome, confidence=confidence),  # type: ignore[arg-type]
        latency_ms=1,
        created_at="",
    )


def labels(count: int = 700) -> Labelled:
    """Enough, and nothing wrong: the least confidence among them is the threshold."""
    return labelled((0.9 + 0.09 * i / count, True, f"writer {i}") for i in range(count))


KEPT = Promise(labels=dict.fromkeys(KINDS, labels()))
DAY = datetime.date
CASES = [
    (field("digits"), said("123"), "confident"),
    (field("digits"), said("123", 0.5), "doubtful"),
    (field("digits", review=ReviewPolicy(always=True)), said("123"), "always"),
    (field("digits"), said("", 0.99, "illegible"), "illegible"),
    (field("checkbox"), said("", 0.99, "ambiguous"), "ambiguous"),
    (field("digits"), said("", 0.99, "unaligned"), "unaligned"),
    (field("name"), said("", 0.99, "blank"), "confident"),
    (field("name"), said("", 0.5, "blank"), "doubtful"),
    (field("name", rules=Rules(required=True)), said("", 0.99, "blank"), "required_blank"),
    (field("signature", rules=Rules(required=True)), said("", 0.99, "blank"), "signature_missing"),
    (field("signature", rules=Rules(required=True)), said("signed"), "confident"),
    (field("date"), said("02/31/2020"), "impossible_date"),
    (field("date"), said("02/29/2020"), "confident"),
    (field("date"), said("02/29/2021"), "impossible_date"),
    (field("date", rules=Rules(date_order="dmy")), said("31.01.2020"), "confident"),
    (field("date", rules=Rules(date_order="mdy")), said("31.01.2020"), "impossible_date"),
    (field("date", rules=Rules(not_before=DAY(1900, 1, 1))), said("12/31/1899"), "too_early"),
    (field("date", rules=Rules(not_after=DAY(2026, 1, 1))), said("01/02/2026"), "too_late"),
    (field("date", rules=Rules(not_after=DAY(2026, 1, 1))), said("01/02/27"), "confident"),  # 1927
    (field("amount", rules=Rules(max_value=1000)), said("$1,000.00"), "confident"),
    (field("amount", rules=Rules(max_value=1000)), said("$1,000.01"), "too_large"),
    (field("number", rules=Rules(min_value=0)), said("-1"), "too_small"),
    (field("number"), said("1.2.3"), "not_a_number"),
    (field("code", pattern="F[0-9]{6}"), said("F757558"), "confident"),
    (field("code", pattern="F[0-9]{6}"), said("F75755"), "pattern"),
    (field("code", rules=Rules(min_length=3)), said("F7"), "too_short"),
    (field("code", rules=Rules(max_length=3)), said("F757"), "too_long"),
    (field("ssn"), said("123-45-678"), "not_an_ssn"),
    (field("choice", lexicon=("red", "blue")), said("green"), "not_in_lexicon"),
    (field("choice", options=(Option(value="red"),)), said("green"), "not_an_option"),
]


@pytest.mark.parametrize(("the_field", "prediction", "code"), CASES)
def test_each_rule_has_its_code(the_field: Field, prediction: Prediction, code: str) -> None:
    decision = decide(prediction, the_field, None, KEPT)
    assert decision.code == code and decision.reason
    assert decision.decision == ("accept" if code == "confident" else "review")
    assert not prediction.reading.text or prediction.reading.text not in decision.reason


def test_the_nearest_threshold_counts() -> None:
    plain, own = field("digits"), field("digits", review=ReviewPolicy(threshold=0.3))
    assert decide(said("1"), plain, None, KEPT).threshold == 0.9
    assert decide(said("1"), plain, form(plain, digits=0.6), KEPT).threshold == 0.6
    assert decide(said("1"), own, form(own, digits=0.6), KEPT).threshold == 0.3


def test_the_threshold_itself_is_enough() -> None:
    own = field("digits", review=ReviewPolicy(threshold=0.5))
    assert decide(said("1", 0.5), own, None, KEPT).decision == "accept"
    assert decide(said("1", 0.4999), own, None, KEPT).decision == "review"
    assert decide(said("1", 0.9), field("digits"), None, KEPT).decision == "accept"
    assert decide(said("1", 0.8999), field("digits"), None, KEPT).code == "doubtful"


@pytest.mark.parametrize("count", [0, 597])
def test_without_labels_enough_all_goes_to_review_and_says_how_many_more(count: int) -> None:
    promise = Promise(labels={"digits": labels(count)} if count else {})
    decision = decide(said("1", 0.999999), field("digits"), None, promise)
    assert (decision.decision, decision.code, decision.threshold) == ("review", "no_promise", None)
    assert f"at least {598 - count} more" in decision.reason


def test_a_blank_is_judged_as_a_blank_and_a_list_as_a_list() -> None:
    promise = Promise(labels={"blank": labels(), "lexicon": labels()})
    assert decide(said("", 0.95, "blank"), field("name"), None, promise).decision == "accept"
    assert decide(said("Ann", 0.95), field("name", lexicon=("Ann", "Bo")), None, promise).decision == "accept"
    assert decide(said("Ann", 0.95), field("name"), None, promise).code == "no_promise"


def test_a_form_may_ask_for_more() -> None:
    wish = {"form": {"digits": Wish(accuracy=0.9999)}}
    promise = Promise(policy=Policy(forms=wish), labels={"digits": labels()})
    plain = field("digits")
    assert decide(said("1"), plain, None, promise).decision == "accept"
    assert decide(said("1"), plain, form(plain), promise).code == "no_promise"


def test_another_policy_has_another_digest() -> None:
    fields = [field("digits"), field("digits", rules=Rules(required=True)), field("digits", pattern="1")]
    strict = Promise(policy=Policy(accuracy=0.999), labels=KEPT.labels)
    decisions = [
        decide(said("1"), each, form(each, **named), promise)
        for each in fields
        for named in ({}, {"digits": 0.6})
        for promise in (KEPT, strict)
    ]
    assert len({decision.policy_digest for decision in decisions}) == 12


@pytest.mark.parametrize(
    ("text", "order", "days"),
    [
        ("02/03/2020", "mdy", [(2020, 2, 3)]),
        ("02-03-2020", "dmy", [(2020, 3, 2)]),
        ("02032020", "mdy", [(2020, 2, 3)]),
        ("2020-03-02", "mdy", [(2020, 3, 2)]),
        ("02/29/00", "mdy", [(2000, 2, 29)]),  # 1900 was no leap year
        ("2/3/99", "mdy", [(1999, 2, 3), (2099, 2, 3)]),
        ("13/01/2020", "mdy", []),
        ("1/2", "mdy", []),
        ("1/2/020", "mdy", []),
        ("", "mdy", []),
    ],
)
def test_dates(text: str, order: str, days: list[tuple[int, int, int]]) -> None:
    assert possible_dates(text, order) == tuple(datetime.date(*day) for day in days)


@pytest.mark.parametrize(
    ("text", "value"),
    [("12", 12), ("$1,234.50", 1234.5), ("1.234,50", 1234.5), ("12,5", 12.5), ("-3.", -3), ("1,2,3", None), ("", None)],
)
def test_numbers(text: str, value: float | None) -> None:
    assert number_of(text) == value


DATES = ("date_of_birth", "signed_on")
CHECKED = Form(
    name="form",
    page=PageSize(width=100, height=100, dpi=150),
    registration=PrintedBoxes(method="boxes"),
    fields=(
        *(Field(name=name, kind="date", box=(0, 0, 10, 10)) for name in DATES),
        *(Field(name=name, kind="amount", box=(0, 0, 10, 10)) for name in ("premium", "fee", "total")),
        Field(name="married", kind="checkbox", box=(0, 0, 10, 10)),
        Field(name="spouse", kind="name", box=(0, 0, 10, 10)),
    ),
    checks=(
        OrderCheck(rule="order", earlier="date_of_birth", later="signed_on"),
        SumCheck(rule="sum", of=("premium", "fee"), equals="total"),
        FilledCheck(rule="filled", field="spouse", when="married", has="yes"),
    ),
)
SOUND = {
    "date_of_birth": "01/02/1980", "signed_on": "03/04/2024", "premium": "$1,200.00", "fee": "15.50",
    "total": "1,215.50", "married": "yes", "spouse": "Ann",
}  # fmt: skip


def decided(confidence: dict[str, float] | None = None, **values: str) -> dict[str, Decision]:
    """The decisions of a page of `CHECKED` on which other values stand than in `SOUND`."""
    answers = []
    for each in CHECKED.fields:
        text = {**SOUND, **values}[each.name]
        sure = (confidence or {}).get(each.name, 0.9999)
        prediction = said(text, sure, "text" if text else "blank")
        answers.append(ReadField(prediction=replace(prediction, prediction_id=each.name), field=each))
    return {d.prediction_id: d for d in decide_page(answers, CHECKED, KEPT)}


@pytest.mark.parametrize(
    ("values", "code", "fields"),
    [
        ({}, "", ()),
        ({"date_of_birth": "03/05/2024"}, "check_order", DATES),
        ({"date_of_birth": "03/04/2024"}, "", ()),  # the same day
        ({"signed_on": "03/04/1979"}, "check_order", DATES),
        ({"signed_on": "03/04/79"}, "", ()),  # may be 2079
        ({"signed_on": "03/04/24", "date_of_birth": "01/02/80"}, "", ()),  # 1980 and 2024
        ({"fee": "15.60"}, "check_sum", ("premium", "fee", "total")),
        ({"fee": "", "total": "1200"}, "", ()),
        ({"fee": "", "total": ""}, "", ()),  # no total, nothing to compare
        ({"spouse": ""}, "check_filled", ("spouse", "married")),
        ({"spouse": "", "married": "no"}, "", ()),
    ],
)
def test_fields_that_cannot_be_right_together_are_all_looked_at(
    values: dict[str, str], code: str, fields: tuple[str, ...]
) -> None:
    decisions = decided(**values)
    sent = {name for name, decision in decisions.items() if decision.decision == "review"}
    assert sent == set(fields)
    assert {decisions[name].code for name in sent} <= {code}
    for name in sent:
        assert not any(value and value in decisions[name].reason for value in {**SOUND, **values}.values())


def test_a_check_waits_for_the_person_who_looks_anyway() -> None:
    decisions = decided({"signed_on": 0.5}, date_of_birth="03/05/2024")
    assert decisions["signed_on"].code == "doubtful" and decisions["date_of_birth"].decision == "accept"


def test_a_check_makes_another_policy_of_what_it_decides() -> None:
    alone, together = decided(), decided(fee="15.60")
    assert together["premium"].policy_digest != alone["premium"].policy_digest
    assert together["premium"].policy_digest != decided(fee="15.70", total="9")["total"].policy_digest
    assert together["spouse"].policy_digest == alone["spouse"].policy_digest


SALT = "0123456789abcdef"
POOR = Quality(
    resolution_dpi=200, sharpness=0.5, contrast=0.05, noise=3, skew_deg=0, illumination=1, clipping=0, compression=0,
    ink_coverage=0.1, bleed_through=0,
)  # fmt: skip


@pytest.mark.parametrize("outcome", ["illegible", "unaligned", "wrong_crop"])
def test_what_nobody_could_read_from_this_image_is_scanned_again(outcome: str) -> None:
    prediction = said("", 0.9, outcome)
    assert decide(prediction, field("digits"), None, KEPT, POOR).decision == "rescan"
    assert "scan it again" in decide(prediction, field("digits"), None, KEPT, POOR).reason
    assert decide(prediction, field("digits"), None, KEPT, replace(POOR, contrast=0.5)).decision == "review"
    assert decide(said("170"), field("digits"), None, KEPT, POOR).decision == "accept"


def read_with(confidences: dict[str, float]) -> list[ReadField]:
    return [
        ReadField(prediction=replace(said("12", sure), prediction_id=name), field=named_field(name))
        for name, sure in confidences.items()
    ]


def named_field(name: str) -> Field:
    return Field(name=name, kind="ssn" if name == "ssn" else "digits", box=(0, 0, 10, 10))


def test_a_budget_is_spent_on_what_costs_most() -> None:
    sure = {"a": 0.5, "b": 0.2, "c": 0.4, "d": 0.999, "e": 0.89}
    codes = {
        budget: [d.code for d in decide_page(read_with(sure), None, replace(KEPT, policy=Policy(budget=budget)))]
        for budget in (0, 2, 9)
    }
    assert codes[9] == ["doubtful", "doubtful", "doubtful", "confident", "doubtful"]
    assert codes[2] == ["over_budget", "doubtful", "doubtful", "confident", "over_budget"]
    assert codes[0] == ["over_budget"] * 3 + ["confident", "over_budget"]
    dear = Policy(budget=1, kinds={"ssn": Wish(value=20)})
    valued = read_with({"a": 0.2, "ssn": 0.85})
    valued[1] = replace(valued[1], prediction=replace(said("123-45-6789", 0.85), prediction_id="ssn"))
    decisions = decide_page(valued, None, replace(KEPT, policy=dear))
    assert [d.code for d in decisions] == ["over_budget", "doubtful"]
    impossible = decide_page(read_with({"a": 0.2, "ssn": 0.85}), None, replace(KEPT, policy=dear))
    assert [d.code for d in impossible] == ["doubtful", "not_an_ssn"]  # what cannot be costs no budget


def test_a_policy_with_another_budget_is_another_policy() -> None:
    few, many = (
        decide_page(read_with({"a": 0.2, "b": 0.3}), None, replace(KEPT, policy=Policy(budget=budget)))
        for budget in (0, 1)
    )
    assert {d.policy_digest for d in few}.isdisjoint(d.policy_digest for d in many)


def test_accepted_fields_are_audited_with_their_probability() -> None:
    policy = Policy(kinds={"digits": Wish(audit=0.1), "text": Wish(audit=0)})
    promise = replace(KEPT, policy=policy)
    drawn, expected = 0, 0.0
    for number in range(4000):
        prediction = replace(said("12", 0.9 + 0.0999 * (number % 7) / 7), prediction_id=f"p{number}")
        (decision,) = decide_page([ReadField(prediction=prediction, field=field("digits"))], None, promise, SALT)
        assert decision.is_accepted and decision.probability is not None and decision.probability >= 0.05
        drawn, expected = drawn + (decision.decision == "audit"), expected + decision.probability
        again = decide_page([ReadField(prediction=prediction, field=field("digits"))], None, promise, SALT)
        assert again == (decision,)
    assert abs(drawn - expected) < 4 * expected**0.5
    unaudited = decide_page([ReadField(prediction=said("abc"), field=field("text"))], None, promise, SALT)
    assert unaudited[0].probability is None and unaudited[0].decision == "accept"
    doubtful = decide_page([ReadField(prediction=said("12", 0.3), field=field("digits"))], None, promise, SALT)
    assert doubtful[0].decision == "review" and doubtful[0].probability is None


def test_nothing_is_audited_without_a_salt() -> None:
    read = [ReadField(prediction=said("12"), field=field("digits"))]
    (decision,) = decide_page(read, None, replace(KEPT, policy=Policy(audit=0.5)))
    assert decision.decision == "accept" and decision.probability is None
