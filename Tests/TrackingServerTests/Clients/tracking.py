"""What a training script does with MLflow, unmodified, against a server of ours; ends with an error where it differs.

Reads MLFLOW_TRACKING_URI. Runs with mlflow-skinny and mlflow, from version 2.17 on.
"""

import math
import threading
import time

import mlflow
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag, ViewType
from mlflow.exceptions import MlflowException

client = MlflowClient()


def fluent():
    experiment = mlflow.set_experiment("fluent")
    assert mlflow.set_experiment("fluent").experiment_id == experiment.experiment_id
    with mlflow.start_run(run_name="first", description="a description") as run:
        mlflow.log_param("lr", 0.1)
        mlflow.log_param("lr", 0.1)
        mlflow.log_params({"batch": 32, "name": "größe", "flag": True})
        for step in range(20):
            mlflow.log_metric("loss", 1 / (step + 1), step=step)
        mlflow.log_metrics({"accuracy": 0.5, "f1": 0.25}, step=3)
        mlflow.set_tag("team", "vision")
        mlflow.set_tags({"a": "1", "b": "2"})
        mlflow.delete_tag("b")
        try:
            mlflow.log_param("lr", 0.2)
            raise AssertionError("a parameter was changed")
        except MlflowException as error:
            assert "Changing param values is not allowed" in str(error), error
    read = client.get_run(run.info.run_id)
    assert read.info.status == "FINISHED" and read.info.run_name == "first", read.info
    assert read.info.start_time == run.info.start_time and read.info.end_time >= read.info.start_time
    assert read.data.params == {"lr": "0.1", "batch": "32", "name": "größe", "flag": "True"}, read.data.params
    assert read.data.metrics == {"loss": 1 / 20, "accuracy": 0.5, "f1": 0.25}, read.data.metrics
    assert read.data.tags["team"] == "vision" and read.data.tags["a"] == "1" and "b" not in read.data.tags
    assert read.data.tags["mlflow.note.content"] == "a description"
    assert read.data.tags["mlflow.user"] and read.data.tags["mlflow.source.type"] == "LOCAL"
    history = client.get_metric_history(run.info.run_id, "loss")
    assert [(point.step, point.value) for point in history] == [(step, 1 / (step + 1)) for step in range(20)]
    with mlflow.start_run(run_id=run.info.run_id):
        mlflow.log_metric("later", 1)
    assert client.get_run(run.info.run_id).data.metrics["later"] == 1
    try:
        with mlflow.start_run():
            raise ValueError("as it happens")
    except ValueError:
        pass
    assert mlflow.last_active_run().info.status == "FAILED"


def special_values():
    run = client.create_run(client.create_experiment("values"))
    for step, value in enumerate([math.nan, math.inf, -math.inf, -0.0, 5e-324, 1.7976931348623157e308]):
        client.log_metric(run.info.run_id, "v", value, step=step)
    values = [point.value for point in client.get_metric_history(run.info.run_id, "v")]
    assert math.isnan(values[0]) and values[1:] == [math.inf, -math.inf, -0.0, 5e-324, 1.7976931348623157e308], values
    assert math.copysign(1, values[3]) == -1


def nested():
    mlflow.set_experiment("nested")
    with mlflow.start_run() as parent:
        children = []
        for _ in range(2):
            with mlflow.start_run(nested=True) as child:
                mlflow.log_metric("m", 1)
                children.append(child.info.run_id)
    found = client.search_runs(
        [parent.info.experiment_id], f"tags.mlflow.parentRunId = '{parent.info.run_id}'", order_by=["start_time ASC"]
    )
    assert [run.info.run_id for run in found] == children or set(run.info.run_id for run in found) == set(children)
    assert found[0].data.tags["mlflow.parentRunId"] == parent.info.run_id


def batches():
    run = client.create_run(client.create_experiment("batches"))
    now = int(time.time() * 1000)
    client.log_batch(
        run.info.run_id,
        [Metric("m", float(step), now, step) for step in range(1000)],
    )
    client.log_batch(run.info.run_id, [], [Param(f"p{i}", str(i)) for i in range(100)], [RunTag("t", "x" * 9000)])
    read = client.get_run(run.info.run_id)
    assert read.data.metrics["m"] == 999 and len(read.data.params) == 100 and len(read.data.tags["t"]) == 8000
    assert len(client.get_metric_history(run.info.run_id, "m")) == 1000


def lifecycle():
    experiment = client.create_experiment("lifecycle", tags={"k": "v"})
    run = client.create_run(experiment, start_time=1234, tags={"mlflow.runName": "named"}).info.run_id
    client.update_run(run, name="renamed")
    assert client.get_run(run).info.run_name == "renamed" and client.get_run(run).info.start_time == 1234
    client.set_terminated(run, "KILLED", end_time=5678)
    assert client.get_run(run).info.status == "KILLED" and client.get_run(run).info.end_time == 5678
    client.delete_run(run)
    assert client.get_run(run).info.lifecycle_stage == "deleted"
    assert client.search_runs([experiment]) == []
    assert len(client.search_runs([experiment], run_view_type=ViewType.DELETED_ONLY)) == 1
    client.restore_run(run)
    client.set_experiment_tag(experiment, "team", "v")
    client.rename_experiment(experiment, "another name")
    assert client.get_experiment_by_name("another name").tags == {"k": "v", "team": "v"}
    client.delete_experiment(experiment)
    assert client.get_experiment(experiment).lifecycle_stage == "deleted"
    client.restore_experiment(experiment)
    assert "another name" in [e.name for e in client.search_experiments(filter_string="name LIKE 'another%'")]
    assert client.get_experiment("0").name == "Default"
    try:
        client.get_run("0" * 32)
        raise AssertionError("there was a run")
    except MlflowException as error:
        assert error.error_code == "RESOURCE_DOES_NOT_EXIST"


def concurrent():
    experiment = client.create_experiment("concurrent")
    failures = []

    def work(worker):
        try:
            own = MlflowClient()
            run = own.create_run(experiment).info.run_id
            for step in range(25):
                own.log_metric(run, "m", float(step), step=step)
                own.log_param(run, f"p{step}", worker)
            own.set_terminated(run)
            assert len(own.get_metric_history(run, "m")) == 25
        except Exception as error:
            failures.append(error)

    workers = [threading.Thread(target=work, args=(worker,)) for worker in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not failures, failures
    runs = client.search_runs([experiment], "metrics.m = 24 AND attributes.status = 'FINISHED'")
    assert len(runs) == 8 and all(len(run.data.params) == 25 for run in runs)


for check in [fluent, special_values, nested, batches, lifecycle, concurrent]:
    check()
print("well")
