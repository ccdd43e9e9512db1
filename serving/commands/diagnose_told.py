"""A diagnosis in words."""

from serving.diagnose import Diagnosis, Slice

SHOWN = 5


def told_of(found: Diagnosis) -> list[str]:
    """All that is known of an alarm, line by line; nothing of a field's content is in it."""
    alarm, suspicion = found.alarm, found.suspicion
    lines = [
        f"alarm {alarm.seq}  {alarm.monitor}: {alarm.where}",
        f"   first seen {alarm.first_seen[:16]}; {alarm.grounds}",
        f"compared: {found.before:,} fields before, {found.since:,} since",
        f"suspected stage: {suspicion.stage} - {suspicion.why}",
        *(f"   {stage}: {shift.says}" for stage, shift in suspicion.shifts),
    ]
    if found.slices:
        lines.append(f"where it gathers, by {found.asked} and what people take for such fields:")
        lines += [f"   {_slice(each)}" for each in found.slices]
    else:
        lines.append("where it gathers: not known" if not found.asked else "where it gathers: everywhere alike")
    if not found.prediction_ids:
        return [*lines, "no field was read since"]
    ids = found.prediction_ids
    more = f", and {len(ids) - SHOWN:,} more (--ids lists all)" if len(ids) > SHOWN else ""
    return [
        *lines,
        f"first page: {found.first}",
        f"predictions: {', '.join(each[:12] for each in ids[:SHOWN])}{more}",
        f"replay them: penfield replay --alarm {alarm.seq}",
    ]


def _slice(each: Slice) -> str:
    where = ", ".join(f"{name} {value}" for name, value in each.predicates)
    return f"{where}: {each.size:,} fields, score {each.score:.2f}"
