"""Runs strategies on the tuning benchmark and prints tables beside its recorded peers, with the marks that are kept.

    scripts/bench tuning                                              everything that is promised, 20 seeds (hours)
    scripts/bench tuning --strategy bayesian --problems p03,p09 --seeds 3
    scripts/bench tuning --fidelity mobster --strategy bayesian       learning curves, `bayesian` as the base
    scripts/bench tuning --time bayesian                              time per suggestion, beside Optuna's GP
    scripts/bench tuning --conditional bayesian --n 50                conditional spaces beside the same made flat
    scripts/bench tuning --parallel bayesian --n 100                  8 workers beside one, after 50 and 100 trials

Results stay in .bench/tuning/results; --record writes them and the tables to docs/benchmarks.
"""

import argparse
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

import tuning_report

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BENCH = pathlib.Path(os.environ["TUNING_BENCH"])


CONDITIONAL = "p11,p17,p19"


def adapter(arguments, strategy, *more):
    command = [
        sys.executable, str(HERE / "tuning_adapter.py"), "--runs", arguments.runs, "--strategy", strategy,
        "--options", arguments.options, *more]
    return "exec " + shlex.join(command)


def begin(arguments, name):
    """The results' file, empty unless earlier results are to be kept: they are of an earlier program."""
    path = arguments.results / f"{name}.json"
    if not arguments.keep:
        path.unlink(missing_ok=True)
    return path


def run_problems(arguments, strategy, problems, suffix="", *more):
    name = "ours-" + strategy + arguments.suffix + suffix
    out, usage = begin(arguments, name), arguments.results / f"{name}.usage"
    if not arguments.keep:
        usage.unlink(missing_ok=True)
    command = [
        sys.executable, str(BENCH / "runner.py"), "--tuner", "exec:" + adapter(arguments, strategy, "--usage", str(usage), *more),
        "--name", name, "--set", "public", "--n", str(arguments.n), "--seeds", str(arguments.seeds),
        "--seed0", str(arguments.seed0), "--out", str(out)]
    if problems:
        command += ["--problems", problems]
    subprocess.run(command, check=True)
    return out


def run_curves(arguments, strategy):
    name = "ours-" + strategy + arguments.suffix
    out = begin(arguments, "mf_" + name)
    more = ["--total-resource", str(50 * 27)]
    if arguments.policy:
        more += ["--policy", arguments.policy]
    command = [
        sys.executable, str(BENCH / "mf_sim.py"), "--strategy", "exec:" + adapter(arguments, strategy, *more), "--name", name,
        "--problem", arguments.curves, "--seeds", str(arguments.seeds), "--seed0", str(arguments.seed0),
        "--out", str(out)]
    subprocess.run(command, check=True)
    return out


def print_curves(results, base):
    """The benchmark's own table of learning curves, and what is promised of ours."""
    peers = sorted(BENCH.glob("results/mf_*.json"))
    files = [str(path) for path in [*results, *peers]]
    reference, lowest = tuning_report.lowest_reference(BENCH)
    for line in tuning_report.new_lowest(results, lowest):
        print(line, file=sys.stderr)
    tables = ""
    # The benchmark's scorer reads the reference beside itself: it is run where ours stands there.
    with tempfile.TemporaryDirectory() as folder:
        for path in BENCH.iterdir():
            if path.name != "reference.json":
                os.symlink(path.resolve(), os.path.join(folder, path.name))
        (pathlib.Path(folder) / "reference.json").write_text(json.dumps(reference))
        for name in dict.fromkeys(["optuna-tpe", base]):
            if name:
                command = [sys.executable, os.path.join(folder, "score_mf.py"), "--base", name, *files]
                tables += subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return tables


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--strategy", action="append", default=[], help="on the black-box problems; may be repeated")
    parser.add_argument("--fidelity", action="append", default=[], help="on the learning curves; may be repeated")
    parser.add_argument("--time", action="append", default=[], help="time per suggestion; may be repeated")
    parser.add_argument("--parallel", action="append", default=[], help="8 workers beside one; may be repeated")
    parser.add_argument(
        "--conditional", action="append", default=[], help="conditional spaces beside the same made flat; may be repeated")
    parser.add_argument("--options", default="{}", help="the strategies' options, JSON")
    parser.add_argument("--policy", help="a termination policy on the learning curves")
    parser.add_argument("--n", type=int, default=50, help="trials (50)")
    parser.add_argument("--seeds", type=int, default=20, help="seeds (20)")
    parser.add_argument("--seed0", type=int, default=0, help="the first seed (0)")
    parser.add_argument("--problems", default="", help="some of them, separated by commas")
    parser.add_argument("--curves", default="p18,p19", help="the learning curves (p18,p19)")
    parser.add_argument("--suffix", default="", help="added to the results' names, to keep variants apart")
    parser.add_argument("--results", type=pathlib.Path, default=ROOT / ".bench/tuning/results")
    parser.add_argument("--keep", action="store_true", help="go on with results that are there")
    parser.add_argument("--record", action="store_true", help="write results and tables to docs/benchmarks")
    arguments = parser.parse_args()
    if not (
        arguments.strategy or arguments.fidelity or arguments.time or arguments.parallel or arguments.conditional):
        arguments.strategy, arguments.fidelity = ["bayesian", "auto"], ["bayesian", "auto"]
        arguments.time, arguments.parallel, arguments.conditional = ["bayesian"], ["bayesian"], ["bayesian"]
        arguments.n = max(arguments.n, 100)
    arguments.results.mkdir(parents=True, exist_ok=True)

    pages, files = {}, []
    if arguments.strategy:
        ours = [run_problems(arguments, strategy, arguments.problems) for strategy in arguments.strategy]
        files += ours
        for n in sorted({min(50, arguments.n), arguments.n}):
            pages[f"problems-{n}"] = tuning_report.problems_page(BENCH, ours, n)
            print(pages[f"problems-{n}"], flush=True)
    if arguments.fidelity:
        ours = [run_curves(arguments, strategy) for strategy in dict.fromkeys(arguments.fidelity)]
        files += ours
        base = "ours-bayesian" + arguments.suffix if "bayesian" in arguments.fidelity else ""
        tables = print_curves(ours, base)
        marks = tuning_report.curves_marks(tables, base)
        pages["curves"] = tables + "\n" + marks
        print(pages["curves"], flush=True)
    for strategy in arguments.conditional:
        problems = arguments.problems or CONDITIONAL
        forms = [
            run_problems(arguments, strategy, problems, "-conditional"),
            run_problems(arguments, strategy, problems, "-flat", "--flat")]
        pages[f"conditional-{strategy}"] = tuning_report.conditional_page(BENCH, strategy, forms, min(50, arguments.n))
        print(pages[f"conditional-{strategy}"], flush=True)
    for part in ("time", "parallel"):
        for strategy in getattr(arguments, part):
            command = [
                sys.executable, str(HERE / f"tuning_{part}.py"), "--runs", arguments.runs, "--strategy", strategy,
                "--options", arguments.options]
            ways = [[]]
            if part == "parallel":
                ways = [
                    ["--seeds", str(arguments.seeds), "--n", str(n), "--problems", arguments.problems]
                    for n in sorted({min(50, arguments.n), arguments.n})]
            printed = []
            for more in ways:
                finished = subprocess.run(command + more, check=True, stdout=subprocess.PIPE, text=True)
                printed.append(finished.stdout)
                print(finished.stdout, flush=True)
            pages[f"{part}-{strategy}"] = "\n".join(printed)
    if arguments.record:
        record(pages, files)


def record(pages, files):
    folder = ROOT / "docs/benchmarks"
    (folder / "results").mkdir(parents=True, exist_ok=True)
    for name, text in pages.items():
        title = re.sub(r"^problems (?=\d)", "problems at ", name.replace("-", " ")).capitalize()
        title += " trials" * name.startswith("problems-")
        (folder / f"{name}.md").write_text(f"# {title}\n\n{text.strip()}\n")
    for path in files:
        # Values are enough to score; configurations would be ten times as much.
        data = json.loads(path.read_text())
        tuning_report.keep_true_values(BENCH, data)
        (folder / "results" / path.name).write_text(json.dumps(data, separators=(",", ":")) + "\n")


main()
