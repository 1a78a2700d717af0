"""The peer of the trainer's benchmark: the same nets, batches and updates in PyTorch.

Usage: trainer_torch.py [--net cnn28] [--batch 128] [--threads 1|0] [--seconds 2] [--mnist DIR]
Prints a line of JSON for each net. `threads 0` leaves PyTorch its default number of threads. Processor seconds are
those of the whole process (all threads), measured around the steps alone, after 20 steps to warm up.
"""

import argparse
import gzip
import json
import os
import struct
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

NETS = ["mlp8", "cnn8", "mlp28", "cnn28", "resnet8", "resnet20"]


class Convolutional(nn.Module):
    """3x3 convolutions with ReLU; 2x2 pooling on maps of at least 14 and after the last."""

    def __init__(self, side, channels):
        super().__init__()
        self.convolutions = nn.ModuleList()
        self.pooled = []
        inputs = 1
        for index, outputs in enumerate(channels):
            self.convolutions.append(nn.Conv2d(inputs, outputs, 3, padding=1))
            self.pooled.append(side >= 14 or index == len(channels) - 1)
            side = side // 2 if self.pooled[-1] else side
            inputs = outputs
        self.head = nn.Linear(inputs * side * side, 10)

    def forward(self, x):
        for convolution, pooled in zip(self.convolutions, self.pooled):
            x = F.relu(convolution(x))
            x = F.max_pool2d(x, 2) if pooled else x
        return self.head(x.flatten(1))


class Unit(nn.Module):
    """Pre-activation unit; the first of a stage has a 1x1 shortcut."""

    def __init__(self, inputs, outputs, stride, projects):
        super().__init__()
        self.first = nn.BatchNorm2d(inputs, eps=2e-5)
        self.convolution = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
        self.second = nn.BatchNorm2d(outputs, eps=2e-5)
        self.closing = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.shortcut = nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False) if projects else None

    def forward(self, x):
        a = F.relu(self.first(x))
        y = self.closing(F.relu(self.second(self.convolution(a))))
        return y + (self.shortcut(a) if self.shortcut is not None else x)


class Residual(nn.Module):
    """MXNet's residual net for small images, pre-activation."""

    def __init__(self, layers):
        super().__init__()
        self.whitening = nn.BatchNorm2d(1, eps=2e-5)
        self.stem = nn.Conv2d(1, 16, 3, padding=1, bias=False)
        units, inputs = [], 16
        for stage, outputs in enumerate([16, 32, 64]):
            for index in range((layers - 2) // 6):
                units.append(Unit(inputs, outputs, 2 if stage > 0 and index == 0 else 1, index == 0))
                inputs = outputs
        self.units = nn.Sequential(*units)
        self.closing = nn.BatchNorm2d(64, eps=2e-5)
        self.head = nn.Linear(64, 10)

    def forward(self, x):
        x = self.units(self.stem(self.whitening(x)))
        return self.head(F.relu(self.closing(x)).mean(dim=(2, 3)))


def make(net):
    if net == "mlp8":
        return nn.Sequential(nn.Flatten(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    if net == "mlp28":
        return nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
    if net in ("cnn8", "cnn28"):
        return Convolutional(28 if net == "cnn28" else 8, [16, 32])
    return Residual(int(net[len("resnet"):]))


def images(side, mnist, count=6000):
    path = os.path.join(mnist or "", "train-images-idx3-ubyte.gz")
    if side == 28 and mnist and os.path.exists(path):
        with gzip.open(path) as file:
            _, _, height, width = struct.unpack(">4I", file.read(16))
            x = torch.frombuffer(bytearray(file.read(count * height * width)), dtype=torch.uint8)
        with gzip.open(path.replace("images-idx3", "labels-idx1")) as file:
            file.read(8)
            y = torch.frombuffer(bytearray(file.read(count)), dtype=torch.uint8)
        return x.reshape(count, 1, side, side).float() / 255, y.long()
    x = torch.randint(0, 256, (count, 1, side, side)).float() / 255
    return x, torch.randint(0, 10, (count,))


def measure(net, batch, threads, seconds, mnist):
    if threads > 0:
        torch.set_num_threads(threads)
    torch.manual_seed(0)
    x, y = images(28 if net.endswith("28") or net.startswith("resnet") else 8, mnist)
    model = make(net)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9, weight_decay=1e-4)
    order = torch.randperm(len(x))
    at = 0

    def step():
        nonlocal at
        if at + batch > len(x):
            at = 0
        places = order[at:at + batch]
        at += batch
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x[places]), y[places])
        loss.backward()
        optimizer.step()
        return loss

    for _ in range(20):
        step()
    cpu, clock, steps = time.process_time(), time.perf_counter(), 0
    while time.process_time() - cpu < seconds:
        step()
        steps += 1
    cpu, clock = time.process_time() - cpu, time.perf_counter() - clock
    return {
        "net": net, "batch": batch, "threads": torch.get_num_threads(), "peer": "torch " + torch.__version__,
        "images_per_cpu_second": round(steps * batch / cpu), "images_per_second": round(steps * batch / clock),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--net", action="append", choices=NETS)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--mnist")
    given = parser.parse_args()
    for net in given.net or NETS:
        print(json.dumps(measure(net, given.batch, given.threads, given.seconds, given.mnist)), flush=True)
