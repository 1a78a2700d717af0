"""A tuner for the tuning benchmark that is one of our strategies: `runs plugin serve NAME` behind the benchmark's protocol.

    python3 tuning_adapter.py --runs .build/release/runs --strategy random [--options '{"seed": 1}'] [--policy NAME]

Reads the benchmark's requests (start, ask, tell, report) from standard input and plays the sweep loop for the strategy:
records trials, their states and points, tells what is new with every request and obeys what comes back. Standard library
only.
"""

import argparse
import json
import resource
import subprocess
import sys

METRIC = "loss"


def domain(parameter):
    """One parameter of the benchmark's space as a domain of ours."""
    scale = "log" if parameter.get("log") else "linear"
    if parameter["type"] == "cat":
        recorded = {"type": "categorical", "values": parameter["choices"]}
        if parameter.get("ordered"):
            recorded["ordered"] = True
        return recorded
    if parameter["type"] == "float":
        return {"type": "continuous", "min": parameter["low"], "max": parameter["high"], "scale": scale}
    step = parameter.get("step", 1)
    if step == 1:
        return {"type": "integer", "min": parameter["low"], "max": parameter["high"], "scale": scale}
    return {"type": "integer", "min": parameter["low"], "max": parameter["high"], "step": step, "scale": scale}


def search_space(space):
    """The benchmark's space as a recorded search space of ours."""
    recorded = []
    for parameter in space["params"]:
        entry = {"name": parameter["name"], "domain": domain(parameter)}
        if "when" in parameter:
            entry["when"] = [{"parameter": parameter["when"]["param"], "values": parameter["when"]["in"]}]
        recorded.append(entry)
    return recorded


def sweep_spec(space, seed, trials, parallel, strategy, options, total_resource=None):
    """The recorded spec of a sweep over the benchmark's space."""
    spec = {
        "experiment": "benchmark",
        "trial": {"command": "true", "code": "", "environment_variables": {}},
        "search_space": search_space(space),
        "strategy": {"name": strategy, "options": options},
        "objective": {"primary_metric": METRIC, "goal": "minimize"},
        "limits": {"max_total_trials": trials, "max_concurrent_trials": parallel},
        "seed": str(seed),
    }
    if space.get("fidelity"):
        spec["resource"] = {"min": space["fidelity"]["min"], "max": space["fidelity"]["max"]}
        if total_resource:
            spec["completion"] = {"tolerance": 0.0, "total_resource": total_resource}
    return spec


class Plugin:
    """A plugin's process and what it was told of the sweep."""

    def __init__(self, runs, name, kind):
        command = [runs, "plugin", "serve", name, "--kind", kind]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.news = {}

    def call(self, **request):
        self.process.stdin.write(json.dumps(request).encode() + b"\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the plugin's process ended")
        answer = json.loads(line)
        if answer.get("error"):
            raise RuntimeError(answer["error"])
        return answer

    def ask(self, op, event, **more):
        trials = [self.news[number] for number in sorted(self.news)]
        self.news = {}
        return self.call(op=op, as_of=event, trials=trials, **more)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Sweep:
    """The records of a sweep, and the loop's part in it."""

    def __init__(self, arguments, space, seed, trials, parallel):
        options = json.loads(arguments.options)
        spec = sweep_spec(space, seed, trials, parallel, arguments.strategy, options, arguments.total_resource)
        self.maximum = (space.get("fidelity") or {}).get("max")
        self.trials = {}
        self.ready = []
        self.doomed = {}
        self.event = 1
        self.strategy = Plugin(arguments.runs, arguments.strategy, "strategy")
        self.reviews = self.strategy.call(op="describe", protocol=1).get("reviews", False)
        self.policy = Plugin(arguments.runs, arguments.policy, "policy") if arguments.policy else None
        self.plugins = [plugin for plugin in (self.strategy, self.policy) if plugin]
        for plugin in self.plugins:
            given = options if plugin is self.strategy else json.loads(arguments.policy_options)
            plugin.call(op="open", run="bench", sweep=spec, options=given)

    def record(self, number, **change):
        """Notes a change of a trial and keeps it for every plugin's next request."""
        self.event += 1
        if change.get("state") in ("finished", "failed", "pruned"):
            change["ended"] = self.event
        trial = self.trials.setdefault(number, {"points": 0, "allowance": None})
        trial.update({name: value for name, value in change.items() if name != "value"})
        for plugin in self.plugins:
            news = plugin.news.setdefault(number, {"number": number})
            news.update({name: value for name, value in change.items() if name != "value"})
            if "value" in change:
                points = news.setdefault("objective", {"from": trial["points"], "values": []})
                points["values"].append(change["value"] if change["value"] is not None else "NaN")
        if "value" in change:
            trial["points"] += 1

    def obey(self, answer):
        """Does what a plugin wants."""
        for change in answer["changes"]:
            deed = change["do"]
            if deed == "propose":
                number = len(self.trials)
                self.record(
                    number, parameters=change["parameters"], state="scheduled", proposed=self.event + 1,
                    allowance=change.get("allowance"))
                if "continuing" in change:
                    self.trials[number]["continues"] = change["continuing"]
                self.ready.append((number, False))
            elif deed == "resume" and self.trials[change["trial"]]["state"] == "paused":
                self.record(change["trial"], state="scheduled", allowance=change.get("allowance"))
                self.ready.append((change["trial"], True))
            elif deed in ("stop", "pause"):
                self.doomed[change["trial"]] = deed
                if deed == "stop" and self.trials[change["trial"]]["state"] == "paused":
                    self.record(change["trial"], state="pruned")

    def ask(self):
        if not self.ready:
            self.obey(self.strategy.ask("propose", self.event, count=1))
        if not self.ready:
            return {"wait": True}
        number, goes_on = self.ready.pop(0)
        self.record(number, state="running")
        answer = {"trial": number, "params": self.trials[number]["parameters"]}
        if goes_on:
            answer["resume"] = True
        return answer

    def tell(self, number, value):
        if value is not None:
            self.record(number, value=value)
        self.record(number, state="finished" if value is not None else "failed")

    def report(self, number, reached, value):
        self.record(number, value=value)
        if reached >= self.maximum:
            self.record(number, state="finished")
            return "stop"
        allowance = self.trials[number]["allowance"]
        if allowance is not None and self.trials[number]["points"] >= allowance:
            self.record(number, state="paused")
            return "pause"
        if self.reviews:
            self.obey(self.strategy.ask("review", self.event))
        if self.policy:
            self.obey(self.policy.ask("judge", self.event))
        deed = self.doomed.pop(number, None)
        if deed:
            self.record(number, state="pruned" if deed == "stop" else "paused")
        return deed or "continue"

    def close(self):
        for plugin in self.plugins:
            plugin.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", required=True)
    parser.add_argument("--strategy", required=True)
    parser.add_argument("--options", default="{}")
    parser.add_argument("--policy")
    parser.add_argument("--policy-options", default="{}")
    parser.add_argument("--trials", type=int, default=1000, help="max_total_trials where the benchmark says none")
    parser.add_argument("--parallel", type=int, default=4, help="max_concurrent_trials where the benchmark says none")
    parser.add_argument("--total-resource", type=int)
    parser.add_argument("--flat", action="store_true", help="leave out the conditions: every parameter is always searched")
    parser.add_argument("--usage", help="a file that a line of CPU seconds is appended to")
    arguments = parser.parse_args()
    sweep, started = None, {}
    for line in sys.stdin:
        request = json.loads(line)
        answer = {"ok": True}
        try:
            if request["op"] == "start":
                started = request
                if arguments.flat:
                    for parameter in request["space"]["params"]:
                        parameter.pop("when", None)
                sweep = Sweep(
                    arguments, request["space"], request["seed"], request.get("max_trials", arguments.trials),
                    request.get("parallel", arguments.parallel))
            elif request["op"] == "ask":
                answer = sweep.ask()
            elif request["op"] == "tell":
                sweep.tell(request["trial"], request["value"])
            elif request["op"] == "report":
                answer = {"decision": sweep.report(request["trial"], request["resource"], request["value"])}
            else:
                answer = {"error": f"there is no op {request['op']}"}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)
    if sweep:
        sweep.close()
        if arguments.usage:
            used = resource.getrusage(resource.RUSAGE_CHILDREN)
            with open(arguments.usage, "a") as file:
                entry = {
                    "strategy": arguments.strategy, "problem": started["space"].get("problem"), "seed": started["seed"],
                    "trials": len(sweep.trials), "cpu_s": round(used.ru_utime + used.ru_stime, 3)}
                file.write(json.dumps(entry) + "\n")


main()
