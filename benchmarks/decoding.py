"""Decoding alone: milliseconds per field by kind, on what the shipped bundle says of drawn fields.

    python benchmarks/decoding.py [--fields 200] [--bundle data/bundle] [--frames 256]

Fields are drawn in handwriting fonts. One core; the network's time does not count. `wrong` reads other fields (words)
in the language, `flat` decodes made-up frames that say nothing: the worst that can come in.
"""

import argparse
import datetime
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from recognizer.alphabet import Alphabet
from recognizer.automaton import Automaton
from recognizer.bundle import Bundle, load_bundle
from recognizer.decode import decode
from recognizer.form import Field, Rules
from recognizer.form.language import automaton_of
from recognizer.line import line_image, pad_line
from recognizer.network import log_softmax
from training.corpora import grammar
from training.corpora.fonts import ENDINGS, word
from training.samples.fonts import HANDS
from training.samples.pen import CAPITALS_ONLY, random_hand, write

ENTRIES = 5_000
FONTS = sorted(set(HANDS) - set(CAPITALS_ONLY))
Rng = np.random.Generator


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--fields", type=int, default=200)
    arguments.add_argument("--bundle", type=Path, default=Path("data/bundle"))
    arguments.add_argument("--frames", type=int, default=256)
    options = arguments.parse_args()
    bundle, rng = load_bundle(options.bundle), np.random.default_rng(1)
    streets = sorted({street(rng) for _ in range(2 * ENTRIES)})
    streets = [str(name) for name in rng.choice(streets, ENTRIES, replace=False)]
    show_start(bundle.general.alphabet)
    words = [read(bundle, word(rng), rng) for _ in range(options.fields)]
    flat = [made_up(bundle.general.alphabet, options.frames, kind, rng) for kind in ("uniform", "noise", "blank")]
    print(f"{'':22}{'states':>8}{'steps':>8}{'compile':>9} ms |  median     p99 ms  proved |  wrong p99 |  flat max")
    for name, (definition, draw) in languages(streets).items():
        started = time.perf_counter()
        automaton = automaton_of(definition, bundle.general.alphabet)
        compile_ms = (time.perf_counter() - started) * 1000
        outputs = [read(bundle, draw(rng), rng) for _ in range(options.fields)]
        ms, proved = measure(outputs, automaton)
        wrong, _ = measure(words, automaton)
        worst, _ = measure(flat, automaton)
        size = f"{len(automaton.accepting):8,}{len(automaton.step_to):8,}{compile_ms:9.1f}"
        mine = f"{np.median(ms):8.2f}{np.percentile(ms, 99):8.2f}{proved:11.1%}"
        print(f"{name:22}{size}    |{mine} |{np.percentile(wrong, 99):11.2f} |{max(worst):10.2f}", flush=True)


def show_start(alphabet: Alphabet) -> None:
    """Decode for the first time: numba compiles, or loads what it has compiled in an earlier run."""
    first = made_up(alphabet, 64, "uniform", np.random.default_rng(0))
    started = time.perf_counter()
    decode(first, automaton_of(field("digits"), alphabet))
    decode(first, automaton_of(field("text", lexicon=("Main Street",)), alphabet))
    print(f"first use: {time.perf_counter() - started:.2f} s")


def languages(streets: list[str]) -> dict[str, tuple[Field, Callable[[Rng], str]]]:
    """The fields by name, each with what draws texts that belong there."""
    days = Rules(not_before=datetime.date(1900, 1, 1), not_after=datetime.date(2026, 12, 31))
    return {
        "digits": (field("digits"), grammar.digits),
        "digits, \\d{9}": (field("digits", pattern=r"\d{9}"), lambda rng: grammar.digits(rng, 9, 9)),
        "digits, Luhn": (field("digits", pattern=r"\d{16}", rules=Rules(check_digit="luhn")), card),
        "date": (field("date"), date),
        "date, 1900-2026": (field("date", rules=days), date),
        "amount": (field("amount"), grammar.amount),
        "amount, 500-2000000": (field("amount", rules=Rules(min_value=500, max_value=2_000_000)), grammar.amount),
        "ssn": (field("ssn"), grammar.ssn),
        "phone": (field("phone"), grammar.phone),
        "name": (field("name"), word),
        "lexicon of 5,000": (field("text", lexicon=tuple(streets)), lambda rng: str(rng.choice(streets))),
        "free text": (field("text"), lambda rng: " ".join(word(rng) for _ in range(3))),
        "free text, at most 60": (field("text", rules=Rules(max_length=60)), lambda rng: street(rng)),
    }


def field(kind: str, **settings: object) -> Field:
    return Field(name="field", kind=kind, box=(0, 0, 9, 9), **settings)  # type: ignore[arg-type]


def street(rng: Rng) -> str:
    return f"{word(rng)} {rng.choice(ENDINGS)}"


def date(rng: Rng) -> str:
    """A date that exists, month first."""
    day = datetime.date(1900, 1, 1) + datetime.timedelta(days=int(rng.integers(46_000)))
    return day.strftime(str(rng.choice(["%m/%d/%Y", "%m-%d-%Y", "%m/%d/%y"])))


def card(rng: Rng) -> str:
    """Sixteen digits that pass Luhn's check."""
    digits = grammar.digits(rng, 15, 15)
    total = sum(d if i % 2 else 2 * d - 9 * (d > 4) for i, d in enumerate(map(int, digits)))
    return digits + str(-total % 10)


def read(bundle: Bundle, text: str, rng: Rng) -> np.ndarray:
    """(frames, classes) log probabilities of a text in a handwriting font."""
    hand = random_hand(rng, str(rng.choice(FONTS)))
    line = line_image(np.pad(write(text, hand.font, rng, 32.0, hand=hand), 8, constant_values=255))
    assert line is not None
    return log_softmax(bundle.general.network(pad_line(line))[0][0])


def made_up(alphabet: Alphabet, frames: int, kind: str, rng: Rng) -> np.ndarray:
    """Frames that say nothing: all classes alike, noise, or nothing but blanks."""
    logits = rng.normal(0, 5, (frames, len(alphabet))) * (kind == "noise")
    logits[:, 0] += 30 * (kind == "blank")
    return logits - np.log(np.exp(logits).sum(1, keepdims=True))


def measure(outputs: list[np.ndarray], automaton: Automaton) -> tuple[list[float], float]:
    """Milliseconds of processor time for each, the best of three runs, and the share whose text is proved the best."""
    times, proved = [], 0
    for log_probs in outputs:
        runs = []
        for _ in range(3):
            started = time.process_time()
            decoded = decode(log_probs, automaton)
            runs.append((time.process_time() - started) * 1000)
        times.append(min(runs))
        proved += decoded.is_exact
    return times, proved / len(outputs)


if __name__ == "__main__":
    main()
