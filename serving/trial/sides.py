"""Who sides with whom: what people's votes on pairs are worth, so that a few who push a model do not decide.

Where champion and challenger differ, an answer sides with one of them or with neither. Somebody who pushes the
challenger sides with it whoever is right, which no honest person does. Dawid and Skene's model finds it out from the
other people on the same fields: such a vote says nothing then. Two who agree on the challenger's reading settle a field
in the office; here their agreement counts for what it is worth.
"""

from collections.abc import Sequence

import numpy as np

from serving.consensus.dawid_skene import UNKNOWN, dawid_skene
from serving.trial.pair import Pair

SIDES = ("champion", "challenger", "neither")
RIGHT = 0.95
"""What is supposed of people of whom nothing is known."""
DILIGENCE = 2.0
"""For how many votes of each kind that counts."""


def weighed_gains(pairs: Sequence[Pair]) -> np.ndarray:
    """(pairs,) expected gain in [-1, 1] of pairs with votes, as far as these can be believed; NaN without votes."""
    people = {person: number for number, person in enumerate(sorted({p for pair in pairs for p in pair.votes}))}
    rows = [
        (i, people[person], SIDES.index(side)) for i, pair in enumerate(pairs) for person, side in pair.votes.items()
    ]
    gains = np.full(len(pairs), np.nan)
    if rows:
        items, who, said = np.array(rows, int).T
        prior = DILIGENCE * (np.full((3, 3), (1 - RIGHT) / 2) + np.eye(3) * (RIGHT - (1 - RIGHT) / 2))
        fit = dawid_skene(items, who, said, np.full(len(pairs), UNKNOWN), np.tile(prior, (len(people), 1, 1)))
        heard = np.unique(items)
        gains[heard] = fit.truth[heard, 1] - fit.truth[heard, 0]
    return gains
