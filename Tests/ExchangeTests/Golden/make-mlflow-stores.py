"""Writes the MLflow stores that the tests import: once with each version of MLflow that they are for.

    MLFLOW_ALLOW_FILE_STORE=true python make-mlflow-stores.py file NAME
    python make-mlflow-stores.py sqlite NAME.db

The content is the same each time, but for times, ids and what a version does not know.
"""

import os
import shutil
import sqlite3
import sys
import tempfile

import mlflow
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag
from mlflow.tracking import MlflowClient

kind, target = sys.argv[1:3]
here = os.path.abspath(target)
if kind == "file":
    uri = "file://" + here
elif kind == "sqlite":
    uri = "sqlite:///" + here
else:
    uri = target
client = MlflowClient(uri)
place = None
if kind != "server":
    place = "file://" + (here if kind == "file" else here.removesuffix(".db") + "-artifacts")


def experiment(name, number, **arguments):
    root = f"{place}/{number}" if place and kind == "sqlite" else None
    return client.create_experiment(name, artifact_location=root, **arguments)


def begin(experiment_id, name, start, tags=None):
    tags = {"mlflow.user": "ada", "mlflow.source.name": "train.py", "mlflow.source.type": "LOCAL", **(tags or {})}
    return client.create_run(experiment_id, start_time=start, run_name=name, tags=tags).info.run_id


digits = experiment("digits", 1, tags={"team": "vision", "mlflow.note.content": "Handwritten digits."})
parent = begin(digits, "search", 1_700_000_000_000)
client.log_param(parent, "space/lr", "loguniform")
children = []
for number in range(3):
    child = begin(
        digits, f"trial {number}", 1_700_000_001_000 + number * 1_000, {"mlflow.parentRunId": parent, "fold": str(number)}
    )
    children.append(child)
    client.log_batch(
        child,
        metrics=[
            Metric("loss", 1.0 / (step + 1 + number), 1_700_000_001_000 + step, step) for step in range(20)
        ]
        + [Metric("val/accuracy", 0.5 + 0.1 * number, 1_700_000_001_500, 19)],
        params=[Param("lr", str(0.1 / (number + 1))), Param("optimizer", "adam"), Param("text", "several\nlines: yes")],
        tags=[RunTag("path/like", "a/b"), RunTag("long", "x" * 3000)],
    )
    client.set_terminated(child, ["FINISHED", "FAILED", "KILLED"][number], 1_700_000_009_000 + number)
for step, value in enumerate([0.25, float("nan"), float("inf"), float("-inf"), -0.0, 5e-324, 1.7976931348623157e308]):
    client.log_metric(parent, "odd", value, 1_700_000_000_000 + step, step)
# Logged out of order, and twice at one step.
for timestamp, step, value in [(5, 3, 1.0), (4, 2, 2.0), (6, 3, 3.0), (6, 3, 3.0), (7, -1, 4.0)]:
    client.log_metric(parent, "scattered", value, timestamp, step)
client.log_inputs(
    parent,
    [
        DatasetInput(
            Dataset("mnist", "0a1b2c3d", "local", '{"uri": "/data/mnist"}', schema='{"x": 784}', profile='{"rows": 60000}'),
            [InputTag("mlflow.data.context", "training")],
        ),
        DatasetInput(Dataset("mnist-test", "ffff", "http", '{"url": "http://example.com"}'), []),
    ],
)
with tempfile.TemporaryDirectory() as folder:
    os.makedirs(folder + "/plots/deep")
    for path, content in [("notes.txt", b"hello\n"), ("plots/a.bin", bytes(range(256))), ("plots/deep/empty", b"")]:
        with open(f"{folder}/{path}", "wb") as file:
            file.write(content)
    client.log_artifacts(children[0], folder)
    client.log_artifact(parent, folder + "/notes.txt", "below")
client.set_terminated(parent, "FINISHED", 1_700_000_010_000)
running = begin(digits, "still running", 1_700_000_020_000)
client.log_metric(running, "loss", 3.5, 1_700_000_020_001, 0)
deleted = begin(digits, "a deleted one", 1_700_000_030_000)
client.log_metric(deleted, "loss", 9.0, 1_700_000_030_001, 0)
client.set_terminated(deleted, "FINISHED", 1_700_000_030_002)
client.delete_run(deleted)

default = begin("0", "in the default experiment", 1_700_000_040_000)
client.set_terminated(default, "FINISHED", 1_700_000_040_500)

gone = experiment("gone", 2)
client.set_terminated(begin(gone, "went along", 1_700_000_050_000), "FINISHED", 1_700_000_050_001)
client.delete_experiment(gone)

if hasattr(client, "create_logged_model"):
    from mlflow.entities import LoggedModelOutput

    model = client.create_logged_model(
        digits, name="net", source_run_id=children[0], tags={"kind": "small"},
        params={"layers": "2"}, model_type="classifier"
    )
    with tempfile.TemporaryDirectory() as folder:
        with open(folder + "/weights.bin", "wb") as file:
            file.write(b"\x00\x01\x02\x03" * 64)
        client.log_model_artifacts(model.model_id, folder)
    client.finalize_logged_model(model.model_id, "READY")
    client.log_outputs(children[0], [LoggedModelOutput(model.model_id, 7)])
    client.log_metric(children[0], "test_accuracy", 0.875, 1_700_000_008_000, 7, model_id=model.model_id)

registered = client.create_registered_model("digits-net", {"owner": "ada"}, "Reads digits.")
for number in range(3):
    source = client.get_run(children[0]).info.artifact_uri + "/plots"
    client.create_model_version("digits-net", source, children[number], description=f"number {number}")
client.delete_model_version("digits-net", "2")
client.set_model_version_tag("digits-net", "3", "checked", "yes")
client.set_registered_model_alias("digits-net", "champion", "3")
client.transition_model_version_stage("digits-net", "1", "Staging")

if kind == "sqlite":
    client = None
    connection = sqlite3.connect(here)
    # Small enough to be kept beside the tests.
    connection.executescript("PRAGMA journal_mode=DELETE; PRAGMA page_size=512; VACUUM;")
    connection.close()
