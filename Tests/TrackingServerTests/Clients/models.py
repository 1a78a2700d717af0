"""What a training script does with models of MLflow, unmodified, against a server of ours: autolog of scikit-learn, models
logged, registered and loaded back. Ends with an error where it differs.

Reads MLFLOW_TRACKING_URI. Needs scikit-learn and pandas; runs with mlflow-skinny and mlflow, from version 2.17 on.
"""

import warnings

import mlflow
import numpy
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

warnings.filterwarnings("ignore")
client = MlflowClient()
features, labels = load_iris(return_X_y=True)
is_new = int(mlflow.__version__.split(".")[0]) >= 3


def log(model, name, **more):
    if is_new:
        return mlflow.sklearn.log_model(model, name=name, pip_requirements=["scikit-learn"], **more)
    return mlflow.sklearn.log_model(model, name, pip_requirements=["scikit-learn"], **more)


def paths(run, path=None):
    return [entry.path for entry in client.list_artifacts(run.info.run_id, path)]


def logged_model():
    mlflow.set_experiment("logged")
    model = LogisticRegression(max_iter=200).fit(features, labels)
    wanted = model.predict(features)
    with mlflow.start_run() as run:
        info = log(model, "classifier", input_example=features[:2], registered_model_name="iris")
    assert (mlflow.sklearn.load_model(info.model_uri).predict(features) == wanted).all()
    assert (mlflow.pyfunc.load_model(f"runs:/{run.info.run_id}/classifier").predict(features) == wanted).all()
    assert (mlflow.pyfunc.load_model("models:/iris/1").predict(features) == wanted).all()
    assert (mlflow.sklearn.load_model("models:/iris/latest").predict(features) == wanted).all()
    assert "classifier/MLmodel" in paths(run, "classifier")
    registered(run, model, wanted)
    if is_new:
        searched(run, info)


def registered(run, model, wanted):
    with mlflow.start_run(run_id=run.info.run_id):
        log(model, "again")
    version = mlflow.register_model(f"runs:/{run.info.run_id}/again", "iris", tags={"a": "b"})
    assert version.version == "2" or version.version == 2, version
    assert version.run_id == run.info.run_id and version.tags == {"a": "b"}, version
    client.set_registered_model_alias("iris", "champion", "2")
    assert (mlflow.sklearn.load_model("models:/iris@champion").predict(features) == wanted).all()
    assert client.get_model_version_by_alias("iris", "champion").aliases == ["champion"]
    client.transition_model_version_stage("iris", "1", "Production")
    assert (mlflow.pyfunc.load_model("models:/iris/Production").predict(features) == wanted).all()
    assert [each.version for each in client.search_model_versions("name = 'iris'", order_by=["version_number"])] in (
        ["1", "2"],
        [1, 2],
    )
    client.update_registered_model("iris", "flowers")
    client.set_registered_model_tag("iris", "k", "v")
    client.set_model_version_tag("iris", "1", "k", "v")
    client.delete_model_version_tag("iris", "1", "k")
    client.delete_registered_model_alias("iris", "champion")
    (found,) = client.search_registered_models("name LIKE 'ir%'")
    assert found.description == "flowers" and found.tags == {"k": "v"}, found
    client.rename_registered_model("iris", "flowers")
    client.delete_model_version("flowers", "1")
    client.delete_registered_model("flowers")
    try:
        client.get_registered_model("flowers")
        raise AssertionError("a deleted model is found")
    except MlflowException as error:
        assert error.error_code == "RESOURCE_DOES_NOT_EXIST", error


def searched(run, info):
    model = mlflow.get_logged_model(info.model_id)
    assert str(model.status) in ("READY", "LoggedModelStatus.READY") and model.source_run_id == run.info.run_id, model
    outputs = client.get_run(run.info.run_id).outputs.model_outputs
    assert info.model_id in [output.model_id for output in outputs], outputs
    with mlflow.start_run():
        mlflow.log_metric("accuracy", 0.75, model_id=info.model_id)
        mlflow.log_metric("accuracy", 0.875, step=1, model_id=info.model_id)
    mlflow.set_logged_model_tags(info.model_id, {"stage": "tested"})
    found = mlflow.search_logged_models(
        experiment_ids=[run.info.experiment_id],
        filter_string="metrics.accuracy > 0.8 AND tags.stage = 'tested'",
        order_by=[{"field_name": "metrics.accuracy", "ascending": False}],
        output_format="list",
    )
    assert [each.model_id for each in found] == [info.model_id], found
    assert [metric.value for metric in found[0].metrics if metric.key == "accuracy"] == [0.875], found[0].metrics
    client.delete_logged_model_tag(info.model_id, "stage")
    client.delete_logged_model(info.model_id)
    assert client.search_logged_models([run.info.experiment_id], filter_string="name = 'classifier'") == []


def autolog():
    mlflow.set_experiment("autolog")
    mlflow.sklearn.autolog()
    with mlflow.start_run() as run:
        LogisticRegression(max_iter=200, C=0.5).fit(features, labels)
    read = client.get_run(run.info.run_id)
    assert read.data.params["C"] == "0.5" and read.data.metrics["training_accuracy_score"] > 0.9, read.data
    assert "estimator.html" in paths(run) and "model/MLmodel" in paths(run, "model"), paths(run)
    assert len(read.inputs.dataset_inputs) >= 1
    loaded = mlflow.sklearn.load_model(f"runs:/{run.info.run_id}/model")
    assert loaded.get_params()["C"] == 0.5

    with mlflow.start_run() as run:
        GridSearchCV(LogisticRegression(max_iter=200), {"C": [0.1, 1.0, 10.0]}, cv=3).fit(features, labels)
    children = client.search_runs(
        [run.info.experiment_id], f"tags.`mlflow.parentRunId` = '{run.info.run_id}'", order_by=["params.C"]
    )
    assert sorted(child.data.params["C"] for child in children) == ["0.1", "1.0", "10.0"], children
    assert all("mean_test_score" in child.data.metrics for child in children)
    read = client.get_run(run.info.run_id)
    assert numpy.isclose(
        read.data.metrics["best_cv_score"], max(child.data.metrics["mean_test_score"] for child in children)
    )
    assert "cv_results.csv" in paths(run) and "best_estimator/MLmodel" in paths(run, "best_estimator"), paths(run)


logged_model()
autolog()
print("well")
