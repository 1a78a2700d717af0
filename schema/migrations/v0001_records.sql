-- The first shape of the store.
--
-- Written for SQLite, and for PostgreSQL after these replacements: INTEGER is BIGINT, REAL is DOUBLE PRECISION, BLOB is
-- BYTEA, and WITHOUT ROWID is nothing. Times are milliseconds since 1970 UTC; JSON is canonical text.

-- The number of the last change ('event').
CREATE TABLE counters (
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO counters (name, value) VALUES ('event', 0);

-- The names of metrics, parameters and tags, once each.
CREATE TABLE names (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
);

CREATE TABLE experiments (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  created INTEGER NOT NULL,
  -- Kept, since counting the runs of a large experiment takes 300 ms.
  runs INTEGER NOT NULL
);

CREATE TABLE runs (
  id INTEGER PRIMARY KEY,
  -- The id that people and programs know.
  key TEXT NOT NULL UNIQUE,
  experiment INTEGER NOT NULL REFERENCES experiments (id),
  kind TEXT NOT NULL,
  parent INTEGER REFERENCES runs (id),
  number INTEGER,
  name TEXT,
  state TEXT NOT NULL,
  reason TEXT NOT NULL,
  created INTEGER NOT NULL,
  started INTEGER,
  ended INTEGER,
  -- JSON.
  origin TEXT NOT NULL,
  note TEXT NOT NULL,
  counted_attempt INTEGER NOT NULL,
  -- The largest count of `observations`.
  observed INTEGER NOT NULL,
  -- The change that recorded it.
  event INTEGER NOT NULL
);
CREATE INDEX runs_by_creation ON runs (created DESC, key);
CREATE INDEX runs_by_experiment ON runs (experiment, created DESC, key);
CREATE INDEX runs_by_state ON runs (state, created DESC, key);
CREATE UNIQUE INDEX runs_by_parent ON runs (parent, number);

CREATE TABLE transitions (
  event INTEGER PRIMARY KEY,
  run INTEGER NOT NULL REFERENCES runs (id),
  -- NULL for a run's first.
  from_state TEXT,
  to_state TEXT NOT NULL,
  reason TEXT NOT NULL,
  time INTEGER NOT NULL
);
CREATE INDEX transitions_by_run ON transitions (run, event);

CREATE TABLE parameters (
  run INTEGER NOT NULL REFERENCES runs (id),
  name INTEGER NOT NULL REFERENCES names (id),
  position INTEGER NOT NULL,
  -- 1 for those that the run was created with.
  given INTEGER NOT NULL,
  -- 1 when `value` is a text as it is, 0 when it is JSON.
  is_text INTEGER NOT NULL,
  value TEXT NOT NULL,
  -- NULL for what is no number.
  number REAL,
  PRIMARY KEY (run, name)
) WITHOUT ROWID;
CREATE INDEX parameters_by_value ON parameters (name, value, run);
CREATE INDEX parameters_by_number ON parameters (name, number, run) WHERE number IS NOT NULL;

CREATE TABLE tags (
  run INTEGER NOT NULL REFERENCES runs (id),
  name INTEGER NOT NULL REFERENCES names (id),
  value TEXT NOT NULL,
  PRIMARY KEY (run, name)
) WITHOUT ROWID;
CREATE INDEX tags_by_value ON tags (name, value, run);

-- One attempt's points of one metric, without the points.
CREATE TABLE series (
  id INTEGER PRIMARY KEY,
  run INTEGER NOT NULL REFERENCES runs (id),
  metric INTEGER NOT NULL REFERENCES names (id),
  attempt INTEGER NOT NULL,
  -- 1 for the series of the run's counted attempt.
  counted INTEGER NOT NULL,
  count INTEGER NOT NULL,
  -- The value logged last: NULL for NaN; its bits where a REAL does not keep them (NaN, -0).
  last REAL,
  last_bits INTEGER,
  last_step INTEGER NOT NULL,
  last_time INTEGER NOT NULL,
  largest_step INTEGER NOT NULL,
  -- The first point of smallest and of largest finite value, by bits. NULL where it is the last point (if that is
  -- finite), or where no value is finite (if it is not).
  min_bits INTEGER,
  min_step INTEGER,
  min_time INTEGER,
  max_bits INTEGER,
  max_step INTEGER,
  max_time INTEGER,
  -- The counts of the small chunks at the end, 16 bits each, little-endian.
  tail BLOB NOT NULL
);
CREATE UNIQUE INDEX series_by_run ON series (run, metric, attempt);
CREATE INDEX series_by_value ON series (metric, last, run) WHERE counted = 1;

-- The points: docs/design/metric-chunks.md. The id is series x 2^32 + the place of the first point in its series.
CREATE TABLE metric_chunks (
  id INTEGER PRIMARY KEY,
  count INTEGER NOT NULL,
  data BLOB NOT NULL
);

-- How far the journals of metric loggers have been taken over: docs/design/durability.md.
CREATE TABLE journals (
  id TEXT PRIMARY KEY,
  folded INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE attempts (
  run INTEGER NOT NULL REFERENCES runs (id),
  number INTEGER NOT NULL,
  launcher TEXT NOT NULL,
  continues INTEGER NOT NULL,
  started INTEGER NOT NULL,
  ended INTEGER,
  outcome TEXT,
  detail TEXT NOT NULL,
  PRIMARY KEY (run, number)
) WITHOUT ROWID;

CREATE TABLE artifacts (
  run INTEGER NOT NULL REFERENCES runs (id),
  name TEXT NOT NULL,
  digest TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  content_bytes INTEGER NOT NULL,
  files INTEGER NOT NULL,
  time INTEGER NOT NULL,
  PRIMARY KEY (run, name)
) WITHOUT ROWID;

CREATE TABLE sweeps (
  run INTEGER PRIMARY KEY REFERENCES runs (id),
  -- JSON.
  spec TEXT NOT NULL,
  source TEXT NOT NULL,
  -- The last change recorded on the sweep or one of its trials.
  last_event INTEGER NOT NULL
);

CREATE TABLE decisions (
  event INTEGER PRIMARY KEY,
  sweep INTEGER NOT NULL REFERENCES sweeps (run),
  kind TEXT NOT NULL,
  decider TEXT NOT NULL,
  as_of INTEGER NOT NULL,
  trial INTEGER,
  reason TEXT NOT NULL,
  -- JSON.
  details TEXT NOT NULL,
  time INTEGER NOT NULL
);
CREATE INDEX decisions_by_sweep ON decisions (sweep, event);

-- Up to which point deciders might see a trial's primary metric, as of which change.
CREATE TABLE observations (
  event INTEGER PRIMARY KEY,
  run INTEGER NOT NULL REFERENCES runs (id),
  count INTEGER NOT NULL
);
CREATE INDEX observations_by_run ON observations (run, event);
