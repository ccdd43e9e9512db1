"""Pairs as a trial has them, made by hand."""

from serving.trial.pair import Pair


def differing(
    gained: int, lost: int, *, kind: str = "code", quality: str = "good", people: int = 6, gold: bool = False
) -> list[Pair]:
    """Pairs that differ, of which the challenger gained and lost so many; each two honest people have answered."""
    order = [True, False] * min(gained, lost) + [gained > lost] * abs(gained - lost)
    return [
        Pair(
            crop_id=f"{kind} {quality} {number}", kind=kind, quality=quality, agree=False, champion_right=not won,
            challenger_right=won, sure=0.5, champion_sure=0.5, is_gold=gold,
            votes={f"person {(number + i) % people}": "challenger" if won else "champion" for i in range(2)},
        )
        for number, won in enumerate(order)
    ]  # fmt: skip


def agreeing(count: int, *, right: bool = True, kind: str = "code", sure: float = 0.9, every: int = 10) -> list[Pair]:
    """Pairs that agree, of which one of `every` was asked, as was its chance."""
    return [
        Pair(
            crop_id=f"agree {kind} {number}", kind=kind, quality="good", agree=True, probability=1 / every,
            asked=number % every == 0, champion_right=right if number % every == 0 else None,
            challenger_right=right if number % every == 0 else None, sure=sure, champion_sure=sure, accepted=True,
        )
        for number in range(count)
    ]  # fmt: skip
