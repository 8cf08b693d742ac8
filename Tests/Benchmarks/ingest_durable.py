#!/usr/bin/env python3
"""Times what goalpost-ingest makes durable over gRPC and HTTP, beside the disk's own fdatasync and redis.

Usage: ingest_durable.py --goalpost DIRECTORY_OF_PROGRAMS [--scratch DIRECTORY] [--runs 3] [--seconds 6] [--json FILE]

The server has one processor, the client another one. The runs of all are interleaved, since a machine is not the same
from minute to minute; medians and ratios are printed. Cases:

fdatasync   the disk alone: 4 KiB appended to a file and synced, again and again
empty       grpc.health.v1.Health/Check of the same server: a unary call that does nothing
unary       one login a call by h2load, 16 connections of 16 calls at once, each durable before it is answered
paced       the same at 5,000 calls a second: median and 99th percentile of the time to the answer
empty paced the empty call at 5,000 calls a second
stream      goalpost.v1.Ingest/AppendStream, requests of 4,096 events, by grpcio
lines       POST /v1/events with lines, bodies of 16,384 events, by Python's http.client
redis       redis-server, `appendonly yes, appendfsync always`: one XADD a call by redis-benchmark, 256 at once
redis pipeline  the same, 4,096 commands sent together on each of 4 connections

The stream is deleted after each run, and a run has at most 2,000,000 entries, so that redis takes at most some 500 MB.

Needs the Python of jobs/test (grpcio) and h2load (`jobs/install-needs bench`).
"""
import argparse
import contextlib
import http.client
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import grpc

sys.path.append(str(pathlib.Path(__file__).resolve().parent / "suite"))
import measure

LOGIN = "/accelbyte.iam.account.v1.UserAuthenticationUserLoggedInService/OnMessage"
HEALTH = "/grpc.health.v1.Health/Check"
REDIS_ENTRIES_MAX = 2_000_000
SERVER_CORE, CLIENT_CORE = map(str, measure.processors())
CHALLENGES = {"challenges": [{"challengeId": "c", "name": "C", "description": "d", "goals": [{
    "goalId": "g", "name": "G", "description": "d", "type": "absolute", "eventSource": "login",
    "requirement": {"statCode": "s", "operator": ">=", "targetValue": 3},
    "reward": {"type": "ITEM", "rewardId": "r", "quantity": 1}, "prerequisites": [], "defaultAssigned": True}]}]}


def varint(value):
    text = b""
    while value > 0x7F:
        text += bytes([value & 0x7F | 0x80])
        value >>= 7
    return text + bytes([value])


def field(number, text):
    return varint(number << 3 | 2) + varint(len(text)) + text


def event(name, user):
    return json.dumps({"id": name, "name": "statItemUpdated", "namespace": "game", "timestamp": "2026-01-05T10:00:00Z",
                       "userId": f"player-{user}", "payload": {"statCode": "kills", "latestValue": user, "inc": 1}},
                      separators=(",", ":")).encode()


def await_files(process, paths):
    """Waits until a server has made these files, which it does when it answers; ends it where it does not."""
    deadline = time.monotonic() + 30
    while not all(path.exists() for path in paths):
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            process.wait()
            raise SystemExit(f"{' '.join(map(str, process.args))} did not start")
        time.sleep(0.02)


class Server:
    def __init__(self, programs, scratch):
        self.data = scratch / "data"
        environment = measure.environment(GOALPOST_NAMESPACE="game", GOALPOST_CHALLENGES=str(scratch / "c.json"))
        (scratch / "c.json").write_text(json.dumps(CHALLENGES))
        subprocess.run([programs / "goalpost", "init", "--data", self.data], check=True, env=environment,
                       stdout=subprocess.DEVNULL)
        ports = [scratch / "http-port", scratch / "grpc-port"]
        self.process = subprocess.Popen(
            ["taskset", "-c", SERVER_CORE, programs / "goalpost-ingest", "--data", self.data, "--http", "127.0.0.1:0",
             "--grpc", "127.0.0.1:0", "--port-file", ports[0], "--grpc-port-file", ports[1], "--log-level", "warning"],
            env=environment)
        await_files(self.process, ports)
        self.http, self.grpc = (int(port.read_text().rsplit(":", 1)[1]) for port in ports)

    def cpu(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024

    def end(self):
        self.process.terminate()
        assert self.process.wait(30) == 0

    def kill(self):
        self.process.kill()
        self.process.wait()


def fdatasync(scratch, seconds):
    times, end = [], time.monotonic() + seconds
    with open(scratch / "raw", "wb", buffering=0) as file:
        while time.monotonic() < end:
            start = time.monotonic()
            file.write(b"x" * 4096)
            os.fdatasync(file.fileno())
            times.append(time.monotonic() - start)
    return {"rate": len(times) / seconds, "p50": statistics.median(times) * 1000}


def h2load(server, scratch, path, message, seconds, rate=None):
    body = scratch / "body"
    body.write_bytes(b"\0" + len(message).to_bytes(4, "big") + message)
    log = scratch / "h2load.log"
    log.unlink(missing_ok=True)
    paced = ["--rps", str(rate / 16)] if rate else []
    run = subprocess.run(
        ["taskset", "-c", CLIENT_CORE, "h2load", "-c", "16", "-m", "16", "-D", str(seconds), "--warm-up-time", "1",
         "-d", body, "-H", "content-type: application/grpc", "-H", "te: trailers", "--log-file", log, *paced,
         f"http://127.0.0.1:{server.grpc}{path}"], capture_output=True, text=True, check=True)
    failed = re.search(r"(\d+) failed, (\d+) errored, (\d+) timeout", run.stdout)
    assert failed and set(failed.groups()) == {"0"}, run.stdout
    times = sorted(int(line.split()[2]) for line in log.read_text().splitlines())
    done = float(re.search(r"finished in [^,]+, ([\d.]+) req/s", run.stdout)[1])
    return {"rate": done, "p50": times[len(times) // 2] / 1000, "p99": times[len(times) * 99 // 100] / 1000}


class Redis:
    """A redis-server that answers a write after its fsync, on the processor that the server under test has."""

    def __init__(self, scratch):
        directory = scratch / "redis"
        directory.mkdir()
        self.socket = directory / "redis.sock"
        self.process = subprocess.Popen(
            ["taskset", "-c", SERVER_CORE, "redis-server", "--port", "0", "--unixsocket", self.socket, "--dir", directory,
             "--save", "", "--appendonly", "yes", "--appendfsync", "always", "--auto-aof-rewrite-percentage", "0"],
            stdout=subprocess.DEVNULL)
        await_files(self.process, [self.socket])

    def measure(self, connections, pipeline, requests):
        run = subprocess.run(
            ["taskset", "-c", CLIENT_CORE, "redis-benchmark", "-s", self.socket, "-c", str(connections), "-P",
             str(pipeline), "-n", str(min(requests, REDIS_ENTRIES_MAX)), "--csv", "XADD", "events", "*", "e",
             event("redis-event", 1).decode()],
            capture_output=True, text=True, check=True)
        subprocess.run(["redis-cli", "-s", self.socket, "DEL", "events"], check=True, stdout=subprocess.DEVNULL)
        # The command itself holds commas, so that the columns are counted from the end.
        fields = [part.strip('"') for part in run.stdout.strip().splitlines()[-1].split('","')]
        return {"rate": float(fields[-7]), "p99": float(fields[-2])}

    def end(self):
        self.process.kill()
        self.process.wait()


def stream(server, seconds, name):
    # One client process, pinned by whoever started it; four calls over two connections.
    size, made = 4096, []
    for turn in range(max(8, 16 * seconds)):
        made.append(b"".join(field(1, event(f"{name}-{turn}-{part}", part)) for part in range(size)))
    lock, acknowledged = threading.Lock(), [0]

    def call(channel, part):
        method = channel.stream_stream("/goalpost.v1.Ingest/AppendStream")
        for answer in method(iter(made[part::4])):
            with lock:
                acknowledged[0] += size
            assert answer

    channels = [grpc.insecure_channel(f"127.0.0.1:{server.grpc}", [("grpc.use_local_subchannel_pool", 1)])
                for _ in range(2)]
    for channel in channels:
        grpc.channel_ready_future(channel).result(30)
    start, cpu = time.monotonic(), server.cpu()
    threads = [threading.Thread(target=call, args=(channels[part % 2], part)) for part in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    taken = time.monotonic() - start
    assert acknowledged[0] == size * len(made)
    return {"rate": acknowledged[0] / taken, "cpu": server.cpu() - cpu, "seconds": taken}


def lines(server, seconds, name):
    size = 16384
    bodies = [b"\n".join(event(f"{name}-{turn}-{part}", part) for part in range(size)) for turn in range(max(4, 8 * seconds))]
    start, cpu = time.monotonic(), server.cpu()

    def send(part):
        connection = http.client.HTTPConnection("127.0.0.1", server.http)
        for body in bodies[part::4]:
            connection.request("POST", "/v1/events", body, {"Content-Type": "application/x-ndjson"})
            answer = json.loads(connection.getresponse().read())
            assert answer["accepted"] == size, answer

    threads = [threading.Thread(target=send, args=(part,)) for part in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    taken = time.monotonic() - start
    return {"rate": size * len(bodies) / taken, "cpu": server.cpu() - cpu, "seconds": taken}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--goalpost", type=pathlib.Path, required=True)
    parser.add_argument("--scratch", type=pathlib.Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=6)
    parser.add_argument("--json", type=pathlib.Path, help="where the results of all runs are written")
    options = parser.parse_args()
    os.sched_setaffinity(0, {int(CLIENT_CORE)})
    login = field(5, b"game") + field(7, b"2026-01-05T10:00:00Z") + field(9, b"player-1234567890")
    found = {}
    # What was started is ended, in whatever order the rest fails.
    with contextlib.ExitStack() as started:
        scratch = pathlib.Path(started.enter_context(tempfile.TemporaryDirectory(dir=options.scratch)))
        server = Server(options.goalpost.resolve(), scratch)
        started.callback(server.kill)
        redis = Redis(scratch)
        started.callback(redis.end)
        for run in range(options.runs):
            steps = {
                "fdatasync": lambda: fdatasync(scratch, 2),
                "empty": lambda: h2load(server, scratch, HEALTH, b"", options.seconds),
                "unary": lambda: h2load(server, scratch, LOGIN, login, options.seconds),
                "redis": lambda: redis.measure(256, 1, 8_000 * options.seconds),
                "paced": lambda: h2load(server, scratch, LOGIN, login, options.seconds, 5000),
                "empty paced": lambda: h2load(server, scratch, HEALTH, b"", options.seconds, 5000),
                "stream": lambda: stream(server, options.seconds, f"s{run}"),
                "lines": lambda: lines(server, options.seconds, f"l{run}"),
                "redis pipeline": lambda: redis.measure(4, 4096, 200_000 * options.seconds),
            }
            for name, step in steps.items():
                found.setdefault(name, []).append(step())
        memory = server.memory()
        server.end()
    medians = {}
    for name, results in found.items():
        medians[name] = {key: statistics.median(result[key] for result in results) for key in results[0]}
        print(f"{name:<14}", "  ".join(f"{key} {value:,.2f}" for key, value in medians[name].items()))
    ratio = statistics.median(a["rate"] / b["rate"] for a, b in zip(found["unary"], found["empty"]))
    print(f"unary / empty {ratio:.2f} (median of {options.runs} pairs); peak RSS {memory:,.0f} MB")
    if options.json:
        options.json.write_text(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
