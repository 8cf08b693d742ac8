"""fold: a log folded into PostgreSQL's tables, first and then a second batch that mostly updates.

Beside it, on the same embedded server with the settings it is shipped with:

seed       the method of the service that Goalpost replaces: batches of 1,000 rows on one connection, each a temporary
           table, COPY, and one upsert (first) or UPDATE … FROM (again), into one table with its five secondary
           indexes. It is given finished rows in the order their events came, as a script that psql only sends, and
           does no reading, parsing or folding. Its batches come from memory in real life; `client` is the share of
           the time that psql was busy. The second batch updates rows alone, so that those not there stay away.
plain SQL  what one would write by hand: the lines by COPY into an unlogged table, GROUP BY, MERGE into a table like
           ours. It keeps the last value and count of a player and stat, and the state of the goals that
           follows from that: no daily goals, requests, claims or late events.

The time of each side is the wall time of its command, from its start to its end, straight after a CHECKPOINT; ours has
the log's reading in it. The rows that each side leaves are counted. After the first batch the seed has those that it
was given, or the benchmark fails. The others cannot be equal: ours has login goals, those assigned from the start, and
those that a player activated. Plain SQL knows no activations: it is timed with a row for each goal whose statistic a
player has, which are more than ours, and with those alone that are assigned from the start, which are fewer.
"""

import json
import os
import pathlib
import shutil
import subprocess

import measure

BATCH_ROWS = 1000
# What plain SQL has rows of.
PLAIN = ("all goals", "assigned goals")
# At full size the seed would take minutes a run: it gets so many rows, and its tables stay smaller than in life.
SEED_ROWS_MAX = 100_000

SEED_TABLE = """
DROP SCHEMA IF EXISTS seed CASCADE; CREATE SCHEMA seed;
CREATE TABLE seed.user_goal_progress (
    user_id VARCHAR(100) NOT NULL, goal_id VARCHAR(100) NOT NULL, challenge_id VARCHAR(100) NOT NULL,
    namespace VARCHAR(100) NOT NULL, progress INT NOT NULL DEFAULT 0 CHECK (progress >= 0),
    status VARCHAR(20) NOT NULL DEFAULT 'not_started'
        CHECK (status IN ('not_started', 'in_progress', 'completed', 'claimed')),
    completed_at TIMESTAMP NULL, claimed_at TIMESTAMP NULL, created_at TIMESTAMP NOT NULL DEFAULT now(),
    updated_at TIMESTAMP NOT NULL DEFAULT now(), is_active BOOL NOT NULL DEFAULT true, assigned_at TIMESTAMP NULL,
    expires_at TIMESTAMP NULL, PRIMARY KEY (user_id, goal_id),
    CHECK (claimed_at IS NULL OR completed_at IS NOT NULL));
CREATE INDEX ON seed.user_goal_progress (user_id, challenge_id);
CREATE INDEX ON seed.user_goal_progress (user_id);
CREATE INDEX ON seed.user_goal_progress (user_id, goal_id);
CREATE INDEX ON seed.user_goal_progress (user_id) WHERE is_active;
CREATE INDEX ON seed.user_goal_progress (user_id, is_active) WHERE is_active;
"""
SEED_COLUMNS = "user_id, goal_id, challenge_id, namespace, progress, status, completed_at, is_active, assigned_at"
SEED_FIRST = f"""
INSERT INTO seed.user_goal_progress ({SEED_COLUMNS}, updated_at) SELECT {SEED_COLUMNS}, now() FROM flush
ON CONFLICT (user_id, goal_id) DO UPDATE SET progress = EXCLUDED.progress, status = EXCLUDED.status,
    completed_at = EXCLUDED.completed_at, updated_at = now()
WHERE seed.user_goal_progress.status <> 'claimed';
"""
SEED_AGAIN = """
UPDATE seed.user_goal_progress t SET progress = s.progress, status = s.status, completed_at = s.completed_at,
    updated_at = now()
FROM flush s WHERE t.user_id = s.user_id AND t.goal_id = s.goal_id AND t.is_active AND t.status <> 'claimed';
"""

PLAIN_TABLES = """
DROP SCHEMA IF EXISTS plain CASCADE; CREATE SCHEMA plain;
CREATE UNLOGGED TABLE plain.event (line jsonb);
CREATE TABLE plain.goal (goal_id text, challenge_id text, stat text, kind text, target int);
CREATE TABLE plain.progress (user_id varchar(100) COLLATE "C", goal_id varchar(100) COLLATE "C",
    challenge_id varchar(100) COLLATE "C", progress int NOT NULL, events int NOT NULL, status varchar(20) NOT NULL,
    completed_at timestamptz, last_event_at timestamptz, updated_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, goal_id)) WITH (fillfactor = 50);
"""
PLAIN_MERGE = """
WITH event AS (
    SELECT line->>'userId' AS user_id, line->'payload'->>'statCode' AS stat,
        (line->'payload'->>'latestValue')::float8 AS value, (line->>'timestamp')::timestamptz AS time
    FROM plain.event WHERE line->>'name' = 'statItemUpdated'
), latest AS (
    SELECT user_id, stat, count(*)::int AS events, max(time) AS newest,
        (array_agg(trunc(value)::int ORDER BY time DESC))[1] AS value
    FROM event GROUP BY user_id, stat
), change AS (
    SELECT user_id, goal_id, challenge_id, events, newest, target, kind,
        CASE kind WHEN 'absolute' THEN value ELSE events END AS progress
    FROM latest JOIN plain.goal USING (stat)
)
MERGE INTO plain.progress t USING change s ON t.user_id = s.user_id AND t.goal_id = s.goal_id
WHEN MATCHED THEN UPDATE SET
    progress = CASE s.kind WHEN 'absolute' THEN s.progress ELSE t.progress + s.events END,
    events = t.events + s.events,
    status = CASE WHEN t.status = 'completed'
        OR CASE s.kind WHEN 'absolute' THEN s.progress ELSE t.progress + s.events END >= s.target
        THEN 'completed' ELSE 'in_progress' END,
    completed_at = coalesce(t.completed_at,
        CASE WHEN CASE s.kind WHEN 'absolute' THEN s.progress ELSE t.progress + s.events END >= s.target
            THEN s.newest END),
    last_event_at = greatest(t.last_event_at, s.newest), updated_at = now()
WHEN NOT MATCHED THEN INSERT VALUES (s.user_id, s.goal_id, s.challenge_id, s.progress, s.events,
    CASE WHEN s.progress >= s.target THEN 'completed' ELSE 'in_progress' END,
    CASE WHEN s.progress >= s.target THEN s.newest END, s.newest, now());
TRUNCATE plain.event;
"""


class Server:
    """The embedded PostgreSQL of a data directory."""

    def __init__(self, context, data):
        self.context, self.data = context, data
        measure.run(context.goalpost, "db", "start", "--data", data)
        self.url = measure.run(context.goalpost, "db", "url", "--data", data).strip()

    def command(self, *arguments):
        return ["psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1",
                "--dbname", self.url, *arguments]

    def sql(self, text):
        return measure.run(*self.command("--command", text)).strip()

    def version(self):
        return self.sql("SHOW server_version").split()[0]

    def stop(self):
        measure.run(self.context.goalpost, "db", "stop", "--data", self.data)


def bench(context):
    first = context.count(10_000_000, least=2000)
    both = first + context.count(2_000_000, least=1000)
    # Some 90 rows a player come of that, a million in all.
    players = context.count(11_000, least=50)
    directory = context.directory("fold")
    data = directory / "data"
    measure.make_log(context, data, players=players, events=first)
    log = data / "log"
    logs = {"first": directory / "first", "again": directory / "again"}
    shutil.copytree(log, logs["first"])
    measure.ingest(context, data, players=players, events=both, skip=first)
    log.rename(logs["again"])
    server = Server(context, data)
    try:
        return measured(context, server, logs, (first, both - first), players)
    finally:
        server.stop()


def use(server, log):
    """Makes the log at `log` the data directory's."""
    link = server.data / "log"
    if link.is_symlink():
        link.unlink()
    link.symlink_to(log)


def measured(context, server, logs, counts, players):
    fold(context, server, logs["first"], fresh=True)
    seed_first, rows_first = seed_script(server, context.scratch / "seed-first.sql", SEED_FIRST, since=None)
    since = server.sql("SELECT max(updated_at) FROM goalpost.user_goal_progress")
    fold(context, server, logs["again"], fresh=False)
    seed_again, rows_again = seed_script(server, context.scratch / "seed-again.sql", SEED_AGAIN, since=since)
    lines = plain_lines(context, logs, counts)
    goals = {name: plain_goals(logs["first"], name == "assigned goals") for name in PLAIN}

    def seed(script, rows, fresh):
        if fresh:
            server.sql(SEED_TABLE)
        server.sql("CHECKPOINT")
        seconds, client, _ = measure.timed(*server.command("--file", script), stderr=subprocess.DEVNULL)
        left = count(server, "seed.user_goal_progress")
        if fresh and left != rows:
            raise SystemExit(f"the seed's method left {left} rows of {rows}")
        return {"rate": rows / seconds, "seconds": seconds, "client": client / seconds, "rows": left}

    def plain(path, name, fresh):
        if fresh:
            server.sql(PLAIN_TABLES)
            values = ", ".join("(" + ", ".join(literal(part) for part in goal) + ")" for goal in goals[name])
            server.sql(f"INSERT INTO plain.goal VALUES {values}; ANALYZE plain.goal")
        # What JSON never holds as it is, so that no line is split or quoted.
        copy = f"\\copy plain.event FROM '{path}' WITH (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')"
        server.sql("CHECKPOINT")
        seconds, client, _ = measure.timed(*server.command("--command", copy, "--command", PLAIN_MERGE))
        return {"seconds": seconds, "client": client / seconds, "rows": count(server, "plain.progress"),
                "shared": count(server, "plain.progress JOIN goalpost.user_goal_progress USING (user_id, goal_id)")}

    found = measure.interleaved(context, {
        "goalpost first": lambda: fold(context, server, logs["first"], fresh=True),
        "goalpost again": lambda: fold(context, server, logs["again"], fresh=False),
        "seed first": lambda: seed(seed_first, rows_first, True),
        "seed again": lambda: seed(seed_again, rows_again, False),
    } | {
        f"{name} {part}": lambda name=name, part=part: plain(lines[part], name, part == "first")
        for name in PLAIN for part in ("first", "again")
    })
    figures = []
    given = {"first": rows_first, "again": rows_again}
    for part, events in zip(("first", "again"), counts):
        ours = found[f"goalpost {part}"]
        rows = round(ours[0]["rows"])
        common = dict(name=f"fold, {part}", input=f"{events:,} events of {players:,} players → {rows:,} rows")
        clients = {peer: [round(result["client"], 2) for result in found[f"{peer} {part}"]]
                   for peer in ("seed", *PLAIN)}
        figures.append(measure.Figure(
            work="rows written, the log's reading included", unit="rows/s", ours=[result["rate"] for result in ours],
            peer=[result["rate"] for result in found[f"seed {part}"]], peer_name="the seed's method, rows given",
            peer_version=f"PostgreSQL {server.version()}", aim=400_000, ratio_aim=6.0,
            note=f"psql's busy share {clients['seed']}; the seed is given {given[part]:,} of the rows, and "
            f"{found[f'seed {part}'][-1]['rows']:,} are there then", **common))
        for name in PLAIN:
            there = found[f"{name} {part}"][-1]
            figures.append(measure.Figure(
                work=f"events folded; {ours[-1]['left']:,} rows are there then, the peer's {there['rows']:,}",
                unit="events/s", ours=[events / result["seconds"] for result in ours],
                peer=[events / result["seconds"] for result in found[f"{name} {part}"]],
                peer_name=f"COPY + GROUP BY + MERGE, {name}", peer_version=f"PostgreSQL {server.version()}",
                ratio_aim=1.0, note=f"psql's busy share {clients[name]}; {there['shared']:,} rows are of the same "
                "player and goal", **common))
    return figures


def fold(context, server, log, *, fresh):
    if fresh:
        server.sql("DROP SCHEMA IF EXISTS goalpost CASCADE")
    use(server, log)
    server.sql("CHECKPOINT")
    seconds, _, output = measure.timed(context.goalpost, "run", "fold", "--data", server.data, "--json")
    found = json.loads(output)
    rows = found["rowsInserted"] + found["rowsUpdated"]
    return {"rows": float(rows), "rate": rows / seconds, "seconds": seconds,
            "left": count(server, "goalpost.user_goal_progress")}


def count(server, table):
    return int(server.sql(f"SELECT count(*) FROM {table}"))


def seed_script(server, path, statement, since):
    """A script that writes rows as the seed does, those changed after `since`; the number of rows."""
    chosen = f"WHERE updated_at > '{since}'" if since else ""
    rows = measure.run(*server.command("--command", f"""
        COPY (SELECT user_id, goal_id, challenge_id, namespace, progress, status, completed_at AT TIME ZONE 'UTC',
                is_active, assigned_at AT TIME ZONE 'UTC' FROM goalpost.user_goal_progress {chosen}
            ORDER BY updated_at, user_id, goal_id LIMIT {SEED_ROWS_MAX}) TO STDOUT""")).splitlines()
    with open(path, "w") as script:
        for start in range(0, len(rows), BATCH_ROWS):
            script.write("BEGIN;\nCREATE TEMP TABLE flush (LIKE seed.user_goal_progress INCLUDING DEFAULTS) ON COMMIT DROP;\n")
            script.write(f"COPY flush ({SEED_COLUMNS}) FROM STDIN;\n")
            script.write("\n".join(rows[start:start + BATCH_ROWS]) + "\n\\.\n")
            script.write(statement + "COMMIT;\n")
    if not rows:
        raise SystemExit("the fold wrote no rows that the seed's method could write")
    return path, len(rows)


def plain_lines(context, logs, counts):
    """The events of each part as a file of lines."""
    paths = {}
    for part, count in zip(("first", "again"), counts):
        paths[part] = context.scratch / f"plain-{part}.ndjson"
        tail = "" if part == "first" else f" | tail -n {count}"
        files = " ".join(f"'{name}'" for name in sorted(map(str, pathlib.Path(logs[part], "events").glob("*.zst"))))
        with open(paths[part], "wb") as output:
            subprocess.run(["bash", "-c", f"set -o pipefail; zstd --quiet --decompress --stdout {files}{tail}"],
                           check=True, stdout=output)
    return paths


def plain_goals(log, assigned_only):
    """The statistic goals in force, all or those that are assigned from the start, as rows of plain.goal."""
    name = sorted((log / "events" / "challenges").glob("*.json"))[-1]
    return [
        (goal["goalId"], challenge["challengeId"], goal["requirement"]["statCode"], goal.get("type", "absolute"),
         goal["requirement"]["targetValue"])
        for challenge in json.loads(name.read_text())["challenges"] for goal in challenge["goals"]
        if goal.get("eventSource") == "statistic" and (goal.get("defaultAssigned") or not assigned_only)
    ]


def literal(value):
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"
