"""Softmax regression on images of digits, by hand, with nothing but Python's own library."""

import argparse
import csv
import gzip
import math
import os
import random
import subprocess


def log(step, **metrics):
    """Logs to the run that this process was started for; on its own it only prints."""
    words = [f"{name}={value!r}" for name, value in metrics.items()]
    print(f"epoch {step}:", *words, flush=True)
    if "RUNS_RUN_ID" in os.environ:
        subprocess.run(["runs", "log", *words, "--step", str(step)], check=True)


def read(path):
    """Returns (pixels from 0 to 1 and a one, class) of each row."""
    with gzip.open(path, "rt") as file:
        rows = [[int(word) for word in row] for row in csv.reader(file)]
    return [([pixel / 16 for pixel in row[:-1]] + [1.0], row[-1]) for row in rows]


def probabilities(weights, pixels):
    scores = [sum(map(float.__mul__, row, pixels)) for row in weights]
    largest = max(scores)
    powers = [math.exp(score - largest) for score in scores]
    total = sum(powers)
    return [power / total for power in powers]


def update(weights, batch, rate, decay):
    """Takes one step down the gradient of a batch; returns the batch's summed loss."""
    loss = 0.0
    steps = [[0.0] * len(row) for row in weights]
    for pixels, label in batch:
        found = probabilities(weights, pixels)
        loss -= math.log(max(found[label], 1e-300))
        found[label] -= 1
        for step, error in zip(steps, found):
            for place, pixel in enumerate(pixels):
                if pixel:
                    step[place] += error * pixel
    for row, step in zip(weights, steps):
        for place, change in enumerate(step):
            row[place] -= rate * (change / len(batch) + decay * row[place])
    return loss


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--rate", type=float, default=0.1)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--decay", type=float, default=1e-4)
    options = parser.parse_args()

    # The sweep's seed, so that a trial's parameters and seed decide all of its numbers.
    shuffle = random.Random(int(os.environ.get("RUNS_SEED", "0"))).shuffle
    images = read(options.data)
    shuffle(images)
    validation, training = images[:400], images[400:]
    weights = [[0.0] * len(images[0][0]) for _ in range(10)]
    for epoch in range(1, options.epochs + 1):
        shuffle(training)
        loss = sum(
            update(weights, training[start:start + options.batch], options.rate, options.decay)
            for start in range(0, len(training), options.batch))
        right = 0
        for pixels, label in validation:
            found = probabilities(weights, pixels)
            right += found.index(max(found)) == label
        log(epoch, train_loss=loss / len(training), validation_accuracy=right / len(validation))

    # What is left here is kept as the trial's artifact `outputs`.
    if folder := os.environ.get("RUNS_OUTPUT_DIR"):
        with open(os.path.join(folder, "weights.csv"), "w", newline="") as file:
            csv.writer(file).writerows(weights)


main()
