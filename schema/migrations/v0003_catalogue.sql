-- What clients of a server record beside runs: experiments that are tagged and deleted, datasets, logged models, the model
-- registry, tokens. And of series, which point is the latest.

ALTER TABLE experiments ADD COLUMN updated INTEGER NOT NULL DEFAULT 0;
UPDATE experiments SET updated = created;
ALTER TABLE experiments ADD COLUMN deleted INTEGER;

CREATE TABLE experiment_tags (
  experiment INTEGER NOT NULL REFERENCES experiments (id),
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (experiment, name)
) WITHOUT ROWID;

ALTER TABLE runs ADD COLUMN deleted INTEGER;
-- 1 for a run that was deleted with its experiment and is restored with it.
ALTER TABLE runs ADD COLUMN deleted_with_experiment INTEGER NOT NULL DEFAULT 0;
CREATE INDEX runs_by_deletion ON runs (experiment, created DESC, key) WHERE deleted IS NOT NULL;

-- The orders that people and MLflow ask for; runs without the value come by a statement of their own.
CREATE INDEX runs_by_start ON runs (started DESC, key) WHERE started IS NOT NULL;
CREATE INDEX runs_by_experiment_start ON runs (experiment, started DESC, key) WHERE started IS NOT NULL;
CREATE INDEX runs_by_end ON runs (ended DESC, key) WHERE ended IS NOT NULL;
CREATE INDEX runs_by_name ON runs (name, key) WHERE name IS NOT NULL;

-- `last` and its companions tell from here on of the latest point: of largest step, then time, then value (NaN is
-- smallest). Series that nobody logs to any more keep the point logged last. Where that is another one than the latest, it
-- stands here; NULL where it is the same.
ALTER TABLE series ADD COLUMN recent_bits INTEGER;
ALTER TABLE series ADD COLUMN recent_step INTEGER;
ALTER TABLE series ADD COLUMN recent_time INTEGER;

CREATE TABLE datasets (
  id INTEGER PRIMARY KEY,
  experiment INTEGER NOT NULL REFERENCES experiments (id),
  name TEXT NOT NULL,
  digest TEXT NOT NULL,
  source_type TEXT NOT NULL,
  source TEXT NOT NULL,
  schema TEXT,
  profile TEXT
);
CREATE UNIQUE INDEX datasets_by_name ON datasets (experiment, name, digest);

CREATE TABLE inputs (
  run INTEGER NOT NULL REFERENCES runs (id),
  dataset INTEGER NOT NULL REFERENCES datasets (id),
  position INTEGER NOT NULL,
  PRIMARY KEY (run, dataset)
) WITHOUT ROWID;

CREATE TABLE input_tags (
  run INTEGER NOT NULL REFERENCES runs (id),
  dataset INTEGER NOT NULL REFERENCES datasets (id),
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (run, dataset, name)
) WITHOUT ROWID;

CREATE TABLE logged_models (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  experiment INTEGER NOT NULL REFERENCES experiments (id),
  name TEXT NOT NULL,
  -- A run's key; it may be of another store.
  source TEXT,
  status TEXT NOT NULL,
  type TEXT NOT NULL,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  deleted INTEGER
);
CREATE INDEX logged_models_by_experiment ON logged_models (experiment, created DESC, key);
CREATE INDEX logged_models_by_source ON logged_models (source) WHERE source IS NOT NULL;

CREATE TABLE logged_model_parameters (
  model INTEGER NOT NULL REFERENCES logged_models (id),
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (model, name)
) WITHOUT ROWID;

CREATE TABLE logged_model_tags (
  model INTEGER NOT NULL REFERENCES logged_models (id),
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (model, name)
) WITHOUT ROWID;

-- The latest of each name, run and dataset; the dataset's name and digest are empty where it is not told.
CREATE TABLE logged_model_metrics (
  model INTEGER NOT NULL REFERENCES logged_models (id),
  name TEXT NOT NULL,
  run INTEGER NOT NULL REFERENCES runs (id),
  dataset_name TEXT NOT NULL,
  dataset_digest TEXT NOT NULL,
  step INTEGER NOT NULL,
  time INTEGER NOT NULL,
  bits INTEGER NOT NULL,
  PRIMARY KEY (model, name, run, dataset_name, dataset_digest)
) WITHOUT ROWID;

CREATE TABLE logged_model_files (
  model INTEGER NOT NULL REFERENCES logged_models (id),
  path TEXT NOT NULL,
  digest TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  content_bytes INTEGER NOT NULL,
  time INTEGER NOT NULL,
  PRIMARY KEY (model, path)
) WITHOUT ROWID;

CREATE TABLE outputs (
  run INTEGER NOT NULL REFERENCES runs (id),
  model INTEGER NOT NULL REFERENCES logged_models (id),
  step INTEGER NOT NULL,
  position INTEGER NOT NULL,
  PRIMARY KEY (run, model, step)
) WITHOUT ROWID;

CREATE TABLE registered_models (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  description TEXT NOT NULL,
  -- The largest version that there ever was.
  last_version INTEGER NOT NULL
);

CREATE TABLE registered_model_tags (
  model INTEGER NOT NULL REFERENCES registered_models (id),
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (model, name)
) WITHOUT ROWID;

CREATE TABLE model_versions (
  model INTEGER NOT NULL REFERENCES registered_models (id),
  version INTEGER NOT NULL,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  description TEXT NOT NULL,
  author TEXT NOT NULL,
  source TEXT NOT NULL,
  -- Keys; the records may be of another store.
  run TEXT,
  logged_model TEXT,
  stage TEXT NOT NULL,
  PRIMARY KEY (model, version)
) WITHOUT ROWID;

CREATE TABLE model_version_tags (
  model INTEGER NOT NULL,
  version INTEGER NOT NULL,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (model, version, name),
  FOREIGN KEY (model, version) REFERENCES model_versions (model, version)
) WITHOUT ROWID;

CREATE TABLE model_aliases (
  model INTEGER NOT NULL,
  alias TEXT NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY (model, alias),
  FOREIGN KEY (model, version) REFERENCES model_versions (model, version)
) WITHOUT ROWID;

CREATE TABLE tokens (
  id TEXT PRIMARY KEY,
  hash TEXT NOT NULL,
  scope TEXT NOT NULL,
  run INTEGER REFERENCES runs (id),
  created INTEGER NOT NULL,
  expires INTEGER,
  -- The change that recorded it.
  event INTEGER NOT NULL
) WITHOUT ROWID;
