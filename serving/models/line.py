"""The line of succession of one scope: whom the champion replaced, and who comes back when it is undone."""

from collections.abc import Iterable

from serving.ledger import Activation


def standing(activations: Iterable[Activation]) -> tuple[Activation, ...]:
    """The activations of one scope that stand, oldest first, the champion's last: each rollback has undone one."""
    line: list[Activation] = []
    for each in activations:
        if each.how != "rollback":
            line.append(each)
        elif line:
            line.pop()
    return tuple(line)
