#!/usr/bin/env python3
"""Times `goalpost replay` beside DuckDB doing the equivalent GROUP BY over the same segments.

Usage: replay_against_duckdb.py --goalpost BINARY --data DIRECTORY [--runs 3] [--threads 2] [--json]

DIRECTORY is a Goalpost data directory with a log, such as
    goalpost generate challenges --players 1000000 > challenges.json
    GOALPOST_CHALLENGES=challenges.json GOALPOST_NAMESPACE=demo goalpost init --data DIRECTORY
    goalpost generate events --players 1000000 --events 50000000 --events-per-day 1000000 \\
        | GOALPOST_NAMESPACE=demo goalpost ingest --data DIRECTORY -

DuckDB reads the segments with `read_json` and given types, groups by player and stat (last value, count,
newest time), and counts the completions of each goal from that. It does less than a replay: no logins' goals,
no daily goals, no activations, claims or prerequisites, no late events. Neither writes its rows to disk
(`--no-rows`: tens of millions of them are gigabytes of CSV, which would be timed instead). The runs of both are
interleaved; medians, processor time and each one's peak memory are printed. A replay lowers its own priority, so
DuckDB runs at the same niceness, or a busy machine would tell lies about both. Needs python3 with duckdb.
"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time


def segments(data):
    found = sorted(str(path) for path in pathlib.Path(data, "log", "events").glob("*.ndjson.zst"))
    if not found:
        sys.exit(f"there is no segment in {data}/log/events")
    return found


def goals(data):
    files = sorted(pathlib.Path(data, "log", "events", "challenges").glob("*.json"))
    rows = []
    for challenge in json.loads(files[-1].read_text())["challenges"]:
        for goal in challenge["goals"]:
            if goal.get("eventSource", "statistic") == "login":
                continue
            requirement = goal["requirement"]
            rows.append(
                (goal["goalId"], requirement["statCode"], goal.get("type", "absolute"), requirement["targetValue"])
            )
    return rows


def duckdb_child(data, threads):
    import duckdb

    with tempfile.TemporaryDirectory() as spill:
        database = duckdb.connect()
        database.execute(f"SET threads = {threads}")
        database.execute(f"SET temp_directory = '{spill}'")
        database.execute("SET preserve_insertion_order = false")
        database.execute("CREATE TABLE goal (id VARCHAR, stat VARCHAR, type VARCHAR, target INTEGER)")
        database.executemany("INSERT INTO goal VALUES (?, ?, ?, ?)", goals(data))
        files = ", ".join("'" + name.replace("'", "''") + "'" for name in segments(data))
        query = f"""
            WITH latest AS (
                SELECT userId, payload.statCode AS stat, count(*) AS events, max("timestamp") AS newest,
                    arg_max(payload.latestValue, "timestamp") AS value
                FROM read_json([{files}], format = 'newline_delimited', columns = {{
                    name: 'VARCHAR', "timestamp": 'TIMESTAMP', userId: 'VARCHAR',
                    payload: 'STRUCT(statCode VARCHAR, latestValue DOUBLE)'}})
                GROUP BY ALL
            )
            SELECT goal.id, count(*), max(newest),
                count(*) FILTER (CASE type WHEN 'absolute' THEN value ELSE events END >= target)
            FROM latest JOIN goal ON goal.stat = latest.stat GROUP BY goal.id
        """
        rows = database.execute(query).fetchall()
        print(json.dumps({"goals": len(rows), "completed": sum(row[3] for row in rows)}))


def measured(command):
    """Seconds, seconds of processor time, peak resident bytes, output."""
    started = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - started
    if status != 0:
        sys.exit(f"{' '.join(command)} ended with status {status}")
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, output


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--goalpost", default=".build/release/goalpost")
    parser.add_argument("--data", required=True)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--duckdb-child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.duckdb_child:
        duckdb_child(options.data, options.threads)
        return
    times = {"goalpost": [], "duckdb": []}
    processor = {"goalpost": [], "duckdb": []}
    peaks = {"goalpost": 0, "duckdb": 0}
    records = 0
    for run in range(options.runs):
        for name in ("goalpost", "duckdb"):
            out = tempfile.mkdtemp(prefix="replay-bench-")
            if name == "goalpost":
                command = [options.goalpost, "replay", "--data", options.data, "--threads", str(options.threads)]
                command += ["--json", "--no-rows", "--out", os.path.join(out, "replay")]
            else:
                command = ["nice", "-n", "10", sys.executable, __file__, "--duckdb-child", "--data", options.data]
                command += ["--threads", str(options.threads)]
            seconds, busy, peak, output = measured(command)
            shutil.rmtree(out)
            if name == "goalpost":
                records = json.loads(output)["records"]
            times[name].append(seconds)
            processor[name].append(busy)
            peaks[name] = max(peaks[name], peak)
            print(f"run {run + 1} {name}: {seconds:.1f} s, {busy:.1f} s of processor time, {peak / 2**30:.2f} GiB", file=sys.stderr)
    report = {"records": records, "runs": options.runs, "threads": options.threads}
    for name, found in times.items():
        median = statistics.median(found)
        report[name] = {
            "medianSeconds": round(median, 2),
            "recordsPerSecond": round(records / median),
            "medianProcessorSeconds": round(statistics.median(processor[name]), 2),
            "peakBytes": peaks[name],
            "seconds": [round(second, 2) for second in found],
        }
    report["ratio"] = round(report["duckdb"]["medianSeconds"] / report["goalpost"]["medianSeconds"], 2)
    if options.json:
        print(json.dumps(report))
        return
    for name in times:
        part = report[name]
        print(
            f"{name}: median {part['medianSeconds']} s of {options.runs}, "
            f"{part['recordsPerSecond'] / 1e6:.2f} M records/s, "
            f"{part['medianProcessorSeconds']} s of processor time, peak {part['peakBytes'] / 2**30:.2f} GiB"
        )
    print(f"goalpost is {report['ratio']} times as fast")


if __name__ == "__main__":
    main()
