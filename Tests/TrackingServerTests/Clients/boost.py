"""What autolog of LightGBM and XGBoost does with MLflow, unmodified, against a server of ours; ends with an error where it
differs.

Reads MLFLOW_TRACKING_URI. Needs lightgbm, xgboost, scikit-learn, pandas and matplotlib.
"""

import warnings

import lightgbm
import matplotlib
import mlflow
import numpy
import xgboost
from mlflow import MlflowClient
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

warnings.filterwarnings("ignore")
matplotlib.use("agg")
client = MlflowClient()
features, labels = load_breast_cancer(return_X_y=True)
train_x, test_x, train_y, test_y = train_test_split(features, labels, test_size=0.3, random_state=0)


def paths(run, path=None):
    return [entry.path for entry in client.list_artifacts(run, path)]


def history(run, name):
    points = client.get_metric_history(run, name)
    assert [point.step for point in points] == list(range(len(points))), points
    return [point.value for point in points]


def model_of(run):
    """The one model that came out of a run, as the run's outputs name it."""
    (output,) = client.get_run(run).outputs.model_outputs
    (found,) = [each for each in mlflow.search_runs(search_all_experiments=True, output_format="list") if each.info.run_id == run]
    assert [each.model_id for each in found.outputs.model_outputs] == [output.model_id], found.outputs
    return f"models:/{output.model_id}"


def lightgbm_training():
    mlflow.set_experiment("lightgbm")
    mlflow.lightgbm.autolog(log_datasets=True)
    train = lightgbm.Dataset(train_x, train_y)
    told = {}
    with mlflow.start_run() as run:
        booster = lightgbm.train(
            {"objective": "binary", "metric": ["binary_logloss", "auc"], "learning_rate": 0.1, "verbose": -1, "num_threads": 1},
            train,
            num_boost_round=25,
            valid_sets=[train, lightgbm.Dataset(test_x, test_y, reference=train)],
            valid_names=["train", "valid"],
            callbacks=[lightgbm.record_evaluation(told), lightgbm.early_stopping(10, verbose=False)],
        )
    id = run.info.run_id
    read = client.get_run(id)
    assert read.data.params["learning_rate"] == "0.1" and read.data.params["num_boost_round"] == "25", read.data.params
    # Every iteration that was told is a point, and the last one is the best again, as autolog logs it.
    for name, series in [("train", "auc"), ("valid", "auc"), ("valid", "binary_logloss")]:
        points = client.get_metric_history(id, f"{name}-{series}")
        assert [point.value for point in points][: len(told[name][series])] == told[name][series], points
    assert read.data.metrics["best_iteration"] == booster.best_iteration, read.data.metrics
    for kind in ["gain", "split"]:
        assert {f"feature_importance_{kind}.json", f"feature_importance_{kind}.png"} <= set(paths(id)), paths(id)
    assert read.inputs.dataset_inputs, read.inputs
    wanted = booster.predict(test_x)
    assert numpy.allclose(mlflow.lightgbm.load_model(model_of(id)).predict(test_x), wanted)
    assert numpy.allclose(mlflow.pyfunc.load_model(f"runs:/{id}/model").predict(test_x), wanted)


def lightgbm_estimator():
    mlflow.lightgbm.autolog(registered_model_name="forest")
    with mlflow.start_run() as run:
        model = lightgbm.LGBMClassifier(n_estimators=10, verbose=-1, n_jobs=1).fit(
            train_x, train_y, eval_set=[(test_x, test_y)]
        )
    assert client.get_run(run.info.run_id).data.params["num_boost_round"] == "10"
    assert len(history(run.info.run_id, "valid_0-binary_logloss")) == 10
    assert (mlflow.pyfunc.load_model("models:/forest/1").predict(test_x) == model.predict(test_x)).all()
    mlflow.lightgbm.autolog(disable=True)


def xgboost_training():
    mlflow.set_experiment("xgboost")
    mlflow.xgboost.autolog()
    train, test = xgboost.DMatrix(train_x, train_y), xgboost.DMatrix(test_x, test_y)
    told = {}
    with mlflow.start_run() as run:
        booster = xgboost.train(
            {"objective": "binary:logistic", "eval_metric": ["logloss", "auc"], "max_depth": 3, "nthread": 1},
            train,
            num_boost_round=25,
            evals=[(train, "train"), (test, "valid")],
            evals_result=told,
            verbose_eval=False,
        )
    id = run.info.run_id
    read = client.get_run(id)
    assert read.data.params["max_depth"] == "3" and read.info.status == "FINISHED", read
    for name in ["train", "valid"]:
        for series in ["logloss", "auc"]:
            assert history(id, f"{name}-{series}") == told[name][series], (name, series)
    assert "feature_importance_weight.json" in paths(id), paths(id)
    assert numpy.allclose(mlflow.xgboost.load_model(model_of(id)).predict(test), booster.predict(test))


def xgboost_estimator():
    with mlflow.start_run() as run:
        model = xgboost.XGBClassifier(n_estimators=10, n_jobs=1).fit(
            train_x, train_y, eval_set=[(test_x, test_y)], verbose=False
        )
    assert len(history(run.info.run_id, "validation_0-logloss")) == 10
    loaded = mlflow.pyfunc.load_model(f"runs:/{run.info.run_id}/model")
    assert (loaded.predict(test_x) == model.predict(test_x)).all()
    best = client.search_runs(
        [run.info.experiment_id], "metrics.`valid-auc` > 0.9 AND params.max_depth = '3'", order_by=["metrics.`valid-auc` DESC"]
    )
    assert len(best) == 1, best


lightgbm_training()
lightgbm_estimator()
xgboost_training()
xgboost_estimator()
print("well")
