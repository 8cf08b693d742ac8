"""scan: a log decompressed, parsed and applied in memory, beside engines that group the same files.

The peers read the segments themselves, with given types, and group by player and stat (last value, count, newest
time). That is less than what Goalpost does meanwhile: its state also has logins, daily goals, activations, claims
and late events. Each side's time is its own, without the start of its process and of its engine, which has answered
a trivial query before; with one thread all are pinned to one processor each. Beside the wall time, the events a processor second are noted, which other work on the machine
disturbs less.
"""

import json
import os
import statistics
import sys

import measure

COLUMNS = """{name: 'VARCHAR', "timestamp": 'TIMESTAMP', userId: 'VARCHAR',
    payload: 'STRUCT(statCode VARCHAR, latestValue DOUBLE)'}"""


def duckdb_groups(files, threads):
    import duckdb

    database = duckdb.connect()
    database.execute(f"SET threads = {threads}")
    database.execute("SET preserve_insertion_order = false")
    database.execute("SELECT 1").fetchall()
    names = ", ".join(f"'{name}'" for name in files)
    query = f"""
        SELECT count(*), sum(events), count(newest), count(value) FROM (
            SELECT userId, payload.statCode, count(*) AS events, max("timestamp") AS newest,
                arg_max(payload.latestValue, "timestamp") AS value
            FROM read_json([{names}], format = 'newline_delimited', columns = {COLUMNS}) GROUP BY ALL)
    """
    return lambda: database.execute(query).fetchall()[0][:2], duckdb.__version__


def chdb_groups(files, threads):
    import chdb

    # One connection: without it, every query starts an engine of its own.
    engine = chdb.connect(":memory:")
    engine.query("SELECT 1")
    pattern = os.path.commonpath([os.path.dirname(name) for name in files]) + "/*.ndjson.zst"
    # A login has no statCode: what is missing reads as the type's default.
    types = "userId String, timestamp DateTime64(6, \\'UTC\\'), payload Tuple(statCode String, latestValue Float64)"
    query = f"""
        SELECT count(), sum(events), count(newest), count(value) FROM (
            SELECT userId, payload.statCode AS stat, count() AS events, max(timestamp) AS newest,
                argMax(payload.latestValue, timestamp) AS value
            FROM file('{pattern}', 'JSONEachRow', '{types}') GROUP BY userId, stat)
        SETTINGS max_threads = {threads}, date_time_input_format = 'best_effort',
            input_format_skip_unknown_fields = 1, input_format_json_ignore_unnecessary_fields = 1
        FORMAT TSV
    """
    return lambda: tuple(int(part) for part in str(engine.query(query)).split()[:2]), chdb.__version__


def polars_groups(files, threads):
    os.environ["POLARS_MAX_THREADS"] = str(threads)
    import polars

    polars.LazyFrame({"one": [1]}).select(polars.col("one").sum()).collect(engine="streaming")
    schema = {"name": polars.String, "timestamp": polars.String, "userId": polars.String,
              "payload": polars.Struct({"statCode": polars.String, "latestValue": polars.Float64})}

    def query():
        frame = polars.scan_ndjson(files, schema=schema, ignore_errors=True)
        stat, value = (polars.col("payload").struct.field(name) for name in ("statCode", "latestValue"))
        groups = (
            frame.select("userId", "timestamp", stat, value)
            .group_by("userId", "statCode")
            .agg(polars.len().alias("events"), polars.col("timestamp").max(),
                 polars.col("latestValue").last())
        )
        return groups.select(polars.len(), polars.col("events").sum()).collect(engine="streaming").row(0)

    return query, polars.__version__


PEERS = {"DuckDB": duckdb_groups, "chDB": chdb_groups, "polars": polars_groups}


def child(name, threads, files):
    """Runs in a process of its own: one peer's query, timed without the imports and the engine's start."""
    import time

    query, version = PEERS[name](files, threads)
    started, busy = time.monotonic(), time.process_time()
    _, events = query()
    print(json.dumps({"records": events, "seconds": time.monotonic() - started,
                      "processorSeconds": time.process_time() - busy, "version": version}))


def rates(command, threads):
    pinned = ["taskset", "-c", str(measure.processors()[0])] if threads == 1 else []
    found = json.loads(measure.run(*pinned, *command))
    return {"rate": found["records"] / found["seconds"], "perCore": found["records"] / found["processorSeconds"],
            "records": found["records"], "version": found.get("version", "")}


def bench(context):
    figures = []
    for goals in (20, 500):
        data = context.directory("scan") / "data"
        events = context.count(5_000_000, least=2000)
        players = context.count(100_000, least=100)
        measure.make_log(context, data, players=players, events=events, goals=goals)
        for threads in (1, 2):
            figures += beside(context, data, threads, events, f"{events:,} events of {players:,} players, {goals} goals")
    return figures


def beside(context, data, threads, events, text):
    files = measure.segments(data)

    def ours():
        return rates([context.workbench, "scan", "--data", data, "--threads", threads], threads)

    def peer(name):
        return rates([sys.executable, __file__, name, threads, *files], threads)

    steps = {"goalpost": ours} | {name: lambda name=name: peer(name) for name in available()}
    found = measure.interleaved(context, steps)
    for name, results in found.items():
        if any(result["records"] != events for result in results):
            raise SystemExit(f"{name} read another number of events than {events}")
    others = {name: results for name, results in found.items() if name != "goalpost"}
    best = max(others, key=lambda name: statistics.median(r["rate"] for r in others[name]), default=None)
    return [
        measure.Figure(
            name=f"scan, {threads} thread{'s' if threads > 1 else ''}", work="decompress, parse and apply in memory",
            input=text, unit="events/s", ours=[result["rate"] for result in found["goalpost"]],
            peer=[result["rate"] for result in others.get(name, [])], peer_name=f"{name} GROUP BY" if name else "",
            peer_version=others[name][0]["version"] if name else "", ratio_aim=1.7 if name == best and name else None,
            aim=3e6 if threads == 1 else None,
            note=json.dumps({
                "oursPerProcessorSecond": [round(r["perCore"]) for r in found["goalpost"]],
                "peerPerProcessorSecond": [round(r["perCore"]) for r in others.get(name, [])]}))
        for name in others or [None]
    ]


def available():
    """The peers that this Python has; a test runs with none."""
    import importlib.util

    return [name for name in PEERS if importlib.util.find_spec(name.lower())]


if __name__ == "__main__":
    child(sys.argv[1], int(sys.argv[2]), sys.argv[3:])
