"""Passwords, hashed so that whoever steals the ledger has years of work for each of them.

scrypt: C. Percival and S. Josefsson (2016), The scrypt Password-Based Key Derivation Function, RFC 7914. Cost as OWASP
names it: 16 MB and a tenth of a second for each guess. The cost stands with each hash, so that it can be raised for new
ones.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Any

from recognizer.errors import UsageError

COST = {"n": 2**14, "r": 8, "p": 5}
SHORTEST = 10
LONGEST = 200
"""Longer ones would let strangers have us hash novels."""
_MEMORY = 64 * 2**20


def hashed(password: str, cost: Mapping[str, int] = COST) -> dict[str, Any]:
    """Salt, cost and hash of a password, as plain data. Raises UsageError where it is too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise UsageError(f"a password of {len(password)} characters - mend: {SHORTEST} to {LONGEST}, a few words do")
    salt = secrets.token_bytes(16)
    return {"scheme": "scrypt", **cost, "salt": salt.hex(), "hash": _scrypt(password, salt, cost).hex()}


def fits(password: str, kept: Mapping[str, Any]) -> bool:
    """Whether this is the password; takes as long when it is not, wherever it differs."""
    cost = {name: int(kept[name]) for name in ("n", "r", "p")}
    tried = _scrypt(password[: LONGEST + 1], bytes.fromhex(kept["salt"]), cost)
    return hmac.compare_digest(tried, bytes.fromhex(kept["hash"]))


def nobodys(cost: Mapping[str, int] = COST) -> dict[str, Any]:
    """What the password of somebody who does not exist is compared with, so that it takes as long; none fits."""
    return {"scheme": "scrypt", **cost, "salt": secrets.token_bytes(16).hex(), "hash": secrets.token_bytes(64).hex()}


def _scrypt(password: str, salt: bytes, cost: Mapping[str, int]) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=cost["n"], r=cost["r"], p=cost["p"], maxmem=_MEMORY, dklen=64)
