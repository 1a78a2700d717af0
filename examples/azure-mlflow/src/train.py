"""Softmax regression on a few images of digits with Python's own library, logged as Azure ML's examples do it: by mlflow."""

import argparse
import csv
import gzip
import json
import math
import os

import mlflow

parser = argparse.ArgumentParser()
parser.add_argument("--digits")
parser.add_argument("--epochs", type=int, default=6)
parser.add_argument("--rate", type=float, default=0.1)
parser.add_argument("--report")
options = parser.parse_args()

with gzip.open(options.digits, "rt") as file:
    rows = [[int(word) for word in row] for _, row in zip(range(300), csv.reader(file))]
images = [([pixel / 16 for pixel in row[:-1]] + [1.0], row[-1]) for row in rows]
training, validation = images[:200], images[200:]
weights = [[0.0] * len(images[0][0]) for _ in range(10)]


def probabilities(pixels):
    powers = [math.exp(min(50.0, sum(map(float.__mul__, row, pixels)))) for row in weights]
    total = sum(powers)
    return [power / total for power in powers]


mlflow.log_params({"rate": options.rate, "epochs": options.epochs})
for epoch in range(options.epochs):
    for pixels, label in training:
        errors = probabilities(pixels)
        errors[label] -= 1
        for row, error in zip(weights, errors):
            for place, pixel in enumerate(pixels):
                row[place] -= options.rate * error * pixel
    loss = -sum(math.log(max(1e-9, probabilities(pixels)[label])) for pixels, label in validation) / len(validation)
    mlflow.log_metric("validation_loss", loss, step=epoch)
    print(f"epoch {epoch}: validation_loss={loss:.4f}", flush=True)

mlflow.set_tag("kind", "softmax")
os.makedirs("outputs", exist_ok=True)
with open("outputs/weights.json", "w") as file:
    json.dump(weights, file)
with open(os.path.join(options.report, "report.txt"), "w") as file:
    file.write(f"validation_loss {loss}\n")
