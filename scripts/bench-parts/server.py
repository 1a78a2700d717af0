"""Measures a tracking server with a raw HTTP client: `runs serve`, beside `mlflow server --workers 1` in the same run.

    scripts/bench server                         ours, against its limits, and against MLflow where it can be installed
    python3 server.py --runs PROGRAM [--mlflow PYTHON] [--search 10000] [--seconds 3] [--artifact 256] [--full 1000000]

The same bytes go to both. A rate counts requests that were answered 200; CPU is that of the server's whole process tree.
Standard library only.
"""

import argparse
import hashlib
import json
import os
import pathlib
import random
import selectors
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import server_seed

TICK = os.sysconf("SC_CLK_TCK")
API = "/api/2.0/mlflow/"


def tree(pid):
    children = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                fields = pathlib.Path(f"/proc/{name}/stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            children.setdefault(int(fields[1]), []).append(int(name))
    found, waiting = [], [pid]
    while waiting:
        found.append(waiting.pop())
        waiting += children.get(found[-1], [])
    return found


def cpu(pid):
    total = 0
    for one in tree(pid):
        try:
            fields = pathlib.Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
        except OSError:
            pass
    return total / TICK


def memory(pid):
    """Resident bytes of the whole process tree, shared pages counted in each process."""
    total = 0
    for one in tree(pid):
        try:
            total += int(pathlib.Path(f"/proc/{one}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        except OSError:
            pass
    return total


def request(method, path, body=None):
    content = b"" if body is None else json.dumps(body).encode()
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    if body is not None:
        head += f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n"
    return head.encode() + b"\r\n" + content


class Connection:
    """One connection, kept alive; one request at a time."""

    def __init__(self, port):
        self.port, self.used = port, 0.0
        self.open()

    def open(self):
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=600)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.waiting = b""

    def receive(self):
        """Reads one answer: its status and body."""
        while True:
            end = self.waiting.find(b"\r\n\r\n")
            if end >= 0:
                break
            self.more()
        head = self.waiting[:end].decode("latin-1").lower()
        status = int(head.split(" ", 2)[1])
        length = next((int(line[15:]) for line in head.split("\r\n") if line.startswith("content-length:")), None)
        if length is None:
            raise SystemExit(f"an answer without a length: {head}")
        while len(self.waiting) < end + 4 + length:
            self.more()
        body = self.waiting[end + 4:end + 4 + length]
        self.waiting = self.waiting[end + 4 + length:]
        return status, body

    def more(self):
        data = self.socket.recv(1 << 20)
        if not data:
            raise ConnectionError("the server closed the connection")
        self.waiting += data

    def call(self, method, path, body=None):
        status, content = self.ask(method, path, body)
        if status != 200:
            raise SystemExit(f"{method} {path}: {status} {content[:300]!r}")
        return json.loads(content) if content[:1] in (b"{", b"[") else content

    def ask(self, method, path, body=None):
        # MLflow's server closes a connection that was idle for five seconds.
        if self.used and time.monotonic() - self.used > 3:
            self.socket.close()
            self.open()
        self.socket.sendall(request(method, path, body))
        status, content = self.receive()
        self.used = time.monotonic()
        return status, content


class Server:
    """A server that was started, and what it costs."""

    def __init__(self, name, command, folder):
        self.name = name
        began = time.perf_counter()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        command = [str(part).replace("{port}", str(self.port)).replace("{folder}", str(folder)) for part in command]
        self.process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder, start_new_session=True)
        while True:
            try:
                Connection(self.port).call("GET", "/health")
                break
            except (OSError, SystemExit):
                if time.perf_counter() - began > 180 or self.process.poll() is not None:
                    raise SystemExit(f"{name} did not start")
        self.started = time.perf_counter() - began
        self.idle = memory(self.process.pid)
        self.control = Connection(self.port)

    def connect(self):
        return Connection(self.port)

    def experiment(self, name):
        """The number of an experiment, which is made where it is not there."""
        status, body = self.control.ask("POST", API + "experiments/create", {"name": name})
        if status == 200:
            return json.loads(body)["experiment_id"]
        return self.control.call("GET", f"{API}experiments/get-by-name?experiment_name={name}")["experiment"]["experiment_id"]

    def run(self, experiment):
        body = {"experiment_id": experiment, "start_time": 1_700_000_000_000}
        return self.control.call("POST", API + "runs/create", body)["run"]["info"]["run_id"]

    def cpu(self):
        return cpu(self.process.pid)

    def stop(self):
        os.killpg(self.process.pid, 15)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, 9)
            self.process.wait()


def log_request(run, index):
    """The bytes of a log-metric request, put together without an encoder: the client shares the processors."""
    body = b'{"run_id": "%s", "key": "m", "value": %d.0, "timestamp": %d, "step": %d}' % (
        run.encode(), index, 1_700_000_000_000 + index, index)
    return (
        b"POST /api/2.0/mlflow/runs/log-metric HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n%s" % (len(body), body))


def load(server, make, seconds, connections=8, rate=None):
    """Sends requests on several connections for a while: answers per second, latencies, CPU seconds of the server."""
    links = [Connection(server.port) for _ in range(connections)]
    chosen = selectors.DefaultSelector()
    sent_at, count, latencies = {}, 0, []
    for link in links:
        chosen.register(link.socket, selectors.EVENT_READ, link)
    before, began = server.cpu(), time.perf_counter()
    due, idle, asked = began, list(links), 0
    while True:
        now = time.perf_counter()
        if now - began >= seconds and len(idle) == len(links):
            break
        while idle and now - began < seconds and (rate is None or due <= now):
            link = idle.pop()
            # With a rate, the time begins when the request was due, whether or not it could be sent then.
            sent_at[link] = now if rate is None else due
            link.socket.sendall(make(asked))
            asked += 1
            if rate is not None:
                due += 1 / rate
        wait = None if rate is None or not idle else max(0, min(due, began + seconds) - time.perf_counter())
        for key, _ in chosen.select(wait):
            status, body = key.data.receive()
            if status != 200:
                raise SystemExit(f"{server.name} answered {status}: {body[:300]!r}")
            latencies.append(time.perf_counter() - sent_at[key.data])
            count += 1
            idle.append(key.data)
    took = time.perf_counter() - began
    for link in links:
        link.socket.close()
    return {"rate": count / took, "latencies": sorted(latencies), "cpu": (server.cpu() - before) / max(count, 1)}


def log_metric(server, seconds, connections=8):
    run = server.run(server.experiment("single"))
    return load(server, lambda index: log_request(run, index), seconds, connections)


def syncs(folder, count=300):
    """Seconds, the median, to write a page where the store is and have it on the disk: what a group of points waits for."""
    times = []
    with open(folder / "sync", "wb", buffering=0) as file:
        file.write(bytes(4096 * count))
        os.fsync(file.fileno())
        for index in range(count):
            began = time.perf_counter()
            os.pwrite(file.fileno(), b"x" * 4096, 4096 * index)
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - began)
    return statistics.median(times)


def log_batch(server, seconds):
    run = server.run(server.experiment("batches"))
    # The steps of each request are its own: the server passes over points that it has.
    bodies = [request("POST", API + "runs/log-batch", {"run_id": run, "metrics": [
        {"key": f"k{i % 10}", "value": i * 0.37, "timestamp": 1_700_000_000_000 + k * 1000 + i, "step": 7_777_777_00 + i // 10}
        for i in range(1000)]}) for k in range(20)]
    return load(
        server, lambda index: bodies[index % len(bodies)].replace(b"7777777", b"%d" % (1_000_000 + index)), seconds, connections=4)


def runs(server, count, connections=8):
    """Runs per second: create, 10 parameters and 10 tags, end; on several connections, each one run after the other."""
    experiment = server.experiment(f"runs-{connections}")

    def record(link, indices):
        for index in indices:
            body = {"experiment_id": experiment, "start_time": 1_700_000_000_000}
            run = link.call("POST", API + "runs/create", body)["run"]["info"]["run_id"]
            link.call("POST", API + "runs/log-batch", {
                "run_id": run, "params": [{"key": f"p{j}", "value": str(index * j)} for j in range(10)],
                "tags": [{"key": f"t{j}", "value": str(j)} for j in range(10)]})
            link.call("POST", API + "runs/update", {"run_id": run, "status": "FINISHED", "end_time": 1_700_000_001_000})

    links = [Connection(server.port) for _ in range(connections)]
    threads = [
        threading.Thread(target=record, args=(link, range(place, count, connections))) for place, link in enumerate(links)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return count / (time.perf_counter() - began)


def search(server, seed, repeats, limit=100):
    """Seconds of a search with a metric filter and order among runs that `seed` records, and CPU seconds of the server.

    The answer is read whole, and decoded when the clock has stopped: that is the client's work, and the same for each server.
    """
    experiment = server.experiment("search")
    seed(experiment)
    body = {
        "experiment_ids": [experiment], "filter": "metrics.m0 > 0.5", "order_by": ["metrics.m1 DESC"], "max_results": limit}
    server.control.call("POST", API + "runs/search", body)
    times, before = [], server.cpu()
    for _ in range(repeats):
        began = time.perf_counter()
        status, content = server.control.ask("POST", API + "runs/search", body)
        times.append(time.perf_counter() - began)
    spent = server.cpu() - before
    if status != 200 or len(json.loads(content)["runs"]) != limit:
        raise SystemExit(f"the search was answered {status}: {content[:300]!r}")
    return statistics.median(times), spent / repeats


def page(server, experiment, limit, repeats):
    """CPU seconds of the server for a page of an experiment's runs."""
    before = server.cpu()
    for _ in range(repeats):
        found = server.control.call("POST", API + "runs/search", {"experiment_ids": [experiment], "max_results": limit})
        assert len(found["runs"]) == limit
    return (server.cpu() - before) / repeats


def pages_at_once(server, experiment, limit, seconds, connections=8):
    """The most memory of the server while several clients fetch pages of an experiment's runs: bytes, and pages a second."""
    body = request("POST", API + "runs/search", {"experiment_ids": [experiment], "max_results": limit})
    most, done = [0], threading.Event()

    def watch():
        while not done.wait(0.05):
            most[0] = max(most[0], memory(server.process.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    found = load(server, lambda _: body, seconds, connections)
    done.set()
    watcher.join()
    return most[0], found["rate"]


def artifact(server, megabytes):
    """Bytes a second of a large artifact that no compressor makes smaller: up, and down."""
    experiment = server.experiment("artifact")
    run = server.run(experiment)
    path = f"/api/2.0/mlflow-artifacts/artifacts/{experiment}/{run}/artifacts/large.bin"
    block = os.urandom(1 << 20)
    blocks = [(index.to_bytes(8, "little") + block[8:]) for index in range(megabytes)]
    link, whole = server.connect(), hashlib.sha256()
    for one in blocks:
        whole.update(one)
    began = time.perf_counter()
    link.socket.sendall(
        f"PUT {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {megabytes << 20}\r\n\r\n".encode())
    for one in blocks:
        link.socket.sendall(one)
    status, body = link.receive()
    up = time.perf_counter() - began
    if status != 200:
        raise SystemExit(f"the upload was answered {status}: {body[:300]!r}")
    del blocks
    began = time.perf_counter()
    link.socket.sendall(request("GET", path))
    head = b""
    while b"\r\n\r\n" not in head:
        head += link.socket.recv(1 << 16)
    got = hashlib.sha256(head.split(b"\r\n\r\n", 1)[1])
    left = (megabytes << 20) - len(head.split(b"\r\n\r\n", 1)[1])
    while left > 0:
        data = link.socket.recv(1 << 20)
        if not data:
            raise SystemExit("the download ended early")
        got.update(data)
        left -= len(data)
    down = time.perf_counter() - began
    if got.digest() != whole.digest():
        raise SystemExit("the artifact came back changed")
    link.socket.close()
    return (megabytes << 20) / up, (megabytes << 20) / down


def hashing(megabytes):
    """Bytes a second of SHA-256, as sha256sum has it: a tarball is named by that."""
    block, whole = os.urandom(1 << 20), hashlib.sha256()
    began = time.perf_counter()
    for _ in range(megabytes):
        whole.update(block)
    return (megabytes << 20) / (time.perf_counter() - began)


def history(server, repeats):
    """CPU seconds of the server for one history of 100,000 points."""
    run = server.run(server.experiment("history"))
    for k in range(100):
        server.control.call("POST", API + "runs/log-batch", {"run_id": run, "metrics": [
            {"key": "m", "value": (k * 1000 + i) * 0.731, "timestamp": 1_700_000_000_000 + k * 1000 + i, "step": k * 1000 + i}
            for i in range(1000)]})
    before, count = server.cpu(), 0
    for _ in range(repeats):
        token, count = "", 0
        while True:
            page = server.control.call(
                "GET", f"{API}metrics/get-history?run_id={run}&metric_key=m&max_results=25000"
                + (f"&page_token={token}" if token else ""))
            count += len(page["metrics"])
            token = page.get("next_page_token")
            if not token:
                break
        assert count == 100_000, count
    return (server.cpu() - before) / repeats


def line(words, value, limit, kept):
    print(f"server: {words:<70}{value:<26}{limit:<30}{'kept' if kept else 'SHORT'}", flush=True)


def measure(server, arguments, seed, is_peer):
    found = {}
    seconds = arguments.seconds
    found["log"] = log_metric(server, seconds)["rate"]
    found["points"] = 1000 * log_batch(server, seconds)["rate"]
    found["runs"] = runs(server, 80 if is_peer else 2000)
    found["single runs"] = runs(server, 40 if is_peer else 500, connections=1)
    found["history"] = history(server, 1 if is_peer else 20)
    if arguments.search:
        found["search"], _ = search(server, seed, 3 if is_peer else 300)
    if arguments.artifact:
        found["up"], found["down"] = artifact(server, arguments.artifact)
    return found


def measure_full(arguments, folder):
    """Memory of a server of ours whose store is full, after searching and logging."""
    server = Server("runs serve", [arguments.runs, "serve", "--port", "{port}", "--store", "{folder}/full"], folder)
    experiment = server.experiment("search")
    began = time.perf_counter()
    server_seed.seed_ours(server, "search", arguments.full)
    print(f"server: {arguments.full} runs recorded in {time.perf_counter() - began:.0f} s, {memory(server.process.pid) / 1e6:.0f} MB then")
    server.stop()
    server = Server("runs serve", [arguments.runs, "serve", "--port", "{port}", "--store", "{folder}/full"], folder)
    line(f"memory with {arguments.full} runs, idle; started in {server.started * 1000:.0f} ms", f"{server.idle / 1e6:.0f} MB",
         "under 60 MB", server.idle < 60e6)
    median, _ = search(server, lambda _: None, 30)
    page(server, experiment, 1000, 10)
    log_metric(server, arguments.seconds)
    most, rate = pages_at_once(server, experiment, 1000, max(5, arguments.seconds))
    line("most memory while 8 clients fetch pages of 1,000", f"{most / 1e6:.0f} MB", "under 150 MB", most < 150e6)
    time.sleep(2)
    size = memory(server.process.pid)
    print(f"server: {rate:.0f} such pages a second; two seconds later {size / 1e6:.0f} MB", flush=True)
    line(f"memory with {arguments.full} runs, after searches, pages and logs", f"{size / 1e6:.0f} MB", "under 150 MB", size < 150e6)
    print(f"server: the search among {arguments.full} runs: {median * 1000:.1f} ms", flush=True)
    server.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", required=True)
    parser.add_argument("--mlflow", help="a python that has mlflow")
    parser.add_argument("--search", type=int, default=10_000, help="runs in the search (10000); 0 leaves it out")
    parser.add_argument("--seconds", type=float, default=3, help="how long a load lasts (3)")
    parser.add_argument("--artifact", type=int, default=256, help="megabytes of the artifact (256); 0 leaves it out")
    parser.add_argument("--full", type=int, default=0, help="runs of a full store, whose memory is measured (1000000 takes minutes)")
    arguments = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="runs-bench-server-"))
    try:
        ours = Server("runs serve", [arguments.runs, "serve", "--port", "{port}", "--store", "{folder}/.runs"], folder)
        line("from start to the first answer", f"{ours.started * 1000:.0f} ms", "under 200 ms", ours.started < 0.2)
        line("memory, idle", f"{ours.idle / 1e6:.0f} MB", "under 60 MB", ours.idle < 60e6)
        health = request("GET", "/health")
        print(f"server: a page written and synced: {syncs(folder) * 1e6:.0f} us", flush=True)
        for connections in (8, 128):
            constant = load(ours, lambda _: health, arguments.seconds, connections)["rate"]
            rate = log_metric(ours, arguments.seconds, connections)["rate"]
            line(f"log-metric beside a constant answer, {connections} connections", f"{rate:.0f}/s of {constant:.0f}/s",
                 "at least half", rate >= constant / 2)
        own = measure(ours, arguments, lambda _: server_seed.seed_ours(ours, "search", arguments.search), False)
        if arguments.search >= 1000:
            number = ours.experiment("search")
            few, many = page(ours, number, 100, 100), page(ours, number, 1000, 20)
            print(f"server: CPU of a page of 100 runs: {few * 1000:.1f} ms, of 1,000: {many * 1000:.1f} ms", flush=True)
        run = ours.run(ours.experiment("steady"))
        steady = load(ours, lambda index: log_request(run, index), arguments.seconds, rate=1000)
        slow = steady["latencies"][int(len(steady["latencies"]) * 0.99)]
        line("log-metric at 1,000 requests/s, 99th percentile", f"{slow * 1000:.1f} ms", "under 5 ms", slow < 0.005)
        print(f"server: memory after all that: {memory(ours.process.pid) / 1e6:.0f} MB", flush=True)
        ours.stop()
        peer = None
        if arguments.mlflow:
            (folder / "mlflow").mkdir()
            server = Server("mlflow server", [
                arguments.mlflow, "-m", "mlflow", "server", "--workers", "1", "--host", "127.0.0.1", "--port", "{port}",
                "--backend-store-uri", "sqlite:///{folder}/mlflow.db", "--artifacts-destination", "{folder}/artifacts",
            ], folder / "mlflow")
            print(f"server: mlflow server --workers 1 started in {server.started:.1f} s, {server.idle / 1e6:.0f} MB idle")
            peer = measure(
                server, arguments,
                lambda number: server_seed.seed_mlflow(folder / "mlflow" / "mlflow.db", number, arguments.search), True)
            server.stop()
        for key, words, unit, factor, is_rate in [
            ("log", "log-metric, 8 connections", "/s", 100, True),
            ("points", "points by log-batch of 1,000", "/s", 100, True),
            ("runs", "runs with 10 parameters and 10 tags, 8 connections", "/s", 50, True),
            ("single runs", "the same on one connection", "/s", 50, True),
            ("search", f"search by metric, ordered by metric, {arguments.search} runs", "ms", 500, False),
            ("history", "server CPU for a history of 100,000 points", "ms", 100, False),
        ]:
            if key not in own:
                continue
            shown = f"{own[key]:.0f}{unit}" if is_rate else f"{own[key] * 1000:.1f} {unit}"
            if peer is None:
                print(f"server: {words:<70}{shown}")
                continue
            theirs = f"{peer[key]:.0f}{unit}" if is_rate else f"{peer[key] * 1000:.0f} {unit}"
            ratio = own[key] / peer[key] if is_rate else peer[key] / own[key]
            line(words, f"{shown}, {ratio:.0f} times", f"{factor} times MLflow's {theirs}", ratio >= factor)
        if "up" in own:
            theirs = f", MLflow's {peer['up'] / 1e6:.0f} up and {peer['down'] / 1e6:.0f} down" if peer else ""
            print(
                f"server: an artifact of {arguments.artifact} MB: {own['up'] / 1e6:.0f} MB/s up, {own['down'] / 1e6:.0f} MB/s "
                f"down{theirs}; SHA-256 alone {hashing(arguments.artifact) / 1e6:.0f}", flush=True)
        if arguments.full:
            measure_full(arguments, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
