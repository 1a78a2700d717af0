"""Measures the time per suggestion: nine parameters of mixed kinds, 100, 500 and 1,000 observed trials, CPU time.

    python3 tuning_time.py --runs .build/release/runs --strategy bayesian [--suggestions 5]

Each suggestion is told to the strategy as an observed trial before the next one is asked for. "Inside" is the time of the
strategy's own code, "over the wire" that of its whole process. Optuna's GP sampler is measured in the same run, in the same
way, where optuna and torch can be had.
"""

import argparse
import json
import math
import os
import pathlib
import random
import statistics
import subprocess
import sys
import time

LIMITS = {100: 20, 500: 100, 1000: 400}
HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent

SPACE = [
    {"name": "rate", "domain": {"type": "continuous", "min": 1e-5, "max": 1.0, "scale": "log"}},
    {"name": "decay", "domain": {"type": "continuous", "min": 1e-6, "max": 0.1, "scale": "log"}},
    {"name": "momentum", "domain": {"type": "continuous", "min": 0.0, "max": 0.99, "scale": "linear"}},
    {"name": "dropout", "domain": {"type": "continuous", "min": 0.0, "max": 0.6, "scale": "linear"}},
    {"name": "smoothing", "domain": {"type": "continuous", "min": 0.0, "max": 0.3, "scale": "linear"}},
    {"name": "layers", "domain": {"type": "integer", "min": 1, "max": 6, "scale": "linear"}},
    {"name": "width", "domain": {"type": "integer", "min": 8, "max": 512, "scale": "log"}},
    {"name": "optimizer", "domain": {"type": "categorical", "values": ["sgd", "adam", "adagrad"]}},
    {"name": "activation", "domain": {"type": "categorical", "values": ["relu", "tanh", "gelu", "swish"]}},
]


def draw(generator):
    values = {}
    for parameter in SPACE:
        domain = parameter["domain"]
        if domain["type"] == "categorical":
            values[parameter["name"]] = generator.choice(domain["values"])
            continue
        low, high = domain["min"], domain["max"]
        value = generator.uniform(low, high)
        if domain["scale"] == "log":
            value = min(high, max(low, math.exp(generator.uniform(math.log(low), math.log(high)))))
        values[parameter["name"]] = value if domain["type"] == "continuous" else int(value)
    return values


def objective(values):
    """Smooth, with a best optimizer and activation."""
    loss = (math.log10(values["rate"]) + 2.5) ** 2 / 4 + (math.log10(values["decay"]) + 4) ** 2 / 20
    loss += (values["momentum"] - 0.8) ** 2 + (values["dropout"] - 0.2) ** 2 + values["smoothing"] / 4
    loss += (values["layers"] - 3) ** 2 / 30 + (math.log2(values["width"]) - 7) ** 2 / 40
    loss += {"sgd": 0.1, "adam": 0.0, "adagrad": 0.3}[values["optimizer"]]
    return loss + {"relu": 0.05, "tanh": 0.2, "gelu": 0.0, "swish": 0.02}[values["activation"]]


def ours(arguments, observed):
    """CPU milliseconds of each suggestion, over the wire and inside; the first one fits everything anew."""
    process = subprocess.Popen(
        [arguments.runs, "plugin", "serve", arguments.strategy, "--timings"], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1)

    def call(**request):
        process.stdin.write(json.dumps(request) + "\n")
        process.stdin.flush()
        answer = json.loads(process.stdout.readline())
        if answer.get("error"):
            raise SystemExit(answer["error"])
        return answer, json.loads(process.stderr.readline())

    spec = {
        "experiment": "time", "trial": {"command": "true", "code": ""}, "seed": "5", "search_space": SPACE,
        "strategy": {"name": arguments.strategy, "options": {}},
        "objective": {"primary_metric": "loss", "goal": "minimize"},
        "limits": {"max_total_trials": 2000, "max_concurrent_trials": 1}}
    call(op="open", run="time", options=json.loads(arguments.options), sweep=spec)
    generator, event = random.Random(observed), 1

    def trial(number, values):
        nonlocal event
        event += 2
        return {
            "number": number, "parameters": values, "state": "finished", "proposed": event - 1, "ended": event,
            "objective": {"from": 0, "values": [objective(values)]}}

    news, times = [trial(number, draw(generator)) for number in range(observed)], []
    for number in range(observed, observed + arguments.suggestions):
        answer, spent = call(op="propose", count=1, as_of=event, trials=news)
        times.append((spent["cpu_ms"], spent["decider_cpu_ms"]))
        news = [trial(number, answer["changes"][0]["parameters"])]
    process.stdin.close()
    process.wait()
    return times


def peer(observed, suggestions):
    """Runs inside the Python that has optuna: CPU milliseconds of each suggestion of Optuna's GP sampler."""
    import warnings

    warnings.filterwarnings("ignore")
    import optuna
    import torch

    torch.set_num_threads(1)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    kinds = optuna.distributions
    distributions = {}
    for parameter in SPACE:
        domain = parameter["domain"]
        if domain["type"] == "categorical":
            distributions[parameter["name"]] = kinds.CategoricalDistribution(domain["values"])
        else:
            kind = kinds.FloatDistribution if domain["type"] == "continuous" else kinds.IntDistribution
            distributions[parameter["name"]] = kind(domain["min"], domain["max"], log=domain["scale"] == "log")
    study = optuna.create_study(sampler=optuna.samplers.GPSampler(seed=5))
    generator = random.Random(observed)
    for _ in range(observed):
        values = draw(generator)
        study.add_trial(optuna.trial.create_trial(params=values, distributions=distributions, value=objective(values)))
    times = []
    for _ in range(suggestions):
        begin = time.process_time()
        asked = study.ask(distributions)
        times.append(1000 * (time.process_time() - begin))
        study.tell(asked, objective(asked.params))
    print(json.dumps(times))


def optuna_python():
    """A Python that has optuna and torch; made from PyPI where there is none, None where PyPI is not to be had."""
    def has(python):
        command = [python, "-c", "import optuna, torch, scipy"]
        try:
            return subprocess.run(command, capture_output=True).returncode == 0
        except OSError:
            return False

    venv = ROOT / ".bench/tuning/optuna/bin/python3"
    for python in [os.environ.get("OPTUNA_PYTHON", ""), sys.executable, str(venv)]:
        if python and has(python):
            return python
    print("making .bench/tuning/optuna with optuna and torch", file=sys.stderr)
    made = subprocess.run([sys.executable, "-m", "venv", str(venv.parent.parent)]).returncode == 0
    made = made and subprocess.run(
        [str(venv), "-m", "pip", "install", "--quiet", "optuna", "torch", "scipy"]).returncode == 0
    return str(venv) if made and has(str(venv)) else None


def line(words, value, limit, kept):
    print(f"{words:<88}{value:<20}{limit:<20}{kept}".rstrip())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs")
    parser.add_argument("--strategy")
    parser.add_argument("--options", default="{}")
    parser.add_argument("--suggestions", type=int, default=5)
    parser.add_argument("--peer", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.peer:
        return peer(arguments.peer, arguments.suggestions)
    python = optuna_python()
    if python is None:
        print("Optuna's GP is not measured: optuna and torch are not here and cannot be had from PyPI")
    print("```")
    for observed, limit in LIMITS.items():
        times = ours(arguments, observed)
        wire, inside = (statistics.mean(column) for column in zip(*times))
        words = f"tuning: {arguments.strategy}, a suggestion after {observed} trials"
        line(f"{words}, over the wire", f"{wire:.1f} CPU ms", f"at most {limit}", "kept" if wire <= limit else "SHORT")
        line(f"{words}, inside", f"{inside:.1f} CPU ms", "", "")
        line(f"{words}, the first of a process", f"{times[0][0]:.1f} CPU ms", "", "")
        if python:
            output = subprocess.run(
                [python, __file__, "--peer", str(observed), "--suggestions", str(min(3, arguments.suggestions))],
                capture_output=True, text=True, check=True).stdout
            theirs = statistics.mean(json.loads(output.splitlines()[-1]))
            line(f"{words}, Optuna's GP", f"{theirs:.1f} CPU ms", "", "")
            ratio = theirs / wire
            line(f"{words}, times faster", f"{ratio:.1f} times", "at least 10", "kept" if ratio >= 10 else "SHORT")
    print("```")


main()
