#!/usr/bin/env python3
"""`scripts/bench trainer`: training steps beside PyTorch, in images per second of processor time.

Usage: trainer.py [--runs .build/release/runs] [--rounds 2] [--seconds 2] [net...]

Prints a line a net: ours, PyTorch's with one thread and with its default settings, the ratio to the better of the two
and the limit that the project has set itself. Rounds alternate between the two programs; the median counts. PyTorch
comes from PyPI into `.bench/venv` on first use. MNIST comes from RUNS_BENCH_MNIST or ../shared/data/mnist; where there
is none, both learn noise of its shape. The exit code is 1 when a net misses its limit.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# Ours by PyTorch's; nets without a limit are told and not judged.
LIMITS = {"mlp28": 2.0, "cnn28": 2.0, "resnet8": 1.0}
NETS = ["mlp28", "cnn28", "resnet8", "resnet20", "mlp8", "cnn8"]


def torch_python():
    """Returns the interpreter of the benchmark's own environment; makes it when needed."""
    folder = os.path.join(ROOT, ".bench", "venv")
    python = os.path.join(folder, "bin", "python")
    if not os.path.exists(python) or subprocess.run([python, "-c", "import torch"], capture_output=True).returncode:
        print("trainer: installing PyTorch into .bench/venv", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "torch", "numpy"], check=True)
    return python


def mnist():
    """Returns the directory with MNIST's training files, or None."""
    for folder in [os.environ.get("RUNS_BENCH_MNIST"), os.path.join(ROOT, "..", "shared", "data", "mnist")]:
        if folder and os.path.exists(os.path.join(folder, "train-images-idx3-ubyte.gz")):
            return os.path.abspath(folder)
    return None


def measured(command):
    """Runs a program that prints a line of JSON."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"trainer: {' '.join(command)} failed:\n{done.stderr}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("nets", nargs="*", default=NETS)
    parser.add_argument("--runs", default=os.path.join(ROOT, ".build", "release", "runs"))
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=2)
    given = parser.parse_args()
    python, data = torch_python(), mnist()
    peer = os.path.join(ROOT, "scripts", "bench-parts", "trainer_torch.py")
    print(f"trainer: batch 128, {'MNIST' if data else 'noise of the shape of MNIST'}, images per CPU second")
    missed = False
    for net in given.nets:
        ours, single, default = [], [], []
        for _ in range(given.rounds):
            options = ["--seconds", str(given.seconds)] + (["--mnist", data] if data else [])
            ours.append(measured([given.runs, "bench", "trainer", net, "--threads", "1"] + options))
            single.append(measured([python, peer, "--net", net, "--threads", "1"] + options))
            default.append(measured([python, peer, "--net", net, "--threads", "0"] + options))
        rate = {
            name: statistics.median(run["images_per_cpu_second"] for run in runs)
            for name, runs in [("ours", ours), ("single", single), ("default", default)]
        }
        ratio = rate["ours"] / max(rate["single"], rate["default"])
        limit = LIMITS.get(net)
        verdict = "" if limit is None else f"  limit {limit:.1f}x  " + ("ok" if ratio >= limit else "MISSED")
        missed = missed or (limit is not None and ratio < limit)
        print(
            f"  {net:9} {rate['ours']:>11,.0f} ({ours[0]['kernels']})   PyTorch {rate['single']:>9,.0f} (1 thread)"
            f" {rate['default']:>9,.0f} (default, {default[0]['threads']} threads)   {ratio:5.1f}x{verdict}", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
