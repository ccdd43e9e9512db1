"""The queue as one would explain it: lists, loops, and no thought of speed. Tests hold the real one against it."""

from dataclasses import dataclass, field

from serving.queue import Rules, Task

UNDONE = "taken back"


@dataclass
class Held:
    token: int
    task: Task
    person: str
    sitting: str
    role: str
    expires: float
    ended: bool = False
    vote: str | None = None
    void: bool = False


@dataclass
class Model:
    tasks: dict[str, Task]
    rules: Rules
    now: float = 0.0
    leases: dict[int, Held] = field(default_factory=dict)
    wants: dict[str, tuple[int, str]] = field(default_factory=dict)
    wanted_before: dict[str, tuple[int, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, task in self.tasks.items():
            self.wants[name] = self.wanted_before[name] = (task.votes, task.role)

    def live(self, task_id: str | None = None, person: str | None = None) -> list[Held]:
        return [
            held
            for held in self.leases.values()
            if not held.ended
            and held.expires > self.now
            and task_id in (None, held.task.task_id)
            and person in (None, held.person)
        ]

    def missing(self, task_id: str) -> int:
        votes, role = self.wants[task_id]
        valid = [
            held
            for held in self.leases.values()
            if held.task.task_id == task_id and held.vote is not None and not held.void and held.role == role
        ]
        return max(0, votes - len(valid))

    def free(self, task_id: str) -> int:
        """Votes that are wanted and on nobody's desk."""
        return self.missing(task_id) - len(self.live(task_id))

    def may_have(self, person: str, sitting: str, role: str) -> set[str]:
        had = [held for held in self.leases.values() if held.person == person]
        crops = {held.task.crop_id for held in had}
        records = {held.task.record_id for held in had if held.sitting == sitting} - {None}
        return {
            name
            for name, task in self.tasks.items()
            if self.wants[name][1] == role
            and self.free(name) > 0
            and task.crop_id not in crops
            and task.record_id not in records
        }

    def submit(self, token: int, person: str, text: str) -> str:
        held = self.leases.get(token)
        if held is None or held.person != person:
            return "unknown"
        if held.vote is not None:
            return "taken_back" if held.void else "again" if held.vote == text else "answered"
        if held.ended:
            return "ended"
        if held.expires <= self.now and (self.wants[held.task.task_id][1] != held.role or not self.fits(held)):
            return "too late"
        held.vote, held.ended = text, True
        return "late" if held.expires <= self.now else "in time"

    def fits(self, held: Held) -> bool:
        return self.free(held.task.task_id) > 0

    def want(self, task_id: str, votes: int, role: str) -> None:
        self.wants[task_id] = (votes, role)
        if votes:
            self.wanted_before[task_id] = (votes, role)
        on_desks = sorted(self.live(task_id), key=lambda held: held.token)
        keep = [held for held in on_desks if held.role == role][: self.missing(task_id)]
        for held in on_desks:
            held.ended = held not in keep

    def void(self, person: str) -> set[str]:
        for held in self.live(person=person):
            held.ended = True
        struck = [h for h in self.leases.values() if h.person == person and h.vote is not None and not h.void]
        for held in struck:
            held.void = True
        for task_id in {held.task.task_id for held in struck}:
            if self.wants[task_id][0] == 0:
                self.wants[task_id] = self.wanted_before[task_id]
        return {held.task.task_id for held in struck}
