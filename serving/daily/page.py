"""A day as one HTML page, for a mail client or a browser; and in plain text, for those who read letters as text."""

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from serving.daily.day import Day
from serving.daily.headline import Figure, age, headline, hours, in_a_sentence, percent
from serving.daily.trials import share_words, trial_line, trying
from serving.daily.unknown import unknown
from serving.ledger import Alarm
from serving.metrics.accuracy import ALL
from serving.metrics.work import seconds_between
from serving.models.story import trial_words
from serving.truth.moment import shown

if TYPE_CHECKING:
    from jinja2 import Template

Source = Callable[[str], str]
"""Where a picture is found, by its name: an address for `src`."""


def html(
    day: Day, source: Source, drawn: Mapping[str, bytes], crops: Mapping[str, bytes], *, values: bool = True
) -> str:
    """The report. Pictures that were not drawn are not referred to; without `values`, nothing that anybody wrote on a
    form is in it. Styles are written into the elements, as mail
    clients want it; what only a browser understands (dark screens, phones) stays in the head."""
    import css_inline

    text = _template().render(
        day=day, figures=headline(day), unknown=unknown(day), kinds=_kinds(day), mistakes=_mistakes(day),
        trials=trying(day), source=source, drawn=drawn, crops=crops, values=values, all=ALL,
    )  # fmt: skip
    return css_inline.CSSInliner(keep_style_tags=True, load_remote_stylesheets=False).inline(text)


def plain(day: Day) -> str:
    """The same in plain text, without pictures."""
    parts = [
        f"Penfield, {day.day:%A %-d %B %Y}: {in_a_sentence(day)}.",
        "\n".join(_line(figure) for figure in headline(day)),
        _section("Not known", unknown(day)),
        _section("Alarms", [_alarm(each) for each in day.alarms]),
        _section("Models", [_champion(row) for row in day.rows("champions")]),
        _section("Models in trial", [trial_line(each) for each in trying(day)]),
        _section("Changes of models", [_change(row) for row in day.rows("activations")]),
        _section("What took people longest", [_taking(row) for row in day.rows("fields")]),
        _section("Accepted, and found wrong", [_wrong(row) for row in _mistakes(day)]),
        _section(f"Waiting now: {day.line.votes:,} answers, {day.line.overdue:,} overdue", [
            f"{row['form']} {row['field']}: {_age(row, day)}" for row in day.oldest
        ]),
    ]  # fmt: skip
    return "\n\n".join(part for part in parts if part) + "\n"


def _line(figure: Figure) -> str:
    told = ", ".join(words for words in (figure.note, figure.change) if words)
    return f"{figure.value:>10}  {figure.name}" + (f" ({told})" if told else "")


def _alarm(alarm: Alarm) -> str:
    why = f"; why: penfield diagnose {alarm.seq}" if alarm.is_holding else ""
    return f"{alarm.monitor}: {alarm.where}; {alarm.grounds}{why}"


def _section(title: str, lines: Any) -> str:
    return "\n".join([title, *(f"  - {line}" for line in lines)]) if lines else ""


def _champion(row: Mapping[str, Any]) -> str:
    bundle = row["bundle_id"][:12] or "the champion of all"
    return f"{row['scope'] or 'all fields'}: {bundle}, since {row['activated_at']:%Y-%m-%d}"


def _change(row: Mapping[str, Any]) -> str:
    """A change of models with what it rests on, where a trial made or undid it."""
    bundle = row["bundle_id"][:12] or "the champion of all"
    undone = " (undone since)" if row["undone"] else ""
    told = f"{row['how']} for {row['scope'] or 'all fields'}: {bundle}{undone}, by {row['by']}: {row['reason']}"
    evidence = trial_words(json.loads(row["evidence"] or "{}"))
    return f"{told} [{evidence}]" if evidence else told


def _taking(row: Mapping[str, Any]) -> str:
    return f"{row['form']} {row['field']}: {row['minutes']:.0f} minutes, {row['to_people']:,} of {row['fields']:,} sent"


def _wrong(row: Mapping[str, Any]) -> str:
    return f"{row['form']} {row['field']}: read {row['said']}, {row['source']} says {row['true']}"


def _kinds(day: Day) -> list[dict[str, Any]]:
    """The kinds of which something was accepted, all together last."""
    estimated = {row["kind"]: row["estimated"] for row in day.rows("kinds")} | {ALL: day.estimated}
    return [
        {"name": name, "accuracy": accuracy, "estimated": estimated[name]}
        for name, accuracy in day.accuracy.items()
        if accuracy.accepted
    ]


def _mistakes(day: Day) -> list[dict[str, Any]]:
    return [
        dict(row) | {
            "said": row["read"] if row["read_outcome"] == "text" else row["read_outcome"],
            "true": row["settled"] if row["settled_outcome"] == "text" else row["settled_outcome"],
        }
        for row in day.rows("mistakes")
    ]  # fmt: skip


def _age(row: Mapping[str, Any], day: Day) -> str:
    return age(seconds_between(row["since"], day.made_at)) + (
        ", overdue" if row["target_at"] and row["target_at"] < day.made_at else ""
    )


@cache
def _template() -> "Template":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("serving.daily", "."), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {"percent": percent, "hours": hours, "shown": shown}
    environment.globals |= {"waited": _age, "sentence": in_a_sentence, "change": _change, "share": share_words}
    return environment.get_template("daily.html.j2")
