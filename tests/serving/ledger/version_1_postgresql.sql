-- The ledger as version 1 made it: never changed, so that the way from it to later versions stays tested.
CREATE OR REPLACE FUNCTION penfield_refuse() RETURNS trigger LANGUAGE plpgsql AS
'BEGIN RAISE EXCEPTION ''the ledger is append-only''; END';
CREATE TABLE bundles (
	bundle_id VARCHAR(64) NOT NULL,
	info TEXT NOT NULL,
	created_at VARCHAR(32) NOT NULL,
	PRIMARY KEY (bundle_id)
);
CREATE TRIGGER bundles_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON bundles EXECUTE FUNCTION penfield_refuse();
CREATE TABLE crops (
	crop_id VARCHAR(64) NOT NULL,
	png BYTEA NOT NULL,
	dpi FLOAT NOT NULL,
	quality TEXT,
	steps TEXT NOT NULL,
	marks TEXT NOT NULL,
	PRIMARY KEY (crop_id)
);
CREATE TRIGGER crops_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON crops EXECUTE FUNCTION penfield_refuse();
CREATE TABLE forms (
	form_digest VARCHAR(64) NOT NULL,
	name VARCHAR(64) NOT NULL,
	definition TEXT NOT NULL,
	created_at VARCHAR(32) NOT NULL,
	PRIMARY KEY (form_digest)
);
CREATE TRIGGER forms_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON forms EXECUTE FUNCTION penfield_refuse();
CREATE TABLE pages (
	page_key VARCHAR(64) NOT NULL,
	page_id VARCHAR(64) NOT NULL,
	scan_digest VARCHAR(64) NOT NULL,
	page_no INTEGER NOT NULL,
	setup_digest VARCHAR(64) NOT NULL,
	status VARCHAR(64) NOT NULL,
	reason TEXT NOT NULL,
	form VARCHAR(64),
	form_digest VARCHAR(64),
	width_px INTEGER,
	height_px INTEGER,
	quality TEXT,
	steps TEXT NOT NULL,
	alignment TEXT NOT NULL,
	stage_ms TEXT NOT NULL,
	created_at VARCHAR(32) NOT NULL,
	PRIMARY KEY (page_key)
);
CREATE INDEX pages_by_scan ON pages (scan_digest, setup_digest);
CREATE TRIGGER pages_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON pages EXECUTE FUNCTION penfield_refuse();
CREATE TABLE schema_versions (
	version INTEGER NOT NULL,
	created_at VARCHAR(32) NOT NULL,
	PRIMARY KEY (version)
);
CREATE TRIGGER schema_versions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON schema_versions EXECUTE FUNCTION penfield_refuse();
CREATE TABLE batches (
	seq SERIAL NOT NULL,
	batch_id VARCHAR(64) NOT NULL,
	bundle_id VARCHAR(64) NOT NULL,
	purpose VARCHAR(32) NOT NULL,
	params TEXT NOT NULL,
	started_at VARCHAR(32) NOT NULL,
	PRIMARY KEY (seq),
	UNIQUE (batch_id),
	FOREIGN KEY(bundle_id) REFERENCES bundles (bundle_id)
);
CREATE TRIGGER batches_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON batches EXECUTE FUNCTION penfield_refuse();
CREATE TABLE page_fields (
	page_key VARCHAR(64) NOT NULL,
	field VARCHAR(64) NOT NULL,
	position INTEGER NOT NULL,
	kind VARCHAR(32) NOT NULL,
	crop_id VARCHAR(64) NOT NULL,
	PRIMARY KEY (page_key, field),
	FOREIGN KEY(page_key) REFERENCES pages (page_key),
	FOREIGN KEY(crop_id) REFERENCES crops (crop_id)
);
CREATE TRIGGER page_fields_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON page_fields EXECUTE FUNCTION penfield_refuse();
CREATE TABLE predictions (
	prediction_id VARCHAR(64) NOT NULL,
	crop_id VARCHAR(64) NOT NULL,
	bundle_id VARCHAR(64) NOT NULL,
	language_digest VARCHAR(64) NOT NULL,
	purpose VARCHAR(32) NOT NULL,
	outcome VARCHAR(32) NOT NULL,
	text TEXT NOT NULL,
	confidence FLOAT(53) NOT NULL,
	alternatives TEXT NOT NULL,
	parts TEXT NOT NULL,
	measured TEXT NOT NULL,
	latency_ms FLOAT(53) NOT NULL,
	created_at VARCHAR(32) NOT NULL,
	PRIMARY KEY (prediction_id),
	FOREIGN KEY(crop_id) REFERENCES crops (crop_id),
	FOREIGN KEY(bundle_id) REFERENCES bundles (bundle_id)
);
CREATE INDEX ix_predictions_crop_id ON predictions (crop_id);
CREATE TRIGGER predictions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON predictions EXECUTE FUNCTION penfield_refuse();
CREATE TABLE batch_events (
	seq SERIAL NOT NULL,
	batch_id VARCHAR(64) NOT NULL,
	event VARCHAR(32) NOT NULL,
	facts TEXT NOT NULL,
	at VARCHAR(32) NOT NULL,
	PRIMARY KEY (seq),
	FOREIGN KEY(batch_id) REFERENCES batches (batch_id)
);
CREATE INDEX ix_batch_events_batch_id ON batch_events (batch_id);
CREATE TRIGGER batch_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON batch_events EXECUTE FUNCTION penfield_refuse();
CREATE TABLE batch_fields (
	batch_id VARCHAR(64) NOT NULL,
	scan_no INTEGER NOT NULL,
	page_no INTEGER NOT NULL,
	field VARCHAR(64) NOT NULL,
	prediction_id VARCHAR(64) NOT NULL,
	policy_digest VARCHAR(64) NOT NULL,
	PRIMARY KEY (batch_id, scan_no, page_no, field),
	FOREIGN KEY(batch_id) REFERENCES batches (batch_id),
	FOREIGN KEY(prediction_id) REFERENCES predictions (prediction_id)
);
CREATE TRIGGER batch_fields_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON batch_fields EXECUTE FUNCTION penfield_refuse();
CREATE TABLE batch_pages (
	batch_id VARCHAR(64) NOT NULL,
	scan_no INTEGER NOT NULL,
	page_no INTEGER NOT NULL,
	page_key VARCHAR(64) NOT NULL,
	PRIMARY KEY (batch_id, scan_no, page_no),
	FOREIGN KEY(batch_id) REFERENCES batches (batch_id),
	FOREIGN KEY(page_key) REFERENCES pages (page_key)
);
CREATE TRIGGER batch_pages_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON batch_pages EXECUTE FUNCTION penfield_refuse();
CREATE TABLE decisions (
	prediction_id VARCHAR(64) NOT NULL,
	policy_digest VARCHAR(64) NOT NULL,
	decision VARCHAR(16) NOT NULL,
	code VARCHAR(32) NOT NULL,
	reason TEXT NOT NULL,
	threshold FLOAT(53),
	created_at VARCHAR(32) NOT NULL,
	PRIMARY KEY (prediction_id, policy_digest),
	FOREIGN KEY(prediction_id) REFERENCES predictions (prediction_id)
);
CREATE TRIGGER decisions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON decisions EXECUTE FUNCTION penfield_refuse();
CREATE TABLE outbox (
	seq SERIAL NOT NULL,
	key VARCHAR(160) NOT NULL,
	kind VARCHAR(32) NOT NULL,
	batch_id VARCHAR(64) NOT NULL,
	payload TEXT NOT NULL,
	created_at VARCHAR(32) NOT NULL,
	PRIMARY KEY (seq),
	UNIQUE (key),
	FOREIGN KEY(batch_id) REFERENCES batches (batch_id)
);
CREATE TRIGGER outbox_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON outbox EXECUTE FUNCTION penfield_refuse();
CREATE TABLE scan_ends (
	batch_id VARCHAR(64) NOT NULL,
	scan_no INTEGER NOT NULL,
	page_count INTEGER NOT NULL,
	at VARCHAR(32) NOT NULL,
	PRIMARY KEY (batch_id, scan_no),
	FOREIGN KEY(batch_id) REFERENCES batches (batch_id)
);
CREATE TRIGGER scan_ends_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON scan_ends EXECUTE FUNCTION penfield_refuse();
CREATE TABLE scans (
	batch_id VARCHAR(64) NOT NULL,
	scan_no INTEGER NOT NULL,
	path TEXT NOT NULL,
	scan_digest VARCHAR(64) NOT NULL,
	PRIMARY KEY (batch_id, scan_no),
	FOREIGN KEY(batch_id) REFERENCES batches (batch_id)
);
CREATE INDEX ix_scans_scan_digest ON scans (scan_digest);
CREATE TRIGGER scans_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON scans EXECUTE FUNCTION penfield_refuse();
CREATE TABLE deliveries (
	key VARCHAR(160) NOT NULL,
	at VARCHAR(32) NOT NULL,
	PRIMARY KEY (key),
	FOREIGN KEY(key) REFERENCES outbox (key)
);
CREATE TRIGGER deliveries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON deliveries EXECUTE FUNCTION penfield_refuse();
INSERT INTO schema_versions VALUES (1, '2026-11-23T12:00:00.000000+00:00');
