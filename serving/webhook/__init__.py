"""Tells receivers outside what became of records: signed, retried, in order, at least once."""

from serving.webhook.background import Posting
from serving.webhook.deliver import Patience, Posted, post_waiting

__all__ = ["Patience", "Posted", "Posting", "post_waiting"]
