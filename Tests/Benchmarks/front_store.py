#!/usr/bin/env python3
"""Makes a data directory with published answers for the benchmarks of the front.

Usage: front_store.py --goalpost BINARY --data DIRECTORY [--players 1000] [--events 200000] [--activity skewed]
                      [--goals-per-challenge 50]

It runs what anybody would: `goalpost generate`, `init`, `ingest`, `run fold`, `run publish`, over the embedded
PostgreSQL in DIRECTORY. Half a minute for 1,000 players, ten minutes and more for a store of a million:
    front_store.py --goalpost .build/release/goalpost --data /tmp/large --players 1200000 --events 2500000 \\
        --activity uniform
of which some 1,050,000 players are heard of and so stored (the rest get the template). Ten challenges of 180 goals
make an answer of some 225 KB.
"""

import argparse
import pathlib
import subprocess
import sys
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parent / "suite"))
import measure


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--goalpost", default=".build/release/goalpost")
    parser.add_argument("--data", required=True)
    parser.add_argument("--players", type=int, default=1000)
    parser.add_argument("--events", type=int, default=200000)
    parser.add_argument("--activity", choices=["skewed", "uniform"], default="skewed")
    parser.add_argument("--goals-per-challenge", type=int, default=50)
    options = parser.parse_args()
    data = pathlib.Path(options.data)
    challenges = data.parent / (data.name + ".challenges.json")
    # No setting of the shell's: it may name a database that matters.
    environment = measure.environment(GOALPOST_NAMESPACE="demo", GOALPOST_CHALLENGES=str(challenges))
    goalpost = [options.goalpost]
    game = ["--players", str(options.players), "--goals-per-challenge", str(options.goals_per_challenge)]

    def run(*arguments, **others):
        started = time.monotonic()
        subprocess.run(goalpost + list(arguments), check=True, env=environment, **others)
        print(f"{' '.join(arguments[:2])}: {time.monotonic() - started:.1f} s", flush=True)

    with open(challenges, "wb") as file:
        run("generate", "challenges", *game, stdout=file)
    run("init", "--data", options.data)
    events = subprocess.Popen(
        goalpost
        + ["generate", "events", *game, "--events", str(options.events), "--activity", options.activity]
        + ["--events-per-day", str(max(50_000, options.events // 3))],
        stdout=subprocess.PIPE,
    )
    run("ingest", "--data", options.data, "-", stdin=events.stdout)
    events.stdout.close()
    if events.wait() != 0:
        raise SystemExit("goalpost generate failed")
    run("run", "fold", "--data", options.data)
    run("run", "publish", "--data", options.data)


if __name__ == "__main__":
    main()
