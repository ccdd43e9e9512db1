"""Which models there are, where they lie, and which of them answers."""

from serving.models.champions import Champions
from serving.models.models import Models
from serving.models.shelf import Shelf

__all__ = ["Champions", "Models", "Shelf"]
