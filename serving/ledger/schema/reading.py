"""What was read, decided and delivered.

A page is filed once per scan, page number and setup (`pages`, `page_fields`, `crops`); a batch points at what it used
(`batch_pages`, `batch_fields`). So a page, a crop and a prediction that a later batch needs again is not made again.
Page number 0 stands for a file as a whole, where none of its pages could be had.
"""

from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from serving.ledger.schema.base import at_column, id_column, metadata
from serving.ledger.schema.erasure import erased_picture, erased_text, erased_to

bundles = Table(
    "bundles",
    metadata,
    id_column("bundle_id", primary_key=True),
    Column("info", Text, nullable=False),
    at_column("created_at"),
)
forms = Table(
    "forms",
    metadata,
    id_column("form_digest", primary_key=True),
    Column("name", String(64), nullable=False),
    Column("definition", Text, nullable=False),
    at_column("created_at"),
    Column("folder", Text),  # where its files lay; since version 2
)
batches = Table(
    "batches",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("batch_id", String(64), nullable=False, unique=True),
    Column("bundle_id", ForeignKey("bundles.bundle_id"), nullable=False),
    Column("purpose", String(32), nullable=False),
    Column("params", Text, nullable=False),
    at_column("started_at"),
)
batch_events = Table(
    "batch_events",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("batch_id", ForeignKey("batches.batch_id"), nullable=False, index=True),
    Column("event", String(32), nullable=False),  # resumed, finished
    Column("facts", Text, nullable=False),
    at_column("at"),
)
scans = Table(
    "scans",
    metadata,
    Column("batch_id", ForeignKey("batches.batch_id"), primary_key=True),
    Column("scan_no", Integer, primary_key=True, autoincrement=False),
    Column("path", Text, nullable=False),
    Column("scan_digest", String(64), nullable=False, index=True),
    Column("place", Text),  # where the file lay; since version 2
)
scan_ends = Table(  # written when the last page of a scan is in
    "scan_ends",
    metadata,
    Column("batch_id", ForeignKey("batches.batch_id"), primary_key=True),
    Column("scan_no", Integer, primary_key=True, autoincrement=False),
    Column("page_count", Integer, nullable=False),
    at_column("at"),
)
pages = Table(
    "pages",
    metadata,
    id_column("page_key", primary_key=True),
    Column("page_id", String(64), nullable=False),
    Column("scan_digest", String(64), nullable=False),
    Column("page_no", Integer, nullable=False),
    Column("setup_digest", String(64), nullable=False),
    Column("status", String(64), nullable=False),  # read, blank, rescan, unmatched, rejected: <code>
    Column("reason", Text, nullable=False),
    Column("form", String(64)),
    Column("form_digest", String(64)),
    Column("width_px", Integer),
    Column("height_px", Integer),
    Column("quality", Text),
    Column("steps", Text, nullable=False),
    Column("alignment", Text, nullable=False),
    Column("stage_ms", Text, nullable=False),
    at_column("created_at"),
    Column("environment_id", String(64)),  # under which it was prepared; since version 2
    Column("scanner", String(80)),  # what the file says of the device; since version 3
    Index("pages_by_scan", "scan_digest", "setup_digest"),
)
crops = Table(
    "crops",
    metadata,
    id_column("crop_id", primary_key=True),
    Column("png", LargeBinary, nullable=False, info=erased_picture()),  # lossless, 8 bit grey
    Column("dpi", Float, nullable=False),
    Column("quality", Text),
    Column("steps", Text, nullable=False),
    Column("marks", Text, nullable=False),
)
views = Table(  # what people are shown of fields that were not simply accepted
    "views",
    metadata,
    Column("crop_id", ForeignKey("crops.crop_id"), primary_key=True),
    Column("jpeg", LargeBinary, nullable=False, info=erased_picture()),
    Column("dpi", Float, nullable=False),
    Column("box", Text, nullable=False),  # x, y, width, height of the field in pixels of the picture
)
page_fields = Table(
    "page_fields",
    metadata,
    Column("page_key", ForeignKey("pages.page_key"), primary_key=True),
    Column("field", String(64), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("crop_id", ForeignKey("crops.crop_id"), nullable=False),
    Column("sensitive", Boolean),
)
predictions = Table(
    "predictions",
    metadata,
    id_column("prediction_id", primary_key=True),
    Column("crop_id", ForeignKey("crops.crop_id"), nullable=False, index=True),
    Column("bundle_id", ForeignKey("bundles.bundle_id"), nullable=False),
    Column("language_digest", String(64), nullable=False),
    Column("purpose", String(32), nullable=False),
    Column("outcome", String(32), nullable=False),
    Column("text", Text, nullable=False, info=erased_text()),
    Column("confidence", Float(53), nullable=False),
    Column("alternatives", Text, nullable=False, info=erased_to("[]")),
    Column("parts", Text, nullable=False, info=erased_to("[]")),
    Column("measured", Text, nullable=False, info=erased_to("{}")),
    Column("latency_ms", Float(53), nullable=False),
    at_column("created_at"),
    Column("environment_id", String(64)),  # under which it was read; since version 2
)
decisions = Table(
    "decisions",
    metadata,
    Column("prediction_id", ForeignKey("predictions.prediction_id"), primary_key=True),
    id_column("policy_digest", primary_key=True),
    Column("decision", String(16), nullable=False),  # accept, review, audit, rescan
    Column("code", String(32), nullable=False),
    Column("reason", Text, nullable=False),
    Column("threshold", Float(53)),
    at_column("created_at"),
    Column("probability", Float(53)),  # with which an accepted field was drawn for an audit; since version 2
)
batch_pages = Table(
    "batch_pages",
    metadata,
    Column("batch_id", ForeignKey("batches.batch_id"), primary_key=True),
    Column("scan_no", Integer, primary_key=True, autoincrement=False),
    Column("page_no", Integer, primary_key=True, autoincrement=False),
    Column("page_key", ForeignKey("pages.page_key"), nullable=False),
)
batch_fields = Table(
    "batch_fields",
    metadata,
    Column("batch_id", ForeignKey("batches.batch_id"), primary_key=True),
    Column("scan_no", Integer, primary_key=True, autoincrement=False),
    Column("page_no", Integer, primary_key=True, autoincrement=False),
    Column("field", String(64), primary_key=True),
    Column("prediction_id", ForeignKey("predictions.prediction_id"), nullable=False),
    Column("policy_digest", String(64), nullable=False),
)
outbox = Table(
    "outbox",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("key", String(160), nullable=False, unique=True),
    Column("kind", String(32), nullable=False),
    Column("batch_id", ForeignKey("batches.batch_id"), nullable=False),
    Column("payload", Text, nullable=False),
    at_column("created_at"),
)
deliveries = Table("deliveries", metadata, Column("key", ForeignKey("outbox.key"), primary_key=True), at_column("at"))
secrets = Table(  # what must not be foreseen, such as which fields are audited; since version 2
    "secrets", metadata, Column("name", String(64), primary_key=True), Column("value", Text, nullable=False),
    at_column("created_at"),
)  # fmt: skip
