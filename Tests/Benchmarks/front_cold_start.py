#!/usr/bin/env python3
"""Starts `goalpost-front` under full load: how long from exec to the first 200, and does any request fail?

Usage: front_cold_start.py --data DIRECTORY [--rate 3000] [--seconds 10] [--runs 5] [--drop-cache] [--json]

DIRECTORY is a data directory with published answers, such as front_store.py makes of a million players. The load is
open: requests are due at fixed times whatever becomes of those before, from the moment the front is started. The
address is known before (a free port is chosen here), and a connection that is refused is tried again at once, as a
load balancer would, until the front listens; what counts as a failure is any answer other than 200, a broken
connection, or none within five seconds. Each run starts another process and asks for other players.
With --drop-cache the store's pages are dropped from memory before each run (posix_fadvise).
"""

import argparse
import asyncio
import json
import os
import pathlib
import re
import socket
import statistics
import subprocess
import sys
import time

PATH = "/challenge/v1/challenges/initialize"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def drop_cache(data):
    store = os.open(pathlib.Path(data, "payloads", "data.mdb"), os.O_RDONLY)
    os.posix_fadvise(store, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(store)


class Load:
    def __init__(self, port, options, players):
        self.port = port
        self.options = options
        self.players = players
        self.free = asyncio.Queue()
        self.latencies = []
        self.failures = []
        self.first = None

    async def connect(self):
        while True:
            try:
                return await asyncio.open_connection("127.0.0.1", self.port)
            except ConnectionRefusedError:
                await asyncio.sleep(0.0005)

    async def request(self, due, player):
        """One request, on a connection that waits for one, or on a new one."""
        try:
            async with asyncio.timeout(5):
                connection = None
                if not self.free.empty():
                    connection = self.free.get_nowait()
                else:
                    connection = await self.connect()
                reader, writer = connection
                writer.write(f"GET {PATH} HTTP/1.1\r\nHost: h\r\nx-mock-user-id: {player}\r\nAccept-Encoding: gzip\r\n\r\n".encode())
                head = await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(int(re.search(rb"Content-Length: (\d+)", head).group(1)))
                if not head.startswith(b"HTTP/1.1 200"):
                    raise RuntimeError(head.split(b"\r\n")[0].decode())
        except Exception as error:
            self.failures.append(f"{type(error).__name__} {error}")
            return
        now = time.monotonic()
        self.first = self.first or now
        self.latencies.append(now - due)
        self.free.put_nowait(connection)

    async def run(self, started):
        tasks = []
        for number in range(self.options.rate * self.options.seconds):
            due = started + number / self.options.rate
            delay = due - time.monotonic()
            if delay > 0.0005:
                await asyncio.sleep(delay)
            tasks.append(asyncio.create_task(self.request(due, self.players[number % len(self.players)])))
        await asyncio.gather(*tasks)


async def run(options, number, players):
    if options.drop_cache:
        drop_cache(options.data)
    port = free_port()
    command = [options.front, "--data", options.data, "--listen", f"127.0.0.1:{port}", "--insecure-header-auth"]
    load = Load(port, options, players)
    started = time.monotonic()
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    await load.run(started)
    process.terminate()
    status = process.wait(60)
    latencies = sorted(load.latencies)
    return {
        "firstAnswerMilliseconds": round(1000 * (load.first - started), 1) if load.first else None,
        "answers": len(latencies),
        "failures": len(load.failures),
        "failureKinds": sorted(set(load.failures))[:5],
        "p50Milliseconds": round(1000 * latencies[len(latencies) // 2], 2),
        "p99Milliseconds": round(1000 * latencies[int(len(latencies) * 0.99)], 2),
        "maxMilliseconds": round(1000 * latencies[-1], 2),
        "status": status,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--front", default=".build/release/goalpost-front")
    parser.add_argument("--goalpost", default=".build/release/goalpost")
    parser.add_argument("--data", required=True)
    parser.add_argument("--players", type=int, default=1_200_000, help="as given to front_store.py")
    parser.add_argument("--rate", type=int, default=3000)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--drop-cache", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    command = [options.goalpost, "generate", "events", "--players", str(options.players), "--activity", "uniform"]
    lines = subprocess.run(command + ["--events", "100000"], check=True, capture_output=True, text=True).stdout.splitlines()
    players = [json.loads(line)["userId"] for line in lines]
    runs = []
    for number in range(options.runs):
        share = len(players) // options.runs
        runs.append(asyncio.run(run(options, number, players[number * share : (number + 1) * share])))
        print(f"run {number + 1}: {json.dumps(runs[-1])}", file=sys.stderr)
    report = {
        "rate": options.rate,
        "seconds": options.seconds,
        "runs": runs,
        "medianFirstAnswerMilliseconds": statistics.median(found["firstAnswerMilliseconds"] for found in runs),
        "failures": sum(found["failures"] for found in runs),
        "load": round(os.getloadavg()[0], 2),
    }
    print(json.dumps(report) if options.json else f"first 200 after {report['medianFirstAnswerMilliseconds']} ms (median of {options.runs}), {report['failures']} failures of {options.rate * options.seconds * options.runs}")
    if report["failures"]:
        sys.exit(1)


if __name__ == "__main__":
    main()
