"""store: bytes on disk: an event in the log, before and after `run compact`, and a player in tables and payloads.

The log is written by goalpost-ingest from small requests of 200 events, as game services would send them, so that its
commits are small. Their ids are random UUIDs: 122 bits each, so that no lossless format takes less than 15.25 bytes
an event. Another log is made by `goalpost ingest` from a file without ids, which derives them from the file's name and
position. gzip gets the lines that the log holds, so that both sides have the ids. Sizes do not change from run to run,
so one run is made.
"""

import http.client
import json
import pathlib
import subprocess
import time
import zlib

import fold
import measure

REQUEST_EVENTS = 200
GOALS = 500
ID_BOUND = "15.25 is the least that any lossless format takes for random ids of 122 bits"


def bench(context):
    events = context.count(2_000_000, least=4000)
    players = context.count(20_000, least=50)
    directory = context.directory("store")
    challenges = measure.generate(context, "challenges", directory / "challenges.json", "--players", players)
    figures = []
    for name, idless, write in (("random ids", 0, send), ("no ids", 1, ingest)):
        data = directory / name.replace(" ", "-")
        measure.run(context.goalpost, "init", "--data", data, "--challenges", challenges, "--namespace", "demo")
        lines = measure.generate(context, "events", directory / "events.ndjson", "--players", players, "--events", events,
                                 "--events-per-day", 1_000_000, "--idless-every", idless)
        # So small that all segments but the last one are sealed; compact leaves that one alone.
        write(context, data, lines, max(65_536, min(256 << 20, lines.stat().st_size // 40)))
        before = sealed(context, data)
        packed = gzip_bytes(before)
        measure.run(context.goalpost, "run", "compact", "--data", data)
        after = sealed(context, data)
        common = dict(
            input=f"{before['records']:,} events of {before['lineBytes']:.0f} bytes, {name}", unit="bytes",
            peer=[packed], peer_name="gzip -6 of the log's lines, whole", smaller_is_better=True,
            bound="" if idless else ID_BOUND)
        figures += [
            measure.Figure(name="store, as written", work="bytes an event in the log", ours=[before["bytes"]], **common),
            measure.Figure(name="store, compacted", work="bytes an event in the log", ours=[after["bytes"]], aim=15.0, **common),
        ]
    return figures + players_figures(context, directory / "random-ids")


def ingest(context, data, lines, segment):
    measure.run(context.goalpost, "ingest", "--data", data, lines,
                env=measure.environment(GOALPOST_NAMESPACE="demo", GOALPOST_SEGMENT_BYTES_MAX=str(segment)))


def send(context, data, lines, segment):
    """Sends lines to a goalpost-ingest."""
    ports = data.parent / "port"
    server = subprocess.Popen(
        [str(context.programs / "goalpost-ingest"), "--data", str(data), "--http", "127.0.0.1:0", "--port-file", str(ports),
         "--log-level", "warning"],
        env=measure.environment(GOALPOST_NAMESPACE="demo", GOALPOST_SEGMENT_BYTES_MAX=str(segment)))
    try:
        deadline = time.monotonic() + 30
        while not ports.exists() or not ports.read_text().strip():
            if server.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("goalpost-ingest did not start")
            time.sleep(0.02)
        connection = http.client.HTTPConnection("127.0.0.1", int(ports.read_text().rsplit(":", 1)[1]))
        with open(lines, "rb") as file:
            while body := b"".join(line for _, line in zip(range(REQUEST_EVENTS), file)):
                connection.request("POST", "/v1/events", body, {"Content-Type": "application/x-ndjson"})
                answer = json.loads(connection.getresponse().read())
                if answer.get("rejected") or not answer.get("accepted"):
                    raise SystemExit(f"refused: {answer}")
    finally:
        server.terminate()
        server.wait(30)


def sealed(context, data):
    """The sealed segments, their records, and bytes that each of these takes on disk and as a line."""
    found = json.loads(measure.run(context.goalpost, "log", "ls", "--data", data, "--json"))
    segments = [segment for segment in found if segment["isSealed"]]
    records = sum(segment["records"] for segment in segments)
    if not records:
        raise SystemExit("no segment was sealed")
    return {
        "files": [data / "log" / "events" / segment["file"] for segment in segments], "records": records,
        "bytes": sum(segment["fileBytes"] for segment in segments) / records,
        "lineBytes": sum(segment["rawBytes"] for segment in segments) / records}


def gzip_bytes(log):
    """Bytes an event when the lines of these segments are one file of gzip."""
    lines = subprocess.Popen(["zstd", "--quiet", "--decompress", "--stdout", *log["files"]], stdout=subprocess.PIPE)
    counted, size = 0, 0
    packer = zlib.compressobj(6, wbits=31)
    while part := lines.stdout.read(1 << 20):
        counted += part.count(b"\n")
        size += len(packer.compress(part))
    size += len(packer.flush())
    if lines.wait() != 0 or counted != log["records"]:
        raise SystemExit(f"zstd read {counted} lines of {log['records']}")
    return size / counted


def players_figures(context, data):
    """Bytes a player takes in tables, beside the seed's 500 rows a player, and in payloads, which the seed has not."""
    server = fold.Server(context, data)
    try:
        measure.run(context.goalpost, "run", "fold", "--data", data)
        measure.run(context.goalpost, "run", "publish", "--data", data)
        players = int(server.sql("SELECT count(*) FROM goalpost.player"))
        tables = int(server.sql("""
            SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
            WHERE nspname = 'goalpost' AND relkind = 'r' AND relispartition"""))
        rows = int(server.sql("SELECT count(*) FROM goalpost.user_goal_progress"))
        payloads = sum(path.stat().st_blocks * 512 for path in pathlib.Path(data, "payloads").iterdir())
        sample = context.count(2000, least=20)
        server.sql(fold.SEED_TABLE)
        server.sql(f"""
            INSERT INTO seed.user_goal_progress (user_id, goal_id, challenge_id, namespace, assigned_at)
            SELECT md5(p::text), 'challenge-' || g / 50 || '-goal-' || g % 50, 'challenge-' || g / 50, 'demo', now()
            FROM generate_series(1, {sample}) p, generate_series(0, {GOALS - 1}) g""")
        seed = int(server.sql("SELECT pg_total_relation_size('seed.user_goal_progress')")) / sample
        version = f"PostgreSQL {server.version()}"
    finally:
        server.stop()
    common = dict(input=f"{players:,} players, {rows / players:.0f} rows a player of {GOALS} goals", unit="bytes",
                  smaller_is_better=True)
    return [
        measure.Figure(
            name="store, tables", work="bytes a player, with indexes", ours=[tables / players], peer=[seed],
            peer_name=f"the seed's table, {GOALS} rows a player", peer_version=version, **common),
        measure.Figure(
            name="store, payloads", work="bytes a player beside the tables, three answers; the seed stores none",
            ours=[payloads / players], peer=[], peer_name="", **common),
    ]
