-- Trials that wait: allowances, and what deciders saw of which attempt.

-- How many points of its primary metric a trial may log before it is paused, as of which change; NULL for as many as it
-- likes. The last one counts.
CREATE TABLE allowances (
  event INTEGER PRIMARY KEY,
  run INTEGER NOT NULL REFERENCES runs (id),
  points INTEGER
);
CREATE INDEX allowances_by_run ON allowances (run, event);

-- The last of `allowances`.
ALTER TABLE runs ADD COLUMN allowance INTEGER;

-- The change that brought the run into its final state; NULL while it is in none. A trial does not leave one.
ALTER TABLE runs ADD COLUMN ended_event INTEGER;
UPDATE runs SET ended_event = (SELECT max(event) FROM transitions WHERE transitions.run = runs.id)
WHERE state IN ('finished', 'failed', 'canceled', 'pruned');

-- The attempt whose points were observed. A trial that starts over is observed from 0 again, so the last observation counts
-- from here on, and no longer the largest.
ALTER TABLE observations ADD COLUMN attempt INTEGER NOT NULL DEFAULT 1;
UPDATE observations SET attempt = (SELECT counted_attempt FROM runs WHERE runs.id = observations.run)
WHERE run IN (SELECT id FROM runs WHERE counted_attempt > 1);
