"""Invented people. No person has the numbers that are made here: they were never issued."""

from dataclasses import dataclass

import numpy as np

FIRST_NAMES = (
    "Amara", "Bela", "Carlos", "Chloe", "Dalia", "Emeka", "Fatima", "Gwen", "Hiro", "Ines", "Jonas", "Kavya", "Liam",
    "Mei", "Nadia", "Omar", "Petra", "Quinn", "Rosa", "Samuel", "Tara", "Ulla", "Viktor", "Wendy", "Ximena", "Yusuf",
    "Zoe", "Hannah", "Marcus", "Elena",
)  # fmt: skip
LAST_NAMES = (
    "Alvarez", "Bergstrom", "Castellan", "Dunmore", "Ekwueme", "Fairbanks", "Grunwald", "Hallowell", "Ibarra",
    "Jankowski", "Kaplan", "Lindqvist", "Moreau", "Nakamura", "Okafor", "Pemberton", "Quigley", "Rasmussen",
    "Sandoval", "Thackeray", "Underhill", "Vasquez", "Whitlock", "Yamada", "Zeller",
)  # fmt: skip
STREETS = (
    "Maple Lane", "Harbor Road", "Mill Street", "Quarry Avenue", "Juniper Way", "Fox Hollow Drive",
    "Chapel Hill Road", "Kings Court", "Orchard Street", "Birch Lane", "Vine Street", "Granite Avenue",
)  # fmt: skip
CITIES = (
    ("Dunmore", "OH"), ("Port Ellery", "ME"), ("Fairwell", "KS"), ("Oxbow", "VT"), ("Halden", "MN"),
    ("Quill Bay", "WA"),
    ("Marston", "TX"), ("Juno Falls", "NY"), ("Kesler", "CA"), ("Brightwood", "GA"), ("Vance", "CO"), ("Sable", "AZ"),
)  # fmt: skip
POLICY_LETTERS = tuple("ABCDEFGHJKLMNPQRSTUVWXYZ")
"""Without I and O, as companies do that want to tell them from digits."""


@dataclass(frozen=True, kw_only=True)
class Person:
    """What an applicant would answer; each value as it is written on paper."""

    first_name: str
    last_name: str
    date_of_birth: str
    ssn: str
    phone: str
    street: str
    city: str
    state: str
    zip: str
    policy_number: str
    amount: str
    payment: str
    smoker: bool
    hospital: bool
    signed_on: str


def random_person(rng: np.random.Generator) -> Person:
    """An invented person; the same state of `rng` gives the same one."""
    city, state = CITIES[rng.integers(len(CITIES))]
    return Person(
        first_name=str(rng.choice(FIRST_NAMES)),
        last_name=str(rng.choice(LAST_NAMES)),
        date_of_birth=_date(rng, 1938, 2005),
        ssn=_ssn(rng),
        phone=_phone(rng),
        street=f"{rng.integers(2, 1990)} {rng.choice(STREETS)}",
        city=city,
        state=state,
        zip=f"{rng.integers(501, 99951):05d}",
        policy_number=f"{rng.choice(POLICY_LETTERS)}{rng.integers(10**6):06d}",
        amount=_amount(rng),
        payment=str(rng.choice(("monthly", "quarterly", "yearly"))),
        smoker=bool(rng.random() < 0.4),
        hospital=bool(rng.random() < 0.3),
        signed_on=_date(rng, 2026, 2027),
    )


def _date(rng: np.random.Generator, first_year: int, end_year: int) -> str:
    """mm/dd/yyyy in [first_year, end_year)."""
    return f"{rng.integers(1, 13):02d}/{rng.integers(1, 29):02d}/{rng.integers(first_year, end_year)}"


def _ssn(rng: np.random.Generator) -> str:
    """A number of the areas 000 and 9xx (below the tax numbers of 50-65 and 70-99), which are never issued as SSNs."""
    area = 0 if rng.random() < 0.15 else rng.integers(900, 1000)
    return f"{area:03d}-{rng.integers(1, 50):02d}-{rng.integers(1, 10**4):04d}"


def _phone(rng: np.random.Generator) -> str:
    """A number of the exchange 010, which no line in the US can have."""
    area, line = rng.integers(201, 990), f"010-{rng.integers(10**4):04d}"
    return f"({area}) {line}" if rng.random() < 0.5 else f"{area}-{line}"


def _amount(rng: np.random.Generator) -> str:
    dollars = int(rng.choice((1, 2, 5, 10, 25, 50))) * int(rng.integers(2, 40)) * 250
    cents = int(rng.choice((0, 0, 0, 50, 75)))
    return f"{dollars:,}.{cents:02d}"
