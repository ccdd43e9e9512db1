"""One round: what it came to, and what it keeps so that it can go on after it was killed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree

from training.loop.judge import Judged


@dataclass(frozen=True, kw_only=True)
class Round:
    """What a round came to. Without `bundle_id` there is no challenger, and `reason` says why; `champion` is the bundle
    that it began with, `trial_id` where the challenger stands its trial. `before` and `after` are both on the held-out
    examples of the side `test`. `readers`: how far each went from the champion's weights."""

    champion: str
    new: int
    examples: int
    set_digest: str = ""
    reason: str = ""
    bundle_id: str = ""
    trial_id: str = ""
    readers: Mapping[str, float] | None = None
    before: Judged | None = None
    after: Judged | None = None

    @property
    def score(self) -> str:
        """Both on held-out examples, in words; "" where nobody was examined."""
        if self.before is None or self.after is None:
            return ""
        return (
            f"of {self.after.count:,} held-out examples the champion reads {self.before.right:,} rightly, "
            f"the challenger {self.after.right:,}"
        )


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where rounds lie: `folder`/KEY each, and in `folder`/round.json which one runs and as of when it is."""

    folder: Path

    @property
    def _note(self) -> Path:
        return self.folder / "round.json"

    def known_at(self, champion: str) -> str | None:
        """As of when an interrupted round is that began with this champion, None where there is none."""
        try:
            noted = json.loads(self._note.read_text(encoding="utf-8"))
            return str(noted["known_at"]) if noted["champion"] == champion else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def begin(self, key: str, champion: str, known_at: str) -> Path:
        """The folder of a round; others, which nobody goes on with, are cleared away."""
        work = self.folder / key
        work.mkdir(parents=True, exist_ok=True)
        partial = self._note.with_suffix(".partial")
        partial.write_text(json.dumps({"key": key, "champion": champion, "known_at": known_at}), encoding="utf-8")
        partial.replace(self._note)
        for other in self.folder.iterdir():
            if other.is_dir() and other != work:
                clear(other)
        return work

    def end(self, key: str) -> None:
        """Nothing of the round is needed any more but its log."""
        self._note.unlink(missing_ok=True)
        clear(self.folder / key)


def clear(work: Path) -> None:
    """Of a round that is over its log stays. A folder that is no round's is left alone."""
    if not (work / "log.jsonl").exists():
        return
    for path in work.iterdir():
        if path.is_dir():
            rmtree(path, ignore_errors=True)
