"""Fills stores with equal runs, fast: what a search or a full store is measured on.

Run k has 10 parameters, 10 metrics of one point each and a name; all follow from k.
"""

import base64
import random
import sqlite3
import struct
import threading
import uuid

START = 1_700_000_000_000


def content(index):
    """The metrics and parameters of a run."""
    chooser = random.Random(index)
    return [chooser.random() for _ in range(10)], [str(chooser.randrange(20)) for _ in range(10)]


def whole(number):
    """A column of one whole number, as docs/design/wire.md says."""
    number, out = number << 1, bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return base64.b64encode(bytes([*out, number])).decode()


def batch(experiment, index):
    """One run as a batch of the tracking API."""
    metrics, parameters = content(index)
    run = f"s{index:031x}"
    start, zero = whole(START), whole(0)
    return {
        "changes": [
            {"create_run": {
                "experiment": experiment, "id": run, "kind": "run", "name": f"run{index}", "origin": {}, "reason": "",
                "started": START + index, "state": "running", "tags": {},
                "parameters": [{"name": f"p{j}", "value": value} for j, value in enumerate(parameters)]}},
            {"transition": {"run": run, "to": "finished", "reason": ""}},
        ],
        "points": [{"run": run, "series": [
            {"count": 1, "name": f"m{j}", "steps": zero, "times": start,
             "values": base64.b64encode(struct.pack("<d", value)).decode()} for j, value in enumerate(metrics)]}],
    }


def seed_ours(server, experiment, count, each=200):
    """Records runs in an experiment of ours, by its name, over two connections."""
    def record(first):
        link = server.connect()
        for begin in range(first, count, 2 * each):
            batches = [batch(experiment, index) for index in range(begin, min(begin + each, count))]
            results = link.call("POST", "/api/runs/v1/write", {"batches": batches})["result"]
            refused = [result for result in results if "refused" in result]
            if refused:
                raise SystemExit(f"a run was refused: {refused[0]}")

    threads = [threading.Thread(target=record, args=(place * each,)) for place in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def seed_mlflow(path, experiment, count):
    """Writes the same runs into the SQLite store of an MLflow server, by its number; nothing may use it meanwhile."""
    database = sqlite3.connect(path, timeout=60)
    columns = {row[1] for row in database.execute("PRAGMA table_info(runs)")}
    runs, metrics, parameters, tags = [], [], [], []
    for index in range(count):
        values, texts = content(index)
        run = uuid.UUID(int=random.Random(-index - 1).getrandbits(128)).hex
        fields = {
            "run_uuid": run, "name": f"run{index}", "source_type": "UNKNOWN", "source_name": "", "entry_point_name": "",
            "user_id": "bench", "status": "FINISHED", "start_time": START + index, "end_time": START + 1000 + index,
            "source_version": "", "lifecycle_stage": "active", "experiment_id": int(experiment),
            "artifact_uri": f"mlflow-artifacts:/{experiment}/{run}/artifacts"}
        runs.append({name: value for name, value in fields.items() if name in columns})
        metrics += [(f"m{j}", value, START, run, 0, 0) for j, value in enumerate(values)]
        parameters += [(f"p{j}", text, run) for j, text in enumerate(texts)]
        tags.append(("mlflow.runName", f"run{index}", run))
    names = list(runs[0])
    database.executemany(
        f"INSERT INTO runs ({','.join(names)}) VALUES ({','.join('?' * len(names))})",
        [[run[name] for name in names] for run in runs])
    for table in ("metrics", "latest_metrics"):
        database.executemany(
            f"INSERT INTO {table} (key, value, timestamp, run_uuid, step, is_nan) VALUES (?, ?, ?, ?, ?, ?)", metrics)
    database.executemany("INSERT INTO params (key, value, run_uuid) VALUES (?, ?, ?)", parameters)
    database.executemany("INSERT INTO tags (key, value, run_uuid) VALUES (?, ?, ?)", tags)
    database.commit()
    database.close()
