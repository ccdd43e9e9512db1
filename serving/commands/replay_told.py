"""What `penfield replay` says. Sensitive values are masked, as everywhere outside ledger and records."""

import time
from collections import Counter, defaultdict
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from serving.commands.truth_told import console
from serving.door import Door
from serving.ledger import Ledger, Prediction
from serving.ledger.origin import Origin
from serving.replay import STAGES, Replay, Replayer
from serving.replay.ask import Asked, ask
from serving.replay.forms import Forms
from serving.replay.stage import Otherwise
from serving.truth.moment import shown

SHORT_ID = 12
MOST_SHOWN = 20
COLORS = {"identical": "green", "differs": "red", "missing": "yellow", "left out": "dim"}
ANSWERS = {True: "right", False: "wrong", None: "nobody said"}


def show_replays(replayer: Replayer, ids: Sequence[str], *, single: bool) -> bool:
    """Make predictions again and tell it; returns whether all came out as recorded."""
    out, began = console(), time.perf_counter()
    replays = list(replayer.all(ids))
    seconds = time.perf_counter() - began
    if single:
        for replay in replays:
            _tell(out, replay)
    else:
        _tell_all(out, replays, seconds)
    return all(replay.is_identical for replay in replays)


def _tell(out: Console, replay: Replay) -> None:
    if replay.origin is not None:
        _tell_origin(out, replay.origin)
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for heading in ("stage", "", ""):
        table.add_column(heading)
    for stage in replay.stages:
        color = COLORS[stage.state]
        table.add_row(stage.name, f"[{color}]{stage.state}[/]", escape(stage.why))
    out.print(table)
    first = replay.first
    if first is None:
        out.print("\n[green]Identical[/]: the same bytes give the same answer, digest by digest.")
        return
    out.print(f"\n[bold]The first that is not as recorded: {first.name}[/] ({first.code}).")
    if replay.origin is not None and replay.now is not None and replay.now is not replay.origin.prediction:
        then, now = replay.origin.prediction, replay.now
        out.print(f"then {_says(then, replay.origin)}, now {_says(now, replay.origin)}")


def _tell_origin(out: Console, origin: Origin) -> None:
    said = origin.prediction
    out.print(f"[bold]{escape(_address(origin))}[/] ({origin.kind}), read {shown(said.created_at)} for {said.purpose}")
    out.print(f"prediction {said.prediction_id}, model {said.bundle_id}\n", style="dim")


def _tell_all(out: Console, replays: Sequence[Replay], seconds: float) -> None:
    states = Counter[tuple[str, str]]((stage.name, stage.state) for replay in replays for stage in replay.stages)
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("stage")
    for state in COLORS:
        table.add_column(state, justify="right")
    for name in STAGES:
        table.add_row(name, *[f"{states[name, state]:,}" if states[name, state] else "–" for state in COLORS])
    out.print(table)
    other = [replay for replay in replays if not replay.is_identical]
    if other:
        _tell_why(out, other)
    each = f", {seconds / len(replays) * 1000:,.0f} ms each" if replays else ""
    out.print(
        f"\n{len(replays):,} predictions made again in {seconds:,.1f} s{each}: "
        f"[green]{len(replays) - len(other):,} identical[/], {len(other):,} not"
    )


def _tell_why(out: Console, other: Sequence[Replay]) -> None:
    groups: dict[tuple[str, str], list[Replay]] = defaultdict(list)
    for replay in other:
        assert replay.first is not None
        groups[replay.first.name, replay.first.code].append(replay)
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for heading in ("first at", "why", "", "for example"):
        table.add_column(heading, justify="right" if not heading else "left")
    for (stage, code), group in sorted(groups.items(), key=lambda item: -len(item[1])):
        table.add_row(stage, code, f"{len(group):,}", f"{group[0].prediction_id[:SHORT_ID]}: {escape(_why(group[0]))}")
    out.print("\n[bold]The first stage that is not as recorded[/]")
    out.print(table)


def _why(replay: Replay) -> str:
    assert replay.first is not None
    return replay.first.why


def show_asked(ledger: Ledger, forms: Forms, door: Door, ids: Sequence[str], *, single: bool) -> None:
    """Tell what the model behind a door says of the crops of predictions."""
    out, asked, refused = console(), [], Counter[str]()
    with ledger.replaying_to_read() as rows:
        origins = [rows.origin(name) for name in rows.by_page(ids)]
    for origin in origins:
        if origin is None:
            refused["not_recorded: the ledger has no page to which the prediction belongs"] += 1
            continue
        try:
            asked.append(ask(ledger, forms, door, origin))
        except Otherwise as other:
            refused[f"{other.code}: {other.why}"] += 1
    if single and asked:
        _tell_asked(out, asked[0])
    elif asked:
        _tell_many(out, asked, door.bundle_id)
    for why, count in refused.most_common():
        out.print(f"[yellow]{count:,} could not be asked about[/]: {escape(why)}")


def _tell_asked(out: Console, asked: Asked) -> None:
    _tell_origin(out, asked.origin)
    origin = asked.origin
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for heading in ("who", "says", "sure", ""):
        table.add_column(heading)
    rows = (
        ("then", asked.origin.prediction, asked.recorded_right), ("asked now", asked.said, asked.said_right)
    )  # fmt: skip
    for when, said, right in rows:
        sure = f"{said.reading.confidence:.1%}"
        table.add_row(f"{when}: model {said.bundle_id[:SHORT_ID]}", escape(_says(said, origin)), sure, ANSWERS[right])
    if asked.settled is not None:
        settled = asked.settled
        words = _words(settled.outcome, settled.text, origin)
        table.add_row(f"settled: {settled.source}", escape(words), "", f"known since {shown(settled.known_at)}")
    out.print(table)


def _tell_many(out: Console, asked: Sequence[Asked], bundle_id: str) -> None:
    other = [each for each in asked if not each.agrees]
    settled = [each for each in asked if each.settled is not None]
    if other:
        _tell_other(out, other)
    out.print(
        f"\n{len(asked):,} crops read by {bundle_id[:SHORT_ID]}: the same as recorded {len(asked) - len(other):,}, "
        f"otherwise {len(other):,}"
    )
    if settled:
        then, now = (sum(bool(right) for right in rights) for rights in zip(
            *[(each.recorded_right, each.said_right) for each in settled], strict=True))  # fmt: skip
        out.print(f"of the {len(settled):,} that people settled, right then {then:,}, right now {now:,}")


def _tell_other(out: Console, other: Sequence[Asked]) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for heading in ("field", "said then", "would say", "settled", "then", "now"):
        table.add_column(heading)
    for each in other[:MOST_SHOWN]:
        origin, settled = each.origin, each.settled
        table.add_row(
            escape(_address(each.origin)),
            escape(_says(origin.prediction, origin)),
            escape(_says(each.said, origin)),
            escape(_words(settled.outcome, settled.text, origin)) if settled is not None else "–",
            ANSWERS[each.recorded_right] if settled is not None else "–",
            ANSWERS[each.said_right] if settled is not None else "–",
        )
    out.print(table)
    if len(other) > MOST_SHOWN:
        out.print(f"and {len(other) - MOST_SHOWN:,} more", style="dim")


def _address(origin: Origin) -> str:
    scan = origin.scans[0][0] if origin.scans else origin.page.scan_digest[:SHORT_ID]
    return f"{scan}:{origin.page.page_no}:{origin.field}"


def _says(said: Prediction, origin: Origin) -> str:
    return _words(said.reading.outcome, said.reading.text, origin)


def _words(outcome: str, text: str, origin: Origin) -> str:
    if outcome != "text":
        return f"– {outcome} –"
    return origin.shown(text)
