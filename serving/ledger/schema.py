"""The ledger's tables. Rows are added, never changed or removed: triggers refuse both.

A page is filed once per scan, page number and setup (`pages`, `page_fields`, `crops`); a batch points at what it used
(`batch_pages`, `batch_fields`). So a page, a crop and a prediction that a later batch needs again is not made again.
Page number 0 stands for a file as a whole, where none of its pages could be had.
"""

from sqlalchemy import (
    DDL,
    Column,
    Connection,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    event,
)

SCHEMA_VERSION = 1

metadata = MetaData()


def _id(name: str, **settings: bool) -> Column[str]:
    return Column(name, String(64), **settings)  # type: ignore[arg-type]


def _at(name: str) -> Column[str]:
    return Column(name, String(32), nullable=False)  # ISO 8601, UTC


schema_versions = Table(
    "schema_versions", metadata, Column("version", Integer, primary_key=True, autoincrement=False), _at("created_at")
)
bundles = Table(
    "bundles", metadata, _id("bundle_id", primary_key=True), Column("info", Text, nullable=False), _at("created_at")
)
forms = Table(
    "forms",
    metadata,
    _id("form_digest", primary_key=True),
    Column("name", String(64), nullable=False),
    Column("definition", Text, nullable=False),
    _at("created_at"),
)
batches = Table(
    "batches",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("batch_id", String(64), nullable=False, unique=True),
    Column("bundle_id", ForeignKey("bundles.bundle_id"), nullable=False),
    Column("purpose", String(32), nullable=False),
    Column("params", Text, nullable=False),
    _at("started_at"),
)
batch_events = Table(
    "batch_events",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("batch_id", ForeignKey("batches.batch_id"), nullable=False, index=True),
    Column("event", String(32), nullable=False),  # resumed, finished
    Column("facts", Text, nullable=False),
    _at("at"),
)
scans = Table(
    "scans",
    metadata,
    Column("batch_id", ForeignKey("batches.batch_id"), primary_key=True),
    Column("scan_no", Integer, primary_key=True, autoincrement=False),
    Column("path", Text, nullable=False),
    Column("scan_digest", String(64), nullable=False, index=True),
)
scan_ends = Table(  # written when the last page of a scan is in
    "scan_ends",
    metadata,
    Column("batch_id", ForeignKey("batches.batch_id"), primary_key=True),
    Column("scan_no", Integer, primary_key=True, autoincrement=False),
    Column("page_count", Integer, nullable=False),
    _at("at"),
)
pages = Table(
    "pages",
    metadata,
    _id("page_key", primary_key=True),
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
    _at("created_at"),
    Index("pages_by_scan", "scan_digest", "setup_digest"),
)
crops = Table(
    "crops",
    metadata,
    _id("crop_id", primary_key=True),
    Column("png", LargeBinary, nullable=False),  # lossless, 8 bit grey
    Column("dpi", Float, nullable=False),
    Column("quality", Text),
    Column("steps", Text, nullable=False),
    Column("marks", Text, nullable=False),
)
page_fields = Table(
    "page_fields",
    metadata,
    Column("page_key", ForeignKey("pages.page_key"), primary_key=True),
    Column("field", String(64), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("crop_id", ForeignKey("crops.crop_id"), nullable=False),
)
predictions = Table(
    "predictions",
    metadata,
    _id("prediction_id", primary_key=True),
    Column("crop_id", ForeignKey("crops.crop_id"), nullable=False, index=True),
    Column("bundle_id", ForeignKey("bundles.bundle_id"), nullable=False),
    Column("language_digest", String(64), nullable=False),
    Column("purpose", String(32), nullable=False),
    Column("outcome", String(32), nullable=False),
    Column("text", Text, nullable=False),
    Column("confidence", Float(53), nullable=False),
    Column("alternatives", Text, nullable=False),
    Column("parts", Text, nullable=False),
    Column("measured", Text, nullable=False),
    Column("latency_ms", Float(53), nullable=False),
    _at("created_at"),
)
decisions = Table(
    "decisions",
    metadata,
    Column("prediction_id", ForeignKey("predictions.prediction_id"), primary_key=True),
    _id("policy_digest", primary_key=True),
    Column("decision", String(16), nullable=False),  # accept, review
    Column("code", String(32), nullable=False),
    Column("reason", Text, nullable=False),
    Column("threshold", Float(53)),
    _at("created_at"),
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
    _at("created_at"),
)
deliveries = Table("deliveries", metadata, Column("key", ForeignKey("outbox.key"), primary_key=True), _at("at"))

_REFUSE_FUNCTION = """
CREATE OR REPLACE FUNCTION penfield_refuse() RETURNS trigger LANGUAGE plpgsql AS
'BEGIN RAISE EXCEPTION ''the ledger is append-only''; END'
"""


def _make_append_only(table: Table, connection: Connection, **_: object) -> None:
    """Refuse UPDATE and DELETE in the database itself, whoever sends them."""
    if connection.dialect.name == "postgresql":
        connection.execute(DDL(_REFUSE_FUNCTION))
        connection.execute(
            DDL(
                f"CREATE TRIGGER {table.name}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table.name} "
                "EXECUTE FUNCTION penfield_refuse()"
            )
        )
        return
    for verb in ("UPDATE", "DELETE"):
        connection.execute(
            DDL(
                f"CREATE TRIGGER {table.name}_no_{verb.lower()} BEFORE {verb} ON {table.name} "
                "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
            )
        )


for _table in metadata.tables.values():
    event.listen(_table, "after_create", _make_append_only)
