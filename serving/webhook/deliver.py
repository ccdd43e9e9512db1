"""Posts what waits: to all receivers at once, to each one after the other, of a record one message after the other."""

import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import inf

from serving.ledger import Ledger
from serving.ledger.clock import milliseconds, utc_now
from serving.ledger.outside import Hook, Message
from serving.webhook.backoff import LONGEST_S, MOST_TRIES, later, pause_s
from serving.webhook.hook import hooks, shown
from serving.webhook.message import letter_of
from serving.webhook.post import SILENCE_S, WHOLE_S, post
from serving.webhook.sign import headers

log = logging.getLogger(__name__)

WORK = "webhooks"
MOST_AT_ONCE = 8
AT_A_TIME = 200
MOST_FAILURES = 3
"""A receiver that refuses so many in a row is left alone until the next pass; one that does not answer, at once."""

GONE = 410


@dataclass(frozen=True, kw_only=True)
class Posted:
    """How a pass went: messages that arrived, that will be tried again, that were given up; and the first reason.

    `elsewhere` says that another process is at it, `stop` that a receiver had better be left alone for now.
    """

    delivered: int = 0
    failed: int = 0
    dead: int = 0
    reason: str = ""
    elsewhere: bool = False
    stop: bool = False

    def __add__(self, other: "Posted") -> "Posted":
        return Posted(
            delivered=self.delivered + other.delivered,
            failed=self.failed + other.failed,
            dead=self.dead + other.dead,
            reason=self.reason or other.reason,
        )

    @property
    def line(self) -> str:
        """One line for people; "" where there is nothing to say."""
        if self.elsewhere:
            return "another process is posting to webhooks"
        parts = [f"{self.delivered:,} messages posted to webhooks"] if self.delivered else []
        parts += [f"{self.failed:,} will be tried again"] if self.failed else []
        parts += [f"{self.dead:,} given up (penfield webhook list)"] if self.dead else []
        return "; ".join(parts) + (f": {self.reason}" if self.reason else "")


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long things may take, in seconds: a step of one POST, one POST, and a whole pass."""

    silence_s: float = SILENCE_S
    whole_s: float = WHOLE_S
    pass_s: float = inf


def post_waiting(
    ledger: Ledger,
    patience: Patience = Patience(),
    *,
    clock: Callable[[], str] = utc_now,
    progress: Callable[[], None] = lambda: None,
) -> Posted:
    """Post every message that is due. What a receiver does is told in the report and never raised.

    At least once: a message counts as delivered when its receiver's yes is noted, and is posted again, under the same
    id, where it could not be. One process posts at a time; `progress` is called after each message.
    """
    found = hooks(ledger)
    if not found:
        return Posted()
    with ledger.alone(WORK) as alone:
        if not alone:
            return Posted(elsewhere=True)
        until = time.monotonic() + patience.pass_s
        passes = [_Pass(ledger=ledger, hook=hook, patience=patience, clock=clock, until=until) for hook in found]
        with ThreadPoolExecutor(min(MOST_AT_ONCE, len(passes)), thread_name_prefix="webhook") as pool:
            return sum(pool.map(lambda one: one.run(progress), passes), Posted())


@dataclass(frozen=True, kw_only=True)
class _Pass:
    """One receiver in one pass."""

    ledger: Ledger
    hook: Hook
    patience: Patience
    clock: Callable[[], str]
    until: float

    def run(self, progress: Callable[[], None]) -> Posted:
        """Post what is due, until nothing is, time is over, or the receiver had better be left alone."""
        done, in_a_row = Posted(), 0
        for message in self._due():
            came = self._try(message)
            done += came
            in_a_row = 0 if came.delivered else in_a_row + 1
            progress()
            if came.stop or in_a_row >= MOST_FAILURES or time.monotonic() > self.until:
                break
        return done

    def _due(self) -> Iterator[Message]:
        """Of each record the first message that waits, where its time has come; then the next."""
        while some := self._some_due():
            yield from some

    def _some_due(self) -> list[Message]:
        now, found = self.clock(), list[Message]()
        seen = set()
        with self.ledger.outside_to_read() as outside:
            for message in outside.hooks.waiting(self.hook):
                if message.event.record not in seen and message.next_at <= now:
                    found.append(message)
                    if len(found) == AT_A_TIME:
                        break
                seen.add(message.event.record)
        return found

    def _try(self, message: Message) -> Posted:
        at, hook = self.clock(), self.hook
        letter = letter_of(self.ledger, hook, message)
        signed = headers(hook.secret, letter.message_id, milliseconds(at) // 1000, letter.body)
        answer = post(hook.url, letter.body, signed, silence_s=self.patience.silence_s, whole_s=self.patience.whole_s)
        tries = message.tries + 1
        with self.ledger.outside() as outside:
            if answer.arrived:
                outside.hooks.attempt(hook, message, "delivered", tries=tries, detail=answer.detail)
                return Posted(delivered=1)
            log.warning("webhook %s (%s): %s", hook.hook_id, shown(hook.url), answer.detail)
            if answer.status == GONE:
                outside.hooks.end(hook.hook_id, "gone")
            if answer.status == GONE or tries >= MOST_TRIES:
                outside.hooks.attempt(hook, message, "dead", tries=tries, detail=answer.detail)
                return Posted(dead=1, reason=answer.detail, stop=answer.status in (None, GONE))
            next_at = later(at, max(pause_s(tries), min(answer.retry_after_s, LONGEST_S)))
            outside.hooks.attempt(hook, message, "failed", tries=tries, detail=answer.detail, next_at=next_at)
        return Posted(failed=1, reason=answer.detail, stop=answer.status is None)
