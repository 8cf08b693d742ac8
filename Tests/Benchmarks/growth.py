#!/usr/bin/env python3
"""Measures how fold, publish and the front's cost grow with the number of players, and draws it.

Usage: growth.py [--programs .build/release] [--players 10000,100000,1000000] [--out DIRECTORY] [--runs 3]
                 [--increment 100000] [--goals-per-challenge 50] [--seconds 5]

For each number of players, over the embedded PostgreSQL in a directory of its own:

first       three events a player, evenly spread, folded into empty tables: rows a second
again       the next --increment events folded, --runs times: records a second, whatever the number of players
publish     all players' three answers: answers a second
republish   after each of the folds above, those of the players that it changed
serve       the front on one processor, wrk on the other: stored frames of 1,000 players in turn, 64 connections
bytes       tables, payloads and log, for each player

Writes growth.json, growth.md and growth.svg to DIRECTORY. A line that stays level costs the same for each row however
many there are. Needs wrk for `serve` (`jobs/install-needs bench`); without it says so and leaves that out.
"""

import argparse
import json
import math
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parent / "suite"))
import measure

SERIES = [
    ("first", "first fold, rows/s"),
    ("again", "next fold, records/s"),
    ("publish", "publish, answers/s"),
    ("republish", "publish of changes, answers/s"),
    ("serve", "front, requests/s"),
]


class World:
    """One data directory with so many players."""

    def __init__(self, options, directory, players):
        self.options, self.directory, self.players = options, directory, players
        self.data = directory / "data"
        self.challenges = directory / "challenges.json"
        # No setting of the shell's: it may name a database that matters.
        self.environment = measure.environment(
            GOALPOST_NAMESPACE="demo", GOALPOST_CHALLENGES=str(self.challenges))
        self.game = ["--players", str(players), "--goals-per-challenge", str(options.goals_per_challenge)]

    def run(self, *arguments, **others):
        """Seconds that one command takes."""
        command = [self.options.programs / "goalpost", *arguments]
        started = time.monotonic()
        subprocess.run(command, check=True, env=self.environment, stdout=others.pop("stdout", subprocess.DEVNULL),
                       **others)
        return time.monotonic() - started

    def output(self, *arguments):
        command = [self.options.programs / "goalpost", *arguments]
        return subprocess.run(command, check=True, env=self.environment, capture_output=True, text=True).stdout

    def query(self, sql):
        url = self.output("db", "url", "--data", str(self.data)).strip()
        return subprocess.run(["psql", url, "-XAtc", sql], check=True, capture_output=True, text=True).stdout.strip()

    def measure(self):
        data, options = ["--data", str(self.data)], self.options
        with open(self.challenges, "wb") as file:
            self.run("generate", "challenges", *self.game, stdout=file)
        self.run("init", *data)
        first = 3 * self.players
        inputs = self.write_events([first] + [options.increment] * options.runs)
        self.run("ingest", *data, str(inputs[0]))
        result = {"players": self.players}
        seconds = self.run("run", "fold", *data)
        rows = int(self.query("SELECT count(*) FROM goalpost.user_goal_progress"))
        known = int(self.query("SELECT count(*) FROM goalpost.player"))
        result |= {"rows": rows, "known_players": known, "first": rows / seconds}
        result["publish"] = 3 * known / self.run("run", "publish", *data)
        again, republish = [], []
        for increment in inputs[1:]:
            self.run("ingest", *data, str(increment))
            # Each partition counts its own changes.
            before = self.query("""
                SELECT coalesce(json_object_agg(leaf, newest), '{}') FROM (
                    SELECT tableoid AS leaf, max(sequence) AS newest FROM goalpost.player_change GROUP BY tableoid) leaves""")
            again.append(options.increment / self.run("run", "fold", *data))
            players = int(self.query(f"""
                SELECT count(*) FROM goalpost.player_change
                WHERE sequence > coalesce(('{before}'::json->>tableoid::text)::bigint, 0)"""))
            republish.append(3 * players / self.run("run", "publish", *data))
        result["again"], result["republish"] = statistics.median(again), statistics.median(republish)
        result["serve"] = self.serve(inputs[0])
        result["bytes"] = {
            "tables": int(self.query("SELECT pg_database_size(current_database())")) / known,
            "payloads": allocated(self.data / "payloads") / known,
            "log": allocated(self.data / "log") / known,
        }
        return result

    def write_events(self, counts):
        """The same stream of events in files of so many lines; ids go on from one to the next."""
        command = [self.options.programs / "goalpost", "generate", "events", *self.game, "--activity", "uniform",
                   "--events", str(sum(counts)), "--events-per-day", str(max(50_000, sum(counts) // 3))]
        stream = subprocess.Popen(command, stdout=subprocess.PIPE)
        files = []
        for number, count in enumerate(counts):
            files.append(self.directory / f"events-{number}.ndjson")
            with open(files[-1], "wb") as file:
                for _ in range(count):
                    file.write(stream.stdout.readline())
        if stream.wait() != 0:
            raise SystemExit("goalpost generate failed")
        return files

    def serve(self, events):
        if not shutil.which("wrk"):
            print("wrk is not here: the front is not measured; `jobs/install-needs bench` installs it", flush=True)
            return None
        players = []
        with open(events) as lines:
            step = max(1, 3 * self.players // 1000)
            for number, line in enumerate(lines):
                if number % step == 0:
                    players.append(json.loads(line)["userId"])
        script = self.directory / "players.lua"
        names = ",".join(json.dumps(player) for player in players)
        script.write_text(
            f"""local ids, at = {{{names}}}, 0
            function request()
                at = at % #ids + 1
                return wrk.format("GET", "/challenge/v1/challenges/initialize", {{["x-mock-user-id"] = ids[at],
                    ["Accept-Encoding"] = "zstd"}})
            end"""
        )
        port = self.directory / "port"
        server_core, client_core = measure.processors()
        environment = dict(self.environment, GOALPOST_FRONT_THREADS="1")
        front = subprocess.Popen(
            ["taskset", "-c", str(server_core), self.options.programs / "goalpost-front", "--data", self.data,
             "--listen", "127.0.0.1:0", "--port-file", port, "--insecure-header-auth"],
            env=environment, stderr=subprocess.DEVNULL)
        try:
            while not port.exists():
                if front.poll() is not None:
                    raise SystemExit(f"goalpost-front ended with status {front.returncode}")
                time.sleep(0.02)
            number = port.read_text().strip().rsplit(":", 1)[-1]
            rates = []
            for _ in range(self.options.runs):
                ran = subprocess.run(
                    ["taskset", "-c", str(client_core), "wrk", "-t", "1", "-c", "64", "-d",
                     f"{self.options.seconds}s", "-s", script, f"http://127.0.0.1:{number}/"],
                    check=True, capture_output=True, text=True).stdout
                if "Non-2xx" in ran or "Socket errors" in ran:
                    raise SystemExit(f"the front failed:\n{ran}")
                rates.append(float(re.search(r"Requests/sec:\s+([\d.]+)", ran)[1]))
            return statistics.median(rates)
        finally:
            front.terminate()
            front.wait()

    def end(self):
        if self.data.exists():
            self.run("db", "stop", "--data", str(self.data))


def allocated(directory):
    return sum(path.stat().st_blocks * 512 for path in directory.rglob("*") if path.is_file())


def table(results):
    names = [label for _, label in SERIES] + ["tables, B a player", "payloads, B a player", "log, B a player"]
    lines = ["| players | " + " | ".join(names) + " |", "|" + "---|" * (len(names) + 1)]
    for result in results:
        figures = [result[key] for key, _ in SERIES] + [result["bytes"][key] for key in ("tables", "payloads", "log")]
        lines.append(f"| {result['players']:,} | "
                     + " | ".join("-" if figure is None else f"{figure:,.0f}" for figure in figures) + " |")
    return "\n".join(lines) + "\n"


def chart(results):
    """Rates over the number of players, both logarithmic, as one picture."""
    width, height, left, top = 760, 440, 80, 30
    xs = [math.log10(result["players"]) for result in results]
    values = [result[key] for result in results for key, _ in SERIES if result[key]]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    span = max(xs[-1] - xs[0], 1)
    colours = ["#1f5fa8", "#c25e00", "#2c7a3f", "#8a3ea8", "#a31f34"]

    def place(x, value):
        return (left + (x - xs[0]) / span * (width - left - 240),
                top + (high - math.log10(value)) / max(high - low, 1) * (height - top - 60))

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
             'font-size="12"><rect width="100%" height="100%" fill="#fff"/>']
    for power in range(low, high + 1):
        _, y = place(xs[0], 10 ** power)
        parts.append(f'<path d="M{left} {y:.1f}H{width - 230}" stroke="#ddd"/>'
                     f'<text x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">{10 ** power:,}</text>')
    for result, x in zip(results, xs):
        across, _ = place(x, 10 ** low)
        parts.append(f'<text x="{across:.1f}" y="{height - 35}" text-anchor="middle">{result["players"]:,}</text>')
    parts.append(f'<text x="{left}" y="{height - 12}">players</text>')
    labels = []
    for (key, label), colour in zip(SERIES, colours):
        points = [place(x, result[key]) for result, x in zip(results, xs) if result[key]]
        if not points:
            continue
        parts.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="'
                     + " ".join(f"{x:.1f},{y:.1f}" for x, y in points) + '"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in points]
        labels.append([points[-1][1], points[-1][0], label, colour])
    # Lines that end close to each other would have their names over each other.
    labels.sort()
    for one, other in zip(labels, labels[1:]):
        other[0] = max(other[0], one[0] + 15)
    parts += [f'<text x="{x + 8:.1f}" y="{y + 4:.1f}" fill="{colour}">{label}</text>' for y, x, label, colour in labels]
    return "".join(parts) + "</svg>\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=pathlib.Path, default=pathlib.Path(".build/release"))
    parser.add_argument("--players", default="10000,100000,1000000")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path(".build/bench"))
    parser.add_argument("--scratch", type=pathlib.Path, help="where the data directories are made and removed")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--increment", type=int, default=100_000)
    parser.add_argument("--goals-per-challenge", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=5)
    options = parser.parse_args()
    options.programs = options.programs.resolve()
    options.out.mkdir(parents=True, exist_ok=True)
    results = []
    for players in sorted(int(word) for word in options.players.split(",")):
        with tempfile.TemporaryDirectory(prefix="goalpost-growth-", dir=options.scratch) as directory:
            # The database's user has to walk into it.
            os.chmod(directory, 0o755)
            world = World(options, pathlib.Path(directory), players)
            try:
                results.append(world.measure())
            finally:
                world.end()
        print(table(results[-1:]), flush=True)
        (options.out / "growth.json").write_text(json.dumps(results, indent=2) + "\n")
        (options.out / "growth.md").write_text(table(results))
        (options.out / "growth.svg").write_text(chart(results))
    print(table(results))


if __name__ == "__main__":
    main()
