"""Ids that say what they stand for: digests of canonical JSON, so that the same thing always has the same id."""

import hashlib

from serving.ledger.plain import canonical

ID_LENGTH = 32
"""Hexadecimal digits of an id: 128 bits, enough that two things never share one by chance."""


def digest(*parts: object) -> str:
    """The id of a list of plain values; equal lists have equal ids, whatever the order of their mappings' keys."""
    return hashlib.sha256(canonical(parts).encode()).hexdigest()[:ID_LENGTH]


def page_key(scan_digest: str, page_no: int, setup_digest: str) -> str:
    """The id of one page as prepared under one setup (forms and version of the preparation)."""
    return digest("page", scan_digest, page_no, setup_digest)


def prediction_id(crop_id: str, bundle_id: str, language_digest: str, purpose: str) -> str:
    """The id of what one model says of one crop under one language, for one purpose."""
    return digest("prediction", crop_id, bundle_id, language_digest, purpose)
