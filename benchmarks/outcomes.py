"""Answer or none? The outcome head on writers that it never saw: who is called what, and how often answers are refused.

    python benchmarks/outcomes.py [--data ../shared/data] [--bundle data/bundle] [--count 12000 --test 12000]

Fits a head on the bundle's text network and the training writers, as `penfield train` does, and measures it on the test
writers. The answers are people's; the non-answers are drawn from their writing, for want of sets of real ones.
"""

import argparse
import time
from pathlib import Path

import torch

from recognizer.alphabet import Alphabet
from recognizer.outcome import OUTCOME_CLASSES
from training.corpora.nonanswers import single_characters
from training.corpora.sample import Corpus, Split
from training.fit_outcomes import OutcomeScore, fit_outcomes, look, score_outcomes
from training.mix import drawn_corpora, shared_corpora
from training.pack import load_networks


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--data", type=Path, default=Path("../shared/data"))
    arguments.add_argument("--bundle", type=Path, default=Path("data/bundle"))
    arguments.add_argument("--count", type=int, default=12_000)
    arguments.add_argument("--test", type=int, default=12_000)
    arguments.add_argument("--split", choices=("tune", "test"), default="test")
    options = arguments.parse_args()
    if not options.data.exists():
        raise SystemExit(f"{options.data} is not there: this benchmark needs the optional shared data folder")
    torch.set_num_threads(1)
    net = load_networks(options.bundle).general.text
    began = time.process_time()
    head = fit_outcomes(net, sources(options.data, "train"), sources(options.data, "tune"), told, count=options.count)
    parameters = sum(p.numel() for p in head.parameters())
    print(f"fitted in {time.process_time() - began:.0f} s of one processor, {parameters:,} parameters")
    report(score_outcomes(head, look(net, sources(options.data, options.split), options.test, 99)))


def sources(folder: Path, split: Split) -> list[Corpus]:
    alphabet = Alphabet()
    return shared_corpora(folder, split, alphabet) + single_characters(folder, split, alphabet) + drawn_corpora(split)


def told(step: int, metrics: object) -> None:
    print(f"step {step}: {metrics}", flush=True)


def report(score: OutcomeScore) -> None:
    print(f"{'is / called':12}" + "".join(f"{name:>12}" for name in OUTCOME_CLASSES))
    for name, row in zip(OUTCOME_CLASSES, score.confusion, strict=True):
        print(f"{name:12}" + "".join(f"{share:12.2%}" for share in row / max(1, row.sum())) + f"  of {row.sum()}")
    for source, (wrong, count) in score.false_alarms.items():
        print(f"answers refused, {source}: {wrong} of {count} ({wrong / count:.2%})")
    for way, (noticed, count) in score.found.items():
        print(f"non-answers noticed, {way}: {noticed} of {count} ({noticed / count:.1%})")
    print(f"ECE of P(text) among fields of which 94% are answers: {score.ece:.4f}")


if __name__ == "__main__":
    main()
