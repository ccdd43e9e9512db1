"""Fifty people at the review page at once: how long the server takes to take an answer and give the next field.

    python -m benchmarks.review_load [--people 50] [--seconds 60] [--think 3] [--out out/bench-review-load]

Everybody thinks for a while (lognormal, median --think seconds) before each answer. People and server share the
machine; the server is a process of its own, and settles meanwhile.
"""

import argparse
import threading
import time
from pathlib import Path

import numpy as np

from benchmarks.reviewers import Reviewer, free_port, prepare, server


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--think", type=float, default=3.0, help="median seconds between an answer and the next")
    parser.add_argument("--out", type=Path, default=Path("out/bench-review-load"))
    asked = parser.parse_args()
    pages = int(1.5 * asked.people * (asked.seconds / asked.think + 4) / 2)
    url, port = prepare(asked.out, pages, asked.people), free_port()
    with server(url, port):
        answers, pictures, refused = crowd(port, asked.people, asked.seconds, asked.think)
    print(f"{asked.people} people for {asked.seconds:.0f} s, an answer about every {asked.think:g} s: "
          f"{len(answers)} answers, {refused} refused")  # fmt: skip
    print("| server's time | median | p95 | p99 | worst |\n| --- | --- | --- | --- | --- |")
    for name, spent in (("answer taken, next field shown", answers), ("picture", pictures)):
        cells = [f"{1000 * np.percentile(spent, share):.0f} ms" for share in (50, 95, 99, 100)]
        print(f"| {name} | {' | '.join(cells)} |")


def crowd(port: int, people: int, seconds: float, think: float) -> tuple[list[float], list[float], int]:
    """The seconds of all answers and pictures, and how many answers were not taken."""
    answers: list[float] = []
    pictures: list[float] = []
    refused: list[int] = []
    signed_in = threading.Barrier(people + 1)

    def work(number: int) -> None:
        rng, reviewer = np.random.default_rng(number), Reviewer(port, f"reviewer {number}")
        reviewer.sign_in()
        signed_in.wait()
        until = time.monotonic() + seconds
        time.sleep(rng.uniform(0, think))
        while time.monotonic() < until:
            if reviewer.token is None:
                reviewer.look()
                time.sleep(0.5)
                continue
            pictures.append(timed(reviewer.picture))
            time.sleep(float(rng.lognormal(np.log(think), 0.5)))
            statuses: list[int] = []
            answers.append(timed(lambda: statuses.append(reviewer.key())))  # noqa: B023  # called at once
            refused.extend(status for status in statuses if status != 200)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(people)]
    for thread in threads:
        thread.start()
    signed_in.wait()
    for thread in threads:
        thread.join()
    return answers, pictures, len(refused)


def timed(work: object) -> float:
    """The seconds that a call takes."""
    began = time.perf_counter()
    work()  # type: ignore[operator]
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
