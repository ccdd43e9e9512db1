"""The ledger: the append-only record of everything that was read, decided and delivered."""

from serving.ledger.activation import Activation, Outrun, Publication
from serving.ledger.alarm import Alarm
from serving.ledger.ids import digest, page_key, prediction_id
from serving.ledger.ledger import Ledger, open_ledger
from serving.ledger.values import (
    ACCEPTED,
    Answer,
    BatchFacts,
    BatchPage,
    BatchStart,
    Decision,
    FreshReading,
    PageEntry,
    Parcel,
    Prediction,
    ScanEntry,
    StoredCrop,
)

__all__ = [
    "ACCEPTED",
    "Activation",
    "Alarm",
    "Answer",
    "BatchFacts",
    "BatchPage",
    "BatchStart",
    "Decision",
    "FreshReading",
    "Ledger",
    "Outrun",
    "PageEntry",
    "Parcel",
    "Prediction",
    "Publication",
    "ScanEntry",
    "StoredCrop",
    "digest",
    "open_ledger",
    "page_key",
    "prediction_id",
]
