"""Kills `runs serve` by SIGKILL under 8 writing clients, again and again, and counts what was acknowledged and is gone.

As MLflow's clients do, each sends again what it had no answer to.

    python3 server_kill.py --runs PROGRAM [--times 10]
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import tempfile
import threading
import time

from server import API, Connection, Server, line


class Writer(threading.Thread):
    """Logs one point after the other to a run until the server is gone, the first one that was not acknowledged first."""

    def __init__(self, port, run, acknowledged):
        super().__init__()
        self.link, self.run_id, self.acknowledged = Connection(port), run, acknowledged

    def run(self):
        while True:
            step = len(self.acknowledged)
            try:
                self.link.call("POST", API + "runs/log-metric", {
                    "run_id": self.run_id, "key": "m", "value": step * 0.5, "timestamp": 1, "step": step})
            except OSError:
                return
            self.acknowledged.append(step)


def steps(server, run):
    found, token = [], ""
    while True:
        page = server.control.call(
            "GET", f"{API}metrics/get-history?run_id={run}&metric_key=m&max_results=25000"
            + (f"&page_token={token}" if token else ""))
        found += [point["step"] for point in page.get("metrics", [])]
        token = page.get("next_page_token")
        if not token:
            return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", required=True)
    parser.add_argument("--times", type=int, default=10)
    arguments = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="runs-bench-kill-"))
    command = [arguments.runs, "serve", "--port", "{port}", "--store", "{folder}/.runs"]
    try:
        runs, acknowledged = [], {}
        for turn in range(arguments.times):
            server = Server("runs serve", command, folder)
            if not runs:
                experiment = server.experiment("kill")
                runs = [server.run(experiment) for _ in range(8)]
                acknowledged = {run: [] for run in runs}
            writers = [Writer(server.port, run, acknowledged[run]) for run in runs]
            for writer in writers:
                writer.start()
            # The moment of the kill is what is tried, so it is another one each time.
            time.sleep(0.3 + 0.07 * turn)
            os.kill(server.process.pid, 9)
            server.process.wait()
            for writer in writers:
                writer.join()
        server = Server("runs serve", command, folder)
        kept = {run: steps(server, run) for run in runs}
        server.stop()
        lost = sum(len(set(acknowledged[run]) - set(kept[run])) for run in runs)
        twice = sum(len(kept[run]) - len(set(kept[run])) for run in runs)
        total = sum(len(points) for points in acknowledged.values())
        line(f"killed {arguments.times} times under 8 writers, acknowledged points lost", f"{lost} of {total}", "none", lost == 0)
        line("points that are there twice", str(twice), "none", twice == 0)
        sound = subprocess.run([arguments.runs, "fsck", "--store", folder / ".runs"], capture_output=True, text=True)
        line("the store afterwards", sound.stdout.strip().split(": ")[-1], "sound", sound.returncode == 0)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
