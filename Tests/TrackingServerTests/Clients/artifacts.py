"""What a training script does with artifacts of MLflow, unmodified, against a server of ours; ends with an error where it
differs.

Reads MLFLOW_TRACKING_URI. Runs with mlflow-skinny and mlflow, from version 2.17 on; figures, images and tables where the
libraries for them are installed.
"""

import hashlib
import json
import os
import tempfile
import threading

import mlflow
from mlflow import MlflowClient

client = MlflowClient()
folder = tempfile.mkdtemp()


def write(path, content):
    path = os.path.join(folder, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content)
    return path


def listed(run, path=None):
    return [(entry.path, entry.is_dir, entry.file_size) for entry in client.list_artifacts(run, path)]


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def files():
    mlflow.set_experiment("files")
    with mlflow.start_run() as run:
        mlflow.log_artifact(write("plain.txt", b"plain"))
        mlflow.log_artifact(write("empty.bin", b""), "data")
        mlflow.log_artifact(write("größe 文字 100%.txt", b"names"), "data/größe")
        mlflow.log_text("<h1>hello</h1>", "report.html")
        mlflow.log_dict({"a": [1, 2]}, "deep/er/config.json")
        mlflow.log_dict({"b": 1}, "config.yaml")
    id = run.info.run_id
    assert listed(id) == [
        ("config.yaml", False, 5),
        ("data", True, None),
        ("deep", True, None),
        ("plain.txt", False, 5),
        ("report.html", False, 14),
    ], listed(id)
    assert listed(id, "data") == [("data/empty.bin", False, 0), ("data/größe", True, None)], listed(id, "data")
    assert listed(id, "data/größe") == [("data/größe/größe 文字 100%.txt", False, 5)]
    assert listed(id, "nothing") == []
    assert mlflow.artifacts.load_text(f"runs:/{id}/report.html") == "<h1>hello</h1>"
    assert mlflow.artifacts.load_dict(f"{run.info.artifact_uri}/deep/er/config.json") == {"a": [1, 2]}
    place = mlflow.artifacts.download_artifacts(run_id=id, artifact_path="data", dst_path=tempfile.mkdtemp())
    with open(os.path.join(place, "größe", "größe 文字 100%.txt"), "rb") as file:
        assert file.read() == b"names"
    assert os.path.getsize(os.path.join(place, "empty.bin")) == 0
    place = client.download_artifacts(id, "", tempfile.mkdtemp())
    assert sorted(os.listdir(place)) == ["config.yaml", "data", "deep", "plain.txt", "report.html"]
    client.log_text(id, "replaced", "plain.txt")
    assert mlflow.artifacts.load_text(f"runs:/{id}/plain.txt") == "replaced"


def trees():
    for number in range(30):
        write(f"tree/{number % 3}/{number}.bin", os.urandom(1000 * number))
    with mlflow.start_run() as run:
        mlflow.log_artifacts(os.path.join(folder, "tree"), "tree")
        mlflow.log_artifacts(os.path.join(folder, "tree", "0"))
    place = mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="tree", dst_path=tempfile.mkdtemp())
    for number in range(30):
        path = f"{number % 3}/{number}.bin"
        assert digest(os.path.join(place, path)) == digest(os.path.join(folder, "tree", path)), path
    assert len(listed(run.info.run_id)) == 11


def large_file():
    path = write("large.bin", os.urandom(1 << 20) * 40)
    with mlflow.start_run() as run:
        mlflow.log_artifact(path)
    assert listed(run.info.run_id) == [("large.bin", False, 40 << 20)]
    place = mlflow.artifacts.download_artifacts(f"runs:/{run.info.run_id}/large.bin", dst_path=tempfile.mkdtemp())
    assert digest(place) == digest(path)


def concurrently():
    with mlflow.start_run() as run:
        pass
    errors = []

    def work(number):
        try:
            for each in range(10):
                client.log_text(run.info.run_id, f"{number} {each}", f"{number}/{each}.txt")
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors, errors
    for number in range(8):
        assert len(listed(run.info.run_id, str(number))) == 10


def pictures():
    try:
        import matplotlib

        matplotlib.use("agg")
        from matplotlib import pyplot
    except ImportError:
        return
    figure, axes = pyplot.subplots()
    axes.plot([1, 2, 3])
    with mlflow.start_run() as run:
        mlflow.log_figure(figure, "plots/line.png")
        mlflow.log_figure(figure, "plots/line.svg")
    place = mlflow.artifacts.download_artifacts(f"runs:/{run.info.run_id}/plots/line.png", dst_path=tempfile.mkdtemp())
    with open(place, "rb") as file:
        assert file.read(4) == b"\x89PNG"


def tables():
    try:
        import pandas
    except ImportError:
        return
    with mlflow.start_run() as run:
        mlflow.log_table({"a": [1, 2], "b": ["x", "y"]}, "table.json")
        mlflow.log_table({"a": [3], "b": ["z"]}, "table.json")
        data = mlflow.data.from_pandas(pandas.DataFrame({"x": [1.0, 2.0], "y": [0, 1]}), name="points", targets="y")
        mlflow.log_input(data, context="training", tags={"why": "test"})
    assert list(mlflow.load_table("table.json", run_ids=[run.info.run_id])["a"]) == [1, 2, 3]
    (input,) = client.get_run(run.info.run_id).inputs.dataset_inputs
    assert input.dataset.name == "points" and input.dataset.digest == data.digest, input
    assert {tag.key: tag.value for tag in input.tags} == {"mlflow.data.context": "training", "why": "test"}
    assert json.loads(input.dataset.schema)["mlflow_colspec"], input.dataset.schema
    found = mlflow.search_runs(experiment_names=["files"], filter_string="dataset.name = 'points'", output_format="list")
    assert [each.info.run_id for each in found] == [run.info.run_id]


files()
trees()
large_file()
concurrently()
pictures()
tables()
print("well")
