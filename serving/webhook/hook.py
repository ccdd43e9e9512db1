"""Receivers: who is told what."""

from collections.abc import Sequence
from secrets import token_hex
from urllib.parse import urlsplit

from recognizer.errors import UsageError
from serving.ledger import Ledger
from serving.ledger.outside import Hook, Message
from serving.webhook.sign import new_secret

EVENTS = ("completed", "reopened", "corrected", "erased")
"""What of a record is told: all of its fields are settled; what was delivered is known to be otherwise; it left the
house again as it is known now; it was erased."""

MOST_URL = 2000


def add_hook(ledger: Ledger, url: str, events: Sequence[str] = EVENTS, *, with_values: bool = False) -> Hook:
    """File a receiver, with a secret of its own. Raises UsageError for an address or events that cannot be."""
    _check_url(url)
    unknown = [name for name in events if name not in EVENTS]
    if unknown or not events:
        raise UsageError(f"nothing is told of {', '.join(unknown) or 'nothing'} - mend: of {', '.join(EVENTS)}")
    with ledger.outside() as outside:
        return outside.hooks.add(token_hex(6), url, list(dict.fromkeys(events)), with_values, new_secret())


def hooks(ledger: Ledger) -> list[Hook]:
    """The receivers, oldest first."""
    with ledger.outside_to_read() as outside:
        return outside.hooks.all()


def hook_named(ledger: Ledger, name: str) -> Hook:
    """The receiver whose id begins with the name, or whose address it is. Raises UsageError."""
    found = [hook for hook in hooks(ledger) if name and (hook.hook_id.startswith(name) or hook.url == name)]
    if len(found) != 1:
        raise UsageError(f"{len(found) or 'no'} webhooks are named {name} - mend: penfield webhook list")
    return found[0]


def remove_hook(ledger: Ledger, hook: Hook) -> None:
    """Tell a receiver nothing any more."""
    with ledger.outside() as outside:
        outside.hooks.end(hook.hook_id, "removed")


def retry(ledger: Ledger, hook: Hook) -> int:
    """Try again at once what waits for its time or was given up; returns how many messages that are."""
    with ledger.outside() as outside:
        tried = [message for message in outside.hooks.waiting(hook) if message.tries]
        found: list[Message] = [*tried, *outside.hooks.dead(hook)]
        for message in found:
            outside.hooks.attempt(hook, message, "again", tries=0, detail="tried again on request")
    return len(found)


def shown(url: str) -> str:
    """The address as it may be printed: what follows a question mark may be a secret."""
    return url.partition("?")[0] + ("?..." if "?" in url else "")


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise UsageError(f"not an address: {error} - mend: https://HOST/PATH") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise UsageError("only http and https are posted to - mend: https://HOST/PATH")
    if parts.username is not None or parts.password is not None:
        raise UsageError("no name and password in the address - mend: messages are signed; check webhook-signature")
    if len(url) > MOST_URL or not url.isascii() or any(char.isspace() or not char.isprintable() for char in url):
        raise UsageError(f"an address has at most {MOST_URL} printable ASCII characters - mend: encode it")
