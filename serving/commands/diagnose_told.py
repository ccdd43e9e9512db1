"""A diagnosis in words."""

from collections import Counter

from serving.diagnose import Diagnosis, Slice
from serving.office import Became

SHOWN = 5
BECAME: dict[Became, str] = {
    "with_people": "are with people already",
    "settled": "people have settled before",
    "rescan": "are to be scanned again",
    "erased": "were erased",
}


def told_of(found: Diagnosis) -> list[str]:
    """All that is known of an alarm, line by line; nothing of a field's content is in it."""
    alarm, suspicion, seen = found.alarm, found.suspicion, found.seen
    lines = [
        f"alarm {alarm.seq}  {alarm.monitor}: {alarm.where}",
        f"   {found.how} {found.start[:16]}; {alarm.grounds}",
        f"compared: {len(seen.before):,} fields before, {len(seen.since):,} since",
        f"suspected stage: {suspicion.stage} - {suspicion.why}",
        *(f"   {stage}: {shift.says}" for stage, shift in suspicion.shifts),
    ]
    asked = found.scores.asked
    if found.slices:
        lines.append(f"where it gathers, by {asked} and what people take for such fields:")
        lines += [f"   {_slice(each)}" for each in found.slices]
    else:
        lines.append("where it gathers: not known" if not asked else "where it gathers: everywhere alike")
    ids = found.prediction_ids
    if not ids:
        return [*lines, "no field was read since"]
    more = f", and {len(ids) - SHOWN:,} more (--ids lists all)" if len(ids) > SHOWN else ""
    return [
        *lines,
        f"first page: {found.first}",
        f"predictions: {', '.join(each[:12] for each in ids[:SHOWN])}{more}",
        f"replay them: penfield replay --alarm {alarm.seq}",
        f"send them to people: penfield diagnose {alarm.seq} --review ({found.unseen:,} were accepted unseen)",
    ]


def told_became(became: Counter[Became]) -> list[str]:
    """What became of fields that were to be put to people."""
    asked = became["asked"]
    rest = [f"{became[name]:,} {words}" for name, words in BECAME.items() if became[name]]
    lines = [f"put to people: {asked:,} fields" + (f"; {', '.join(rest)}" if rest else "")]
    return [*lines, "until people have settled them, records keep what they say"] if asked else lines


def _slice(each: Slice) -> str:
    where = ", ".join(f"{name} {value}" for name, value in each.predicates)
    return f"{where}: {each.size:,} fields, score {each.score:.2f}"
