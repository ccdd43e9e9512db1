"""Whom to trust, from gold: what people said of fields whose answer is known, and what follows for their votes."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from serving.consensus import Bar, Entry, GoldAnswer, History, Voiding, group_of, judge, same, standing
from serving.consensus.skill import Group
from serving.ledger import Ledger
from serving.ledger.desk import Desk
from serving.ledger.desk.judging import Voided
from serving.ledger.truth import Truth
from serving.office.paper import Papers
from serving.office.settling import Came, Settler, hold
from serving.queue.assign import KINDS
from serving.queue.queue import STRUCK
from serving.queue.voiding import clear_desk, void_some

GROUPS: tuple[Group, ...] = ("marks", "numbers", "words")
BY = "office"
MARKS, WORDS = ("checkbox", "choice_group", "signature", "choice"), ("name", "text", "choice")
GROUP_KINDS: dict[Group, tuple[str, ...]] = {
    "marks": MARKS,
    "words": WORDS,
    "numbers": tuple(kind for kind in KINDS if kind not in MARKS + WORDS),
}
"""The kinds of each group of `group_of`. A choice is marked or written, so that it is of two."""


def group_of_kind(kind: str) -> Group:
    """The group of a kind, where the field is not known yet."""
    return next(group for group in GROUPS if kind in GROUP_KINDS[group])


@dataclass(frozen=True, kw_only=True)
class Truster:
    """Knows people's histories and does what they call for."""

    ledger: Ledger
    papers: Papers
    bar: Bar
    settler: Settler

    def history(self, desk: Desk, truth: Truth, person: str) -> History:
        """A person's gold answers and voidings."""
        return History(
            person=person,
            answers=tuple(self._answers(desk, truth, person)),
            voidings=tuple(voiding_of(voided) for voided in desk.judging.voided(person)),
        )

    def judge(self, persons: Sequence[str]) -> list[Voiding]:
        """Void the votes of those who are under the bar; gives the new voidings."""
        found = [self._judged(person) for person in persons]
        return [voiding for voiding in found if voiding is not None]

    def enforce(self) -> Counter[Came]:
        """Void what counts still though a voiding covers it: a process was killed, or somebody on probation voted on a
        task that was handed out before."""
        came: Counter[Came] = Counter()
        with self.ledger.desk_to_read() as desk:
            voided = desk.judging.voided()
        for each in voided:
            voiding = voiding_of(each)
            with self.ledger.desk_to_read() as desk, self.ledger.truth() as truth:
                history = self.history(desk, truth, each.person)
            groups = GROUPS if voiding.group is None else (voiding.group,)
            held = [group for group in groups if standing(history, group, self.bar) in ("probation", "barred")]
            came += self.void(voiding, None, until=each.at)
            for group in held:
                came += self.void(voiding, GROUP_KINDS[group], until=None)
        return came

    def void(self, voiding: Voiding, kinds: Sequence[str] | None, until: str | None) -> Counter[Came]:
        """Void the votes that a voiding covers, of these kinds (None: all of its group), until a time or until now;
        their fields are settled without them, or asked again."""
        came: Counter[Came] = Counter()
        kinds = kinds if kinds is not None or voiding.group is None else GROUP_KINDS[voiding.group]
        while True:
            with self.ledger.writing() as writing:
                desk = writing.desk
                end = until or desk.now()
                cast = desk.votes.cast(voiding.person, voiding.since, end, kinds, 200)
                if not cast:
                    return came
                hold(writing, list(dict.fromkeys(task_id for task_id, _ in cast)))
                touched = void_some(
                    desk, self.settler.rules, voiding.person, voiding.since, end, kinds, voiding.reason, BY
                )
                came += self.settler.settle_again(writing, list(dict.fromkeys(touched)))

    def notice(self, history: History) -> str:
        """What a person is told whose answers do not count any more; "" where they do."""
        states = {standing(history, group, self.bar) for group in GROUPS} & {"probation", "barred"}
        if not states:
            return ""
        if "barred" in states:
            return (
                "Too many of your answers were wrong again: they do not count. Please talk to whoever runs the reviews."
            )
        return (
            "Too many of your answers were wrong: the latest ones do not count. Please take your time; "
            "when your answers are right again, they will count again."
        )

    def _judged(self, person: str) -> Voiding | None:
        with self.ledger.desk_to_read() as desk, self.ledger.truth() as truth:
            voiding = judge(self.history(desk, truth, person), self.bar)
        if voiding is None:
            return None
        with self.ledger.desk() as desk:
            clear_desk(desk, person, None if voiding.group is None else GROUP_KINDS[voiding.group])
            desk.judging.note_voided(person, facts_of(voiding), desk.now())
        return voiding

    def _answers(self, desk: Desk, truth: Truth, person: str) -> "list[GoldAnswer]":
        found = []
        for row in desk.judging.gold_of(person):
            field = self.papers.of(truth, row.crop_id, row.field, row.kind).field
            if row.role == "verifier":  # it was an odd one among others, to be struck out
                found.append(GoldAnswer(at=row.at, group=group_of(field), right=row.outcome == STRUCK))
                continue
            said, true = Entry(text=row.text, outcome=row.outcome), Entry(text=row.true_text, outcome=row.true_outcome)
            found.append(GoldAnswer(at=row.at, group=group_of(field), right=same(said, true, field)))
        return found


def facts_of(voiding: Voiding) -> dict[str, str | None]:
    """A voiding as the ledger keeps it."""
    return {"group": voiding.group, "since": voiding.since, "at": voiding.at, "reason": voiding.reason}


def voiding_of(voided: Voided) -> Voiding:
    """A voiding as it was kept."""
    facts = voided.facts
    return Voiding(
        person=voided.person, group=facts["group"], since=facts["since"], at=facts["at"], reason=facts["reason"]
    )
