"""Decode CTC output within a language: the best texts, their exact probabilities, and the language's total mass.

The product of a language's DFA with CTC's rules has one node per (character, state that it leads to) and one blank node
per state; texts of the language are its paths. The best path by Viterbi is always a text of the language; a beam adds
near alternatives; each candidate's probability is then exact, by CTC's forward algorithm (Graves et al., 2006), and the
mass of the whole language is the same sum over all nodes.
"""

from dataclasses import dataclass

import numpy as np

from recognizer.language import Language

NEVER = -1e30
BEAM = 8
LIKELY = 1e-3


@dataclass(frozen=True, kw_only=True)
class Decoded:
    """Texts as class numbers with P(text | image, language), best first, and log P(language | image)."""

    texts: tuple[tuple[int, ...], ...]
    posteriors: tuple[float, ...]
    log_mass: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Lattice:
    """A language's nodes as arrays.

    Node i emits `node_class[i]` and stands in state `node_state[i]`; nodes are sorted by state. Edge e leads from state
    `edge_from[e]` to node `edge_node[e]`, sorted by node. `edge_same[e]` is the node of the same class in the edge's
    state, -1 if there is none: between the two CTC demands a blank. `entered` are the states that have nodes,
    `first_node` and `first_edge` where the nodes of each of them, and the edges of each node, begin.
    """

    states: int
    node_class: np.ndarray
    node_state: np.ndarray
    edge_from: np.ndarray
    edge_node: np.ndarray
    edge_same: np.ndarray
    accepting: np.ndarray
    entered: np.ndarray
    first_node: np.ndarray
    first_edge: np.ndarray


def lattice_of(language: Language) -> Lattice:
    """The nodes and edges of a language."""
    nodes = sorted({(to, c) for steps in language.steps for c, to in steps.items()})
    number = {node: i for i, node in enumerate(nodes)}
    edges = sorted((number[to, c], state, c) for state, steps in enumerate(language.steps) for c, to in steps.items())
    accepting = np.zeros(len(language.steps), bool)
    accepting[list(language.accepting)] = True
    node_state = np.array([state for state, _ in nodes], np.int64)
    edge_node = np.array([node for node, _, _ in edges], np.int64)
    entered, first_node = np.unique(node_state, return_index=True)
    return Lattice(
        states=len(language.steps),
        node_class=np.array([c for _, c in nodes], np.int64),
        node_state=node_state,
        edge_from=np.array([state for _, state, _ in edges], np.int64),
        edge_node=edge_node,
        edge_same=np.array([number.get((state, c), -1) for _, state, c in edges], np.int64),
        accepting=accepting,
        entered=entered,
        first_node=first_node,
        first_edge=np.searchsorted(edge_node, np.arange(len(nodes))),
    )


def decode(log_probs: np.ndarray, language: Language, lattice: Lattice, count: int = 5) -> Decoded:
    """Decode (frames, classes) log probabilities within a language; class 0 is CTC's blank.

    Returns no texts where even the likeliest text needs more frames than there are.
    """
    log_probs = log_probs.astype(np.float64)
    best = viterbi(log_probs, lattice)
    if best is None:
        return Decoded(texts=(), posteriors=(), log_mass=NEVER)
    candidates = {best, *beam(log_probs, language)}
    scored = sorted(((log_probability(log_probs, text), text) for text in candidates), reverse=True)
    log_mass = max(log_language_mass(log_probs, lattice), scored[0][0])
    return Decoded(
        texts=tuple(text for _, text in scored[:count]),
        posteriors=tuple(float(np.exp(min(0.0, score - log_mass))) for score, _ in scored[:count]),
        log_mass=min(0.0, log_mass),
    )


def log_probability(log_probs: np.ndarray, text: tuple[int, ...]) -> float:
    """Exact log P(text | image) of (frames, classes) log probabilities: CTC's forward algorithm."""
    extended = np.zeros(2 * len(text) + 1, np.int64)
    extended[1::2] = text
    may_skip = np.zeros(len(extended), bool)
    may_skip[2:] = (extended[2:] != 0) & (extended[2:] != extended[:-2])
    emitted = log_probs[:, extended]
    alpha = np.full(len(extended), NEVER)
    if len(emitted) == 0:
        return 0.0 if not text else NEVER
    alpha[:2] = emitted[0, :2]
    stay, skip = np.full(len(extended), NEVER), np.full(len(extended), NEVER)
    for row in emitted[1:]:
        stay[1:] = alpha[:-1]
        skip[2:] = np.where(may_skip[2:], alpha[:-2], NEVER)
        alpha = np.logaddexp(np.logaddexp(alpha, stay), skip) + row
    return float(np.logaddexp(alpha[-1], alpha[-2]) if len(extended) > 1 else alpha[-1])


def log_language_mass(log_probs: np.ndarray, lattice: Lattice) -> float:
    """Exact log of the probability that the image holds any text of the language (the empty one too, if accepted)."""
    probs = np.exp(log_probs)
    blanks, nodes = np.zeros(lattice.states), np.zeros(len(lattice.node_class))
    blanks[0], log_scale = 1.0, 0.0
    same = lattice.edge_same
    for row in probs:
        ended = blanks + np.bincount(lattice.node_state, nodes, lattice.states)
        into = ended[lattice.edge_from] - np.where(same >= 0, nodes[same], 0.0)
        arrived = np.bincount(lattice.edge_node, np.maximum(into, 0.0), len(nodes))
        nodes = (nodes + arrived) * row[lattice.node_class]
        blanks = ended * row[0]
        total = nodes.sum() + blanks.sum()
        if total <= 0:
            return NEVER
        nodes, blanks, log_scale = nodes / total, blanks / total, log_scale + float(np.log(total))
    ended = blanks + np.bincount(lattice.node_state, nodes, lattice.states)
    mass = float(ended[lattice.accepting].sum())
    return log_scale + float(np.log(mass)) if mass > 0 else NEVER


def viterbi(log_probs: np.ndarray, lattice: Lattice) -> tuple[int, ...] | None:
    """The text of the likeliest path through the language; None when no text of it fits into the frames."""
    count = len(lattice.node_class)
    blanks, nodes = np.full(lattice.states, NEVER), np.full(count, NEVER)
    blanks[0] = 0.0
    came_from, blank_came_from = [], []
    for row in log_probs:
        into, source, top, top_node = _arrivals(nodes, blanks, lattice)
        arrived, edge = _group_max(into, lattice.first_edge, lattice.edge_node, count)
        stays = nodes >= arrived
        came_from.append(np.where(stays, np.arange(count), source[edge]))
        blank_came_from.append(np.where(blanks >= top, -1, top_node))
        blanks = np.maximum(blanks, top) + row[0]
        nodes = np.where(stays, nodes, arrived) + row[lattice.node_class]
    return _trace(nodes, blanks, came_from, blank_came_from, lattice)


def _arrivals(nodes: np.ndarray, blanks: np.ndarray, lattice: Lattice) -> tuple[np.ndarray, ...]:
    """For each edge the best score and origin (a node, or -1 - state for its blank); per state the best node."""
    top, top_node = _per_state(nodes, lattice)
    others = nodes.copy()
    others[top_node[lattice.entered]] = NEVER
    second, second_node = _per_state(others, lattice)
    start = lattice.edge_from
    repeats = (top_node[start] == lattice.edge_same) & (lattice.edge_same >= 0)
    score = np.where(repeats, second[start], top[start])
    origin = np.where(repeats, second_node[start], top_node[start])
    from_blank = blanks[start]
    return np.maximum(score, from_blank), np.where(from_blank >= score, -1 - start, origin), top, top_node


def _per_state(nodes: np.ndarray, lattice: Lattice) -> tuple[np.ndarray, np.ndarray]:
    best, which = np.full(lattice.states, NEVER), np.full(lattice.states, -1)
    if len(nodes):
        groups = np.searchsorted(lattice.entered, lattice.node_state)
        best[lattice.entered], which[lattice.entered] = _group_max(
            nodes, lattice.first_node, groups, len(lattice.entered)
        )
    return best, which


def _group_max(values: np.ndarray, starts: np.ndarray, groups: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Maximum of each group of consecutive values, and the index of the first value that has it."""
    if count == 0:
        return np.zeros(0), np.zeros(0, np.int64)
    best = np.maximum.reduceat(values, starts)
    winners = np.flatnonzero(values >= best[groups])[::-1]
    which = np.empty(count, np.int64)
    which[groups[winners]] = winners
    return best, which


def _trace(
    nodes: np.ndarray, blanks: np.ndarray, came_from: list, blank_came_from: list, lattice: Lattice
) -> tuple[int, ...] | None:
    """Follow the best accepted path back to the start."""
    nodes = np.where(lattice.accepting[lattice.node_state], nodes, 2 * NEVER)
    blanks = np.where(lattice.accepting, blanks, 2 * NEVER)
    place = -1 - int(blanks.argmax())
    if len(nodes) and nodes.max() > blanks.max():
        place = int(nodes.argmax())
    if max(blanks.max(), nodes.max(initial=2 * NEVER)) < NEVER / 2:
        return None
    text: list[int] = []
    for origins, blank_origins in zip(reversed(came_from), reversed(blank_came_from), strict=True):
        if place >= 0:
            before = int(origins[place])
            if before != place:
                text.append(int(lattice.node_class[place]))
            place = before
        elif (before := int(blank_origins[-1 - place])) >= 0:
            place = before
    return tuple(reversed(text))


def beam(log_probs: np.ndarray, language: Language) -> list[tuple[int, ...]]:
    """Likely accepted texts by prefix beam search (Hannun et al., 2014) within the language; may find none."""
    probs = np.exp(log_probs)
    beams: dict[tuple[int, ...], tuple[float, float, int]] = {(): (1.0, 0.0, 0)}  # prefix: ends in blank, not, state
    for row in probs:
        likely = [int(c) for c in np.flatnonzero(row > LIKELY) if c]
        grown: dict[tuple[int, ...], list[float]] = {}
        for prefix, (blank, char, state) in beams.items():
            _add(grown, prefix, state, (blank + char) * row[0], char * row[prefix[-1]] if prefix else 0.0)
            steps = language.steps[state]
            for c in likely:
                if c in steps:
                    flow = blank if prefix and prefix[-1] == c else blank + char
                    _add(grown, (*prefix, c), steps[c], 0.0, flow * row[c])
        kept = sorted(grown.items(), key=lambda item: -(item[1][0] + item[1][1]))[:BEAM]
        total = sum(blank + char for _, (blank, char, _) in kept) or 1.0
        beams = {prefix: (blank / total, char / total, int(state)) for prefix, (blank, char, state) in kept}
    return [prefix for prefix, (_, _, state) in beams.items() if state in language.accepting]


def _add(
    grown: dict[tuple[int, ...], list[float]], prefix: tuple[int, ...], state: int, blank: float, char: float
) -> None:
    entry = grown.setdefault(prefix, [0.0, 0.0, state])
    entry[0] += blank
    entry[1] += char
