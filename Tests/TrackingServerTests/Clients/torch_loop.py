"""What a training script in PyTorch does with MLflow, unmodified, against a server of ours: a plain loop with checkpoints, and
Lightning with autolog. Ends with an error where it differs.

Reads MLFLOW_TRACKING_URI. Needs torch, lightning and pandas.
"""

import logging
import os
import tempfile
import warnings

import lightning
import mlflow
import torch
from mlflow import MlflowClient
from torch.utils.data import DataLoader, TensorDataset

warnings.filterwarnings("ignore")
logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
torch.manual_seed(0)
torch.set_num_threads(1)
client = MlflowClient()
inputs = torch.randn(256, 4)
targets = (inputs @ torch.tensor([1.0, -2.0, 0.5, 3.0])).unsqueeze(1) + 0.1
is_new = int(mlflow.__version__.split(".")[0]) >= 3


def plain_loop():
    mlflow.set_experiment("torch")
    model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    losses, norms = [], []
    with mlflow.start_run(run_name="plain") as run:
        mlflow.log_params({"lr": 0.01, "optimizer": "SGD", "layers": len(model)})
        mlflow.log_text(str(model), "model_summary.txt")
        for epoch in range(4):
            for batch, (x, y) in enumerate(DataLoader(TensorDataset(inputs, targets), batch_size=32, shuffle=True)):
                optimizer.zero_grad()
                loss = torch.nn.functional.mse_loss(model(x), y)
                loss.backward()
                norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 100.0)
                optimizer.step()
                losses.append(loss.item())
                norms.append(norm.item())
                mlflow.log_metric("train_loss", loss.item(), step=epoch * 8 + batch)
                mlflow.log_metrics({"grad_norm": norm.item(), "lr": 0.01}, step=epoch * 8 + batch, synchronous=False)
            mlflow.pytorch.log_state_dict({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, f"epoch{epoch}")
        mlflow.flush_async_logging()
        if is_new:
            info = mlflow.pytorch.log_model(model, name="net", pip_requirements=["torch"], serialization_format="pickle")
        else:
            info = mlflow.pytorch.log_model(model, "net", pip_requirements=["torch"])
    id = run.info.run_id
    points = client.get_metric_history(id, "train_loss")
    assert [(point.step, point.value) for point in points] == list(enumerate(losses)), points
    assert [point.value for point in sorted(client.get_metric_history(id, "grad_norm"), key=lambda each: each.step)] == norms
    assert sorted(entry.path for entry in client.list_artifacts(id) if entry.path.startswith("epoch")) == [
        f"epoch{epoch}" for epoch in range(4)
    ]
    state = mlflow.pytorch.load_state_dict(f"runs:/{id}/epoch3")
    assert all(torch.equal(state["model"][name], value) for name, value in model.state_dict().items())
    loaded = mlflow.pytorch.load_model(info.model_uri)
    with torch.no_grad():
        assert torch.equal(loaded(inputs), model(inputs))
        answers = mlflow.pyfunc.load_model(f"runs:/{id}/net").predict(inputs.numpy())
        assert torch.equal(torch.from_numpy(answers), model(inputs))
    mlflow.register_model(info.model_uri, "net")
    with torch.no_grad():
        assert torch.equal(mlflow.pytorch.load_model("models:/net/1")(inputs), model(inputs))


class Net(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(4, 1)

    def training_step(self, batch, _):
        loss = torch.nn.functional.mse_loss(self.layer(batch[0]), batch[1])
        self.log("train_loss", loss, on_epoch=True)
        return loss

    def validation_step(self, batch, _):
        self.log("val_loss", torch.nn.functional.mse_loss(self.layer(batch[0]), batch[1]))

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=0.02)


def trainer(**more):
    return lightning.Trainer(
        max_epochs=3, accelerator="cpu", enable_progress_bar=False, enable_model_summary=False, log_every_n_steps=2, **more
    )


def lightning_autolog():
    mlflow.set_experiment("lightning")
    mlflow.pytorch.autolog(checkpoint=True, checkpoint_save_best_only=False)
    data = DataLoader(TensorDataset(inputs, targets), batch_size=32)
    net = Net()
    with mlflow.start_run() as run:
        trainer(default_root_dir=tempfile.mkdtemp()).fit(net, data, data)
    mlflow.pytorch.autolog(disable=True)
    id = run.info.run_id
    read = client.get_run(id)
    assert read.data.params["epochs"] == "3" and read.data.params["optimizer_name"] == "Adam", read.data.params
    assert read.data.params["lr"] == "0.02", read.data.params
    assert len(client.get_metric_history(id, "val_loss")) == 3, client.get_metric_history(id, "val_loss")
    assert "checkpoints" in [entry.path for entry in client.list_artifacts(id)], client.list_artifacts(id)
    (output,) = read.outputs.model_outputs[-1:]
    loaded = mlflow.pytorch.load_model(f"models:/{output.model_id}")
    assert torch.equal(loaded.layer.weight, net.layer.weight)


def lightning_logger():
    """What a script does without autolog: Lightning's own logger, which names the server itself."""
    from lightning.pytorch.loggers import MLFlowLogger

    logger = MLFlowLogger(
        experiment_name="lightning", tracking_uri=os.environ["MLFLOW_TRACKING_URI"], run_name="by logger", log_model=True
    )
    logger.log_hyperparams({"lr": 0.02, "layers": {"hidden": 4}})
    data = DataLoader(TensorDataset(inputs, targets), batch_size=32)
    net = Net()
    trainer(logger=logger, default_root_dir=tempfile.mkdtemp()).fit(net, data, data)
    read = client.get_run(logger.run_id)
    assert read.info.status == "FINISHED" and read.info.run_name == "by logger", read.info
    assert read.data.params["lr"] == "0.02" and read.data.params["layers/hidden"] == "4", read.data.params
    points = client.get_metric_history(logger.run_id, "train_loss_step")
    assert [point.step for point in points] == list(range(1, 24, 2)), points
    place = mlflow.artifacts.download_artifacts(f"runs:/{logger.run_id}/epoch=2-step=24", dst_path=tempfile.mkdtemp())
    kept = torch.load(os.path.join(place, "epoch=2-step=24.ckpt"), weights_only=False)
    assert kept["global_step"] == 24 and torch.equal(kept["state_dict"]["layer.weight"], net.layer.weight), kept.keys()


plain_loop()
lightning_autolog()
lightning_logger()
print("well")
