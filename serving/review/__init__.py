"""The review page: people key what the machine doubts, one field at a time, blind."""

from serving.review.app import create_app

__all__ = ["create_app"]
