"""The review server is killed with SIGKILL while people key, again and again: no vote that it confirmed is lost.

    python -m benchmarks.review_kills [--kills 100] [--people 4] [--out out/bench-review-kills]

Whoever gets no answer sends the same answer again to the next server. In the end every confirmed answer must be in the
ledger, once, and nothing else.
"""

import argparse
import random
import threading
import time
from pathlib import Path

import requests

from benchmarks.reviewers import Reviewer, free_port, prepare, server
from serving.ledger import open_ledger


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--people", type=int, default=4)
    parser.add_argument("--out", type=Path, default=Path("out/bench-review-kills"))
    asked = parser.parse_args()
    url, port = prepare(asked.out, 12 * asked.kills, asked.people), free_port()
    over, confirmed, unheard = threading.Event(), set[int](), [0]
    threads = [
        threading.Thread(target=key, args=(port, number, over, confirmed, unheard)) for number in range(asked.people)
    ]
    rng = random.Random(1)
    for number in range(asked.kills + 1):
        with server(url, port):
            if number == 0:
                for thread in threads:
                    thread.start()
                time.sleep(2)
            time.sleep(rng.uniform(0.1, 0.6))
            if number == asked.kills:
                over.set()
                for thread in threads:
                    thread.join()
    report(url, asked.kills, confirmed, unheard[0])


def key(port: int, number: int, over: threading.Event, confirmed: set[int], unheard: list[int]) -> None:
    """Key fields until it is over; what was not answered is sent again."""
    reviewer = Reviewer(port, f"reviewer {number}")
    insist(reviewer.sign_in, over, unheard)
    while not over.is_set():
        token = reviewer.token
        if token is None:
            insist(reviewer.look, over, unheard)
            continue
        if insist(reviewer.key, over, unheard) == 200:
            confirmed.add(token)


def insist(work: object, over: threading.Event, unheard: list[int]) -> object:
    """Do something again until a server answers."""
    while not over.is_set():
        try:
            return work()  # type: ignore[operator]
        except requests.RequestException:
            unheard[0] += 1
            time.sleep(0.02)
    return None


def report(url: str, kills: int, confirmed: set[int], unheard: int) -> None:
    """Compare what was confirmed with what is there."""
    with open_ledger(url) as ledger, ledger.desk_to_read() as desk:
        tasks = {desk.leases.task_of(token) for token in confirmed}
        votes = [vote for task in tasks if task is not None for vote in desk.votes.of_task(task)]
    there = {vote.token for vote in votes}
    doubled = len(votes) - len({(vote.task_id, vote.person) for vote in votes})
    print(f"{kills} kills, {len(confirmed)} votes confirmed, {unheard} requests without an answer")
    print(f"confirmed and not there: {len(confirmed - there)}; a person twice on one field: {doubled}")
    if confirmed - there or doubled or not confirmed:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
