"""The HTTP API for customers: corrections in, records, what happened to them and the truth of fields out."""

from serving.api.router import api_router

__all__ = ["api_router"]
