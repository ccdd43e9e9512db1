"""Keys of the API: shown once, kept as a hash, named, revocable, each for what it is needed for."""

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from secrets import token_hex, token_urlsafe

from recognizer.errors import UsageError
from serving.ledger import Ledger
from serving.ledger.outside import ApiKey

SCOPES = ("read", "correct", "sensitive", "metrics")
"""What a key may: ask for records and the truth of fields; file corrections; see sensitive values as they are; scrape
the metrics."""

PREFIX = "penfield"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who calls, by key. `digest` binds what it is given to the key's secret, which only its holder has."""

    key: ApiKey
    secret: str = field(repr=False)

    def may(self, scope: str) -> bool:
        """Whether the key is for this."""
        return scope in self.key.scopes

    def digest(self, *parts: bytes) -> str:
        """64 hexadecimal digits. Nobody who has the ledger can find by trying what was said: it takes the secret."""
        lengths = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
        return hmac.new(self.secret.encode(), lengths, hashlib.sha256).hexdigest()


def add_key(ledger: Ledger, name: str, scopes: Sequence[str]) -> str:
    """File a new key and give its text: it is nowhere else. Raises UsageError for a name or scopes that cannot be."""
    if not NAME.fullmatch(name):
        raise UsageError("a key's name has letters, digits, '.', '_' and '-', at most 64 - mend: as in acme-production")
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        raise UsageError(f"no key is for {', '.join(unknown) or 'nothing'} - mend: for {', '.join(SCOPES)}")
    key_id = token_hex(6)
    text = f"{PREFIX}_{key_id}_{token_urlsafe(32)}"
    with ledger.outside() as outside:
        if not outside.keys.add(key_id, name, list(dict.fromkeys(scopes)), _hash(text)):
            raise UsageError(f"there is or was a key {name} - mend: another name: verdicts say by whose key they came")
    return text


def keys(ledger: Ledger) -> list[ApiKey]:
    """Every key by name, the revoked ones too."""
    with ledger.outside_to_read() as outside:
        return outside.keys.all()


def revoke(ledger: Ledger, name: str) -> ApiKey:
    """Let a key, by name or id, open nothing from now on; again is harmless. Raises UsageError where there is none."""
    found = next((key for key in keys(ledger) if name in (key.name, key.key_id)), None)
    if found is None:
        raise UsageError(f"there is no key {name} - mend: penfield key list")
    with ledger.outside() as outside:
        outside.keys.end(found.key_id)
    return found


def caller(ledger: Ledger, text: str) -> Caller | None:
    """Who calls with this key; None for one that is unknown or revoked."""
    parts = text.split("_", 2)
    if len(parts) != 3 or parts[0] != PREFIX or not text.isascii():
        return None
    with ledger.outside_to_read() as outside:
        key = outside.keys.find(parts[1])
    if key is None or key.ended_at is not None or not hmac.compare_digest(key.hash, _hash(text)):
        return None
    return Caller(key=key, secret=text)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
