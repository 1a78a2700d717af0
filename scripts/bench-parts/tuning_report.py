"""Scores results of the tuning benchmark and says which of the promises are kept."""

import json
import math
import re
import sys

import numpy

# Peers' results are kept without configurations, so the noisy problem cannot be scored from them: these are the scores
# that the benchmark published, at 50 trials.
PUBLISHED = {
    50: {
        "p13": {
            "optuna-gp": 85, "optuna-auto*": 85, "optuna-tpe": 64, "optuna-tpe_uni": 43, "optuna-cma": 63,
            "optuna-qmc": 7, "random": 14,
        }
    }
}

# The lowest loss that any run has reached on the learning curves, where regret is 0. It may be one of ours that a later
# recording replaced; from recorded results alone the zero would rise with it.
LOWEST = {"p18": 0.040588760375976564, "p19": 0.039591217041015626}


def load(bench):
    """The benchmark's problems and reference values."""
    if str(bench) not in sys.path:
        sys.path.insert(0, str(bench))
    import problems

    return problems, json.loads((bench / "reference.json").read_text())


def runs_of(paths, problems):
    """Runs by tuner, of the files that hold values of black-box problems."""
    found = {}
    for path in paths:
        data = json.loads(path.read_text())
        # gpx is no tuner that anybody can use: the benchmark's makers tried ideas with it.
        if isinstance(data, dict) and data.get("runs") and "values" in data["runs"][0] and "gpx" not in data["tuner"]:
            found.setdefault(data["tuner"], []).extend(data["runs"])
    # Optuna's AutoSampler from its parts, as the benchmark has it.
    parts = [found.get("optuna-gp", []), found.get("optuna-tpe", [])]
    if all(parts):
        found["optuna-auto*"] = [run for part, runs in enumerate(parts) for run in runs if auto(problems, run) == part]
    return found


def auto(problems, run):
    """Which part Optuna's AutoSampler takes for a problem: 0 for its GP, 1 for TPE."""
    return int(any(p["type"] == "cat" or "when" in p for p in problems.REG[run["problem"]].params))


def incumbent(problem, run, n):
    """The true value of the best observed of n trials; None where the configuration that tells it was not kept."""
    values = [math.inf if value is None else value for value in run["values"][:n]]
    best = int(numpy.argmin(values))
    if problem.noise > 0 and math.isfinite(values[best]):
        if "true" in run:
            return run["true"][best]
        return problem.true(run["params"][best]) if "params" in run else None
    return values[best]


def keep_true_values(bench, data):
    """Replaces configurations by the true values of noisy problems, all that scoring needs."""
    problems, _ = load(bench)
    for run in data["runs"]:
        if "params" in run:
            problem = problems.REG[run["problem"]]
            if problem.noise > 0:
                run["true"] = [problem.true(parameters) for parameters in run["params"]]
            del run["params"]


def scores(bench, data, n):
    """Scores by tuner, problem and seed: 100 the optimum, 0 the median of random search."""
    problems, reference = load(bench)
    table = {}
    best_known = {}
    for runs in data.values():
        for run in runs:
            name = run["problem"]
            if name in reference and not reference[name]["exact"] and problems.REG[name].noise == 0:
                seen = min((value for value in run["values"] if value is not None), default=math.inf)
                best_known[name] = min(best_known.get(name, reference[name]["opt"]), seen)
    for tuner, runs in data.items():
        for run in runs:
            name = run["problem"]
            if name not in reference or len(run["values"]) < n:
                continue
            value = incumbent(problems.REG[name], run, n)
            if value is None:
                continue
            optimum = best_known.get(name, reference[name]["opt"])
            random = reference[name]["rand_median"][n - 1]
            score = 100 * (1 - (value - optimum) / max(random - optimum, 1e-12)) if math.isfinite(value) else -100
            table.setdefault(tuner, {}).setdefault(name, {})[run["seed"]] = min(100.0, max(-100.0, score))
    return table


def mean_scores(table):
    return {
        tuner: {name: float(numpy.mean(list(seeds.values()))) for name, seeds in rows.items()}
        for tuner, rows in table.items()
    }


def mean_rank(means, tuner, others, names):
    """The mean over problems of a tuner's place among those that ran each problem."""
    ranks = []
    for name in names:
        row = [means[other][name] for other in others if name in means[other]]
        better = sum(value > means[tuner][name] for value in row)
        same = sum(value == means[tuner][name] for value in row)
        ranks.append(better + (same + 1) / 2)
    return float(numpy.mean(ranks))


def mark(words, value, kept, limit):
    return f"{words:<100}{value:<20}{limit:<28}{'kept' if kept else 'SHORT'}"


def problems_page(bench, ours, n):
    """The table of all tuners, and the marks of ours against each peer on the problems that both ran."""
    data = runs_of([*ours, *sorted(bench.glob("results/*.json"))], load(bench)[0])
    table = scores(bench, data, n)
    means = mean_scores(table)
    for name, row in PUBLISHED.get(n, {}).items():
        for tuner, score in row.items():
            if tuner in means and name not in means[tuner]:
                means[tuner][name] = float(score)
    own = [tuner for tuner in means if tuner.startswith("ours-")]
    covered = sorted({name for tuner in own for name in means[tuner]})
    peers = [tuner for tuner in means if tuner not in own and set(means[tuner]) & set(covered)]

    def average(tuner):
        return numpy.mean([score for name, score in means[tuner].items() if name in covered])

    everybody = sorted(own, key=average, reverse=True) + sorted(peers, key=average, reverse=True)
    lines = [f"Scores at {n} trials: 100 is the optimum, 0 the median of random search; the best of a row stands in bold.", ""]
    lines += ["| problem | " + " | ".join(everybody) + " |", "|---" * (len(everybody) + 1) + "|"]
    for name in covered:
        best = max(means[tuner][name] for tuner in everybody if name in means[tuner])
        cells = []
        for tuner in everybody:
            score = means[tuner].get(name)
            cells.append("" if score is None else f"**{score:.0f}**" if score == best else f"{score:.0f}")
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    lines.append("| mean score | " + " | ".join(f"{average(tuner):.1f}" for tuner in everybody) + " |")
    seeds = [int(numpy.median([len(table[tuner][name]) for name in table[tuner] if name in covered])) for tuner in everybody]
    lines.append("| problems x seeds | " + " | ".join(
        f"{len(set(means[tuner]) & set(covered))} x {count}" for tuner, count in zip(everybody, seeds)) + " |")
    lines += ["", "```"]
    for tuner in own:
        lines += marks(tuner, means, own, peers, covered, n)
    lines.append("```")
    return "\n".join(lines) + "\n"


def marks(tuner, means, own, peers, covered, n):
    """Our means and ranks against each peer on the problems that both ran, and the problems that are far behind."""
    lines = []
    for peer in peers:
        both = [name for name in covered if name in means[peer] and name in means[tuner]]
        if not both:
            continue
        ours, theirs = (float(numpy.mean([means[one][name] for name in both])) for one in (tuner, peer))
        lines.append(mark(
            f"tuning: {tuner} at {n}, mean score on {peer}'s {len(both)} problems", f"{ours:.1f}", ours > theirs,
            f"above {theirs:.1f}"))
        field = [tuner, *peers]
        ranks = [mean_rank(means, one, field, both) for one in (tuner, peer)]
        lines.append(mark(
            f"tuning: {tuner} at {n}, mean rank on {peer}'s {len(both)} problems", f"{ranks[0]:.2f}",
            ranks[0] < ranks[1], f"below {ranks[1]:.2f}"))
    for name in covered:
        if name not in means[tuner]:
            continue
        rivals = {peer: means[peer][name] for peer in peers if name in means[peer]}
        if not rivals:
            continue
        best = max(rivals, key=rivals.get)
        behind = rivals[best] - means[tuner][name]
        if behind > 10:
            lines.append(mark(
                f"tuning: {tuner} at {n}, {name} behind {best}", f"{behind:.1f} points", False, "at most 10"))
    return lines


def conditional_page(bench, strategy, forms, n):
    """Scores of a conditional form and of a flat one, which are the two files of `forms`."""
    means = []
    for path in forms:
        table = scores(bench, runs_of([path], load(bench)[0]), n)
        means.append(next(iter(mean_scores(table).values())))
    lines = [f"Scores at {n} trials, the flat form searching every parameter always.", ""]
    lines += ["| problem | conditional | flat |", "|---|---|---|"]
    lines += [f"| {name} | {means[0][name]:.1f} | {means[1][name]:.1f} |" for name in sorted(means[0])]
    both = [float(numpy.mean(list(rows.values()))) for rows in means]
    lines += [f"| mean | {both[0]:.1f} | {both[1]:.1f} |", "", "```"]
    lines.append(mark(
        f"tuning: {strategy} at {n}, mean score of the conditional form", f"{both[0]:.1f}", both[0] > both[1],
        f"above the flat form's {both[1]:.1f}"))
    return "\n".join([*lines, "```"]) + "\n"


def lowest_reference(bench):
    """The benchmark's reference values with the lowest losses known, and those losses by problem."""
    reference = json.loads((bench / "reference.json").read_text())
    for name, loss in LOWEST.items():
        reference[name]["opt"] = min(loss, reference[name]["opt"])
    return reference, {name: reference[name]["opt"] for name in LOWEST}


def new_lowest(paths, lowest):
    """What of results of learning curves is below the lowest losses, a line a problem."""
    found = {}
    for path in paths:
        for run in json.loads(path.read_text())["runs"]:
            if run.get("trace"):
                found.setdefault(run["problem"], []).append(run["trace"][-1][1])
    return [
        f"tuning: {name} has reached {min(found[name])!r}, below {loss!r}: write it into LOWEST of tuning_report.py"
        for name, loss in lowest.items() if min(found.get(name, [math.inf])) < loss]


def curves_marks(text, base):
    """Reads the benchmark's table of learning curves: final regrets, and speed-ups over a base."""
    lines, problem, over = ["```"], "", ""
    rows = {}
    for line in text.splitlines():
        head = re.match(r"\*\*(p\d+)\*\*.*base `([^`]+)`", line)
        if head:
            problem, over = head.groups()
            rows[problem, over] = {}
        elif line.startswith("| ") and not line.startswith("| strategy"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            rows[problem, over][cells[0]] = cells[1:]
    for (problem, over), table in rows.items():
        ours = [name for name in table if name.startswith("ours-") and name != base]
        peers = [name for name in table if not name.startswith("ours-")]
        for name in ours:
            speed = float((re.match(r"([\d.]+)x", table[name][8]) or [0, "0"])[1])
            if over == base:
                lines.append(mark(
                    f"tuning: {problem}, {name}, speed-up to the final regret of {base}", f"{speed:.1f} times", speed >= 5,
                    "at least 5"))
            else:
                regret = float(table[name][4])
                best = min(peers, key=lambda peer: number(table[peer][4]))
                lines.append(mark(
                    f"tuning: {problem}, {name}, regret at the end of the budget", f"{regret:.4f}",
                    regret <= number(table[best][4]), f"{best} {table[best][4]}"))
                fastest = max(peers, key=lambda peer: number(table[peer][8], 0))
                lines.append(mark(
                    f"tuning: {problem}, {name}, speed-up to the final regret of {over}", f"{speed:.1f} times",
                    speed >= number(table[fastest][8], 0), f"{fastest} {number(table[fastest][8], 0):.1f}"))
    return "\n".join([*lines, "```"]) + "\n"


def number(text, otherwise=math.inf):
    """The number that a cell begins with."""
    found = re.match(r"-?[\d.]+", text)
    return float(found[0]) if found else otherwise
