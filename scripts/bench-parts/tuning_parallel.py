"""Measures what parallel trials cost: the regret with 8 workers beside one, at equal numbers of trials.

    python3 tuning_parallel.py --runs .build/release/runs --strategy bayesian [--n 50] [--seeds 5] [--problems p01,p02]

The benchmark's runner asks for one trial at a time; this keeps `--workers` of them pending through the same protocol, each
for a random while, so that trials end in another order than they began.
"""

import argparse
import heapq
import json
import math
import os
import pathlib
import random
import shlex
import statistics
import sys

import tuning_report

HERE = pathlib.Path(__file__).resolve().parent
BENCH = pathlib.Path(os.environ["TUNING_BENCH"])
sys.path.insert(0, str(BENCH))
import client


def run(command, server, space, seed, n, workers):
    """Values and configurations of n trials in the order of their ends."""
    tuner = client.Exec(command)
    tuner.call(op="start", space=space, seed=seed, max_trials=n, parallel=workers)
    generator, pending, now, asked, ended = random.Random(seed), [], 0.0, 0, []
    while len(ended) < n:
        while len(pending) < workers and asked < n:
            answer = tuner.call(op="ask")
            if answer.get("wait"):
                break
            asked += 1
            heapq.heappush(pending, (now + generator.uniform(0.5, 1.5), asked, answer["trial"], answer["params"]))
        if not pending:
            raise SystemExit(f"the strategy proposed {asked} of {n} trials and waits for nothing")
        now, _, trial, parameters = heapq.heappop(pending)
        value = server.call(op="eval", problem=space["problem"], params=parameters)["value"]
        tuner.call(op="tell", trial=trial, value=value, status="failed" if value is None else "ok")
        ended.append((value, parameters))
    tuner.close()
    return {"problem": space["problem"], "seed": seed, "values": [v for v, _ in ended], "params": [p for _, p in ended]}


def regret(problem, ended, n, optimum, scale):
    value = tuning_report.incumbent(problem, ended, n)
    return max(0.0, value - optimum) / scale if math.isfinite(value) else 2.0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", required=True)
    parser.add_argument("--strategy", required=True)
    parser.add_argument("--options", default="{}")
    parser.add_argument("--n", type=int, default=50)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--problems", default="")
    arguments = parser.parse_args()
    command = "exec " + shlex.join([
        sys.executable, str(HERE / "tuning_adapter.py"), "--runs", arguments.runs, "--strategy", arguments.strategy,
        "--options", arguments.options])
    problems, reference = tuning_report.load(BENCH)
    server = client.Server("--set", "public")
    names = arguments.problems.split(",") if arguments.problems else problems.ids("public")
    print(f"**{arguments.n} trials**, {arguments.seeds} seeds\n")
    print(f"| problem | mean regret, 1 worker | {arguments.workers} workers | ratio |\n|---|---|---|---|")
    ratios, totals, shorter = [], {1: 0.0, arguments.workers: 0.0}, 0.0
    for name in names:
        space = server.call(op="space", problem=name)
        problem = problems.REG[name]
        scale = reference[name]["rand_median"][arguments.n - 1] - reference[name]["opt"]
        regrets = {}
        for workers in totals:
            found = []
            for seed in range(arguments.seeds):
                ended = run(command, server, space, seed, arguments.n, workers)
                found.append(regret(problem, ended, arguments.n, reference[name]["opt"], scale))
                if workers == 1:
                    # What a proposal knows with all workers busy, when nothing else is lost.
                    known = arguments.n - arguments.workers + 1
                    shorter += regret(problem, ended, known, reference[name]["opt"], scale) / arguments.seeds / len(names)
            regrets[workers] = statistics.mean(found)
            totals[workers] += regrets[workers] / len(names)
        one, many = regrets[1], regrets[arguments.workers]
        # Below a thousandth of random search's regret, a problem counts as solved.
        ratios.append(math.log(max(many, 1e-3) / max(one, 1e-3)))
        print(f"| {name} | {one:.4f} | {many:.4f} | {math.exp(ratios[-1]):.2f} |", flush=True)
    mean, ratio = math.exp(statistics.mean(ratios)), totals[arguments.workers] / max(totals[1], 1e-12)
    print("\nRegrets in units of the median random search's.\n\n```")
    words = f"tuning: {arguments.strategy} at {arguments.n}, {arguments.workers} workers beside one"
    print(tuning_report.mark(f"{words}, mean regret", f"{ratio:.2f} times", ratio <= 1.15, "at most 1.15"))
    print(f"{words}, geometric mean of the problems' ratios: {mean:.2f}")
    fewer = shorter / max(totals[1], 1e-12)
    print(f"{words}, one worker after {arguments.workers - 1} trials fewer: {fewer:.2f} times\n```")
    server.close()


main()
