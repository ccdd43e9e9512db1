"""What several people's texts spell together, character by character.

ROVER (Fiscus 1997, A post-processing system to yield reduced word error rates) on characters: texts are aligned one
after the other into columns, and each column is put to a weighted vote in which "no character" has a voice too. Three
people who each slip elsewhere spell the right text that none of them typed.
"""

from collections import Counter
from collections.abc import Sequence

Column = Counter[str]
"""Weight by character; "" is that there is none."""


def combined(texts: Sequence[str], weights: Sequence[float]) -> str:
    """The text that the columns vote for; "" of no texts. Heavier texts are aligned first, equal ones by alphabet."""
    columns: list[Column] = []
    total = 0.0
    for weight, text in sorted(zip(weights, texts, strict=True), reverse=True):
        columns = _joined(columns, text, weight, total)
        total += weight
    return "".join(max(column, key=lambda char: (column[char], char)) for column in columns)


def _joined(columns: list[Column], text: str, weight: float, total: float) -> list[Column]:
    """The columns with one more text aligned to them; `total` is the weight of the texts before it."""
    joined: list[Column] = []
    for column, char in _path(columns, text):
        before = columns[column] if column is not None else Column({"": total} if total else {})
        joined.append(before + Column({char: weight}))
    return joined


def _path(columns: list[Column], text: str) -> list[tuple[int | None, str]]:
    """The cheapest alignment: pairs of a column (None: a new one) and a character ("": none), in order."""
    costs = _costs(columns, text)
    path: list[tuple[int | None, str]] = []
    i, j = len(columns), len(text)
    while i or j:
        if i and j and costs[i][j] == costs[i - 1][j - 1] + (text[j - 1] not in columns[i - 1]):
            i, j = i - 1, j - 1
            path.append((i, text[j]))
        elif i and costs[i][j] == costs[i - 1][j] + ("" not in columns[i - 1]):
            i -= 1
            path.append((i, ""))
        else:
            j -= 1
            path.append((None, text[j]))
    return path[::-1]


def _costs(columns: list[Column], text: str) -> list[list[int]]:
    """Edits between the first i columns and the first j characters; what stands in a column already costs nothing."""
    costs = [list(range(len(text) + 1))]
    for column in columns:
        row = [costs[-1][0] + ("" not in column)]
        for j, char in enumerate(text, start=1):
            row.append(min(costs[-1][j - 1] + (char not in column), costs[-1][j] + ("" not in column), row[-1] + 1))
        costs.append(row)
    return costs
