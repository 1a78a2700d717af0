"""Logs one number of its own making, as the script of Azure's hello sweep does."""

import argparse
import random
import subprocess

parser = argparse.ArgumentParser()
parser.add_argument("--A", type=float, default=0.5)
parser.add_argument("--B", default="hello")
parser.add_argument("--C", type=float, default=1.0)
options = parser.parse_args()

print(f"A is {options.A}, B is {options.B}, C is {options.C}")
number = random.Random(f"{options.A} {options.B}").random() * options.C
# There it is mlflow.log_metric("random_metric", number).
subprocess.run(["runs", "log", f"random_metric={number!r}"], check=True)
