"""Signatures as in Standard Webhooks (https://www.standardwebhooks.com), which receivers have libraries for."""

import base64
import hashlib
import hmac
from secrets import token_bytes

SECRET_BYTES = 32
PREFIX = "whsec_"


def new_secret() -> str:
    """A random secret: `whsec_` and base64."""
    return PREFIX + base64.b64encode(token_bytes(SECRET_BYTES)).decode()


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """`v1,` and the HMAC-SHA256 of id, time (seconds since 1970) and body, base64."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def headers(secret: str, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers by which a receiver knows a message, and that it is ours and fresh."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(secret, message_id, timestamp, body),
    }
