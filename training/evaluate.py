"""Accuracy of a text network on held-out writers: exact match and character error rate, greedy decoding."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from rapidfuzz.distance import Levenshtein

from recognizer.alphabet import Alphabet, normal_text
from recognizer.line import line_image
from training.corpora.sample import Corpus
from training.net.text import TextNet, pad_lines


@dataclass(frozen=True, kw_only=True)
class Score:
    """Share of texts that are exactly right, and edits per true character, over `count` samples."""

    exact: float
    cer: float
    count: int


@dataclass(frozen=True, kw_only=True)
class Miss:
    """One wrongly read line."""

    source: str
    text: str
    read: str
    line: np.ndarray


def greedy(logits: torch.Tensor, alphabet: Alphabet) -> list[str]:
    """Best path of (n, frames, classes) logits: drop repeats, then blanks."""
    texts = []
    for path in logits.argmax(2).tolist():
        kept = [c for c, before in zip(path, [0, *path[:-1]], strict=True) if c and c != before]
        texts.append("".join(alphabet.characters[c - 1] for c in kept))
    return texts


def held_out(corpora: Iterable[Corpus], count: int, seed: int = 1) -> dict[str, list[tuple[np.ndarray, str]]]:
    """The same `count` (line, text) pairs of each corpus every time."""
    lines = {}
    for corpus in corpora:
        rng = np.random.default_rng(seed)
        picked = rng.permutation(corpus.size)[: min(count, corpus.size)]
        samples = [corpus.draw(int(i), rng) for i in picked]
        lines[corpus.name] = [(line, s.text) for s in samples if (line := line_image(s.image)) is not None]
    return lines


@torch.inference_mode()
def evaluate(
    net: TextNet, alphabet: Alphabet, lines: dict[str, list[tuple[np.ndarray, str]]]
) -> tuple[dict[str, Score], list[Miss]]:
    """Score a network per source, and give each source's dozen worst misses, worst first."""
    net.eval()
    scores, misses = {}, []
    for source, unsorted in lines.items():
        if not unsorted:
            continue
        pairs = sorted(unsorted, key=lambda pair: pair[0].shape[1])
        reads = [text for group in _chunks(pairs, 32) for text in _read(net, alphabet, group)]
        edits = [
            Levenshtein.distance(read, alphabet.written(text)) for read, (_, text) in zip(reads, pairs, strict=True)
        ]
        scores[source] = Score(
            exact=float(np.mean([e == 0 for e in edits])),
            cer=sum(edits) / max(1, sum(len(text) for _, text in pairs)),
            count=len(pairs),
        )
        wrong = [
            (e, Miss(source=source, text=text, read=read, line=line))
            for e, read, (line, text) in zip(edits, reads, pairs, strict=True)
            if e
        ]
        misses += [miss for _, miss in sorted(wrong, key=lambda pair: -pair[0])[:12]]
    return scores, misses


def _read(net: TextNet, alphabet: Alphabet, group: Sequence[tuple[np.ndarray, str]]) -> list[str]:
    with torch.autocast("cpu", torch.bfloat16):
        logits = net(pad_lines([line for line, _ in group]).to(next(net.parameters()).device))
    return [normal_text(text) for text in greedy(logits, alphabet)]


def _chunks(rows: Sequence, size: int) -> list:
    return [rows[i : i + size] for i in range(0, len(rows), size)]
