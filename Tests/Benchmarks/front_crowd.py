#!/usr/bin/env python3
"""Loads `goalpost-front` with clients that behave badly, and says what it took from them and what it cost.

Usage: front_crowd.py --data DIRECTORY [--idle 10000] [--slow 1000] [--floods 2000] [--noise 200000] [--json]

In turn, each beside one well-behaved client that must get every answer all the while:
idle    that many connections that asked once and then keep silent
slow    clients that send a request a byte at a time, and as many that never read their answers
floods  heads that never end, and heads of thousands of fields
noise   connections with random bytes
Afterwards the front must answer as before. Resident memory is printed before, at its most, and after each part. Needs
as many open files as connections (`ulimit -n`, which it raises as far as it may).
"""

import argparse
import asyncio
import json
import os
import pathlib
import random
import re
import resource
import subprocess
import sys
import tempfile
import time

PATH = "/challenge/v1/challenges/initialize"
REQUEST = f"GET {PATH} HTTP/1.1\r\nHost: h\r\nx-mock-user-id: crowd\r\n\r\n".encode()


class Front:
    def __init__(self, options, directory):
        port_file = pathlib.Path(directory, "address")
        settings = dict(
            os.environ, GOALPOST_FRONT_CONNECTIONS_MAX=str(options.idle + 1000), GOALPOST_FRONT_IDLE_SECONDS="600"
        )
        command = [options.front, "--data", options.data, "--listen", "127.0.0.1:0", "--insecure-header-auth"]
        self.process = subprocess.Popen(command + ["--port-file", str(port_file)], env=settings, stderr=subprocess.DEVNULL)
        while not port_file.exists():
            if self.process.poll() is not None:
                sys.exit(f"the front ended with status {self.process.returncode}")
            time.sleep(0.01)
        self.host, port = port_file.read_text().strip().rsplit(":", 1)
        self.port = int(port)

    def resident(self, what="VmRSS"):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"{what}:\s+(\d+)", status).group(1)) * 1024

    async def connect(self):
        return await asyncio.open_connection(self.host, self.port, limit=1 << 16)


async def read_response(reader):
    head = await reader.readuntil(b"\r\n\r\n")
    await reader.readexactly(int(re.search(rb"Content-Length: (\d+)", head).group(1)))
    return int(head[9:12])


async def good_client(front, until, latencies):
    """Asks again and again; any failure is raised."""
    reader, writer = await front.connect()
    while not until.is_set():
        started = time.monotonic()
        writer.write(REQUEST)
        status = await asyncio.wait_for(read_response(reader), 10)
        if status != 200:
            raise RuntimeError(f"the good client got {status}")
        latencies.append(time.monotonic() - started)
        await asyncio.sleep(0.005)
    writer.close()


async def idle(front, count):
    connections = []
    gate = asyncio.Semaphore(200)

    async def one():
        async with gate:
            reader, writer = await front.connect()
            writer.write(REQUEST)
            assert await read_response(reader) == 200
            connections.append(writer)

    await asyncio.gather(*(one() for _ in range(count)))
    await asyncio.sleep(2)
    resident = front.resident()
    for writer in connections:
        writer.close()
    return {"connections": len(connections), "residentWithAll": resident}


async def slow(front, count):
    async def sender():
        reader, writer = await front.connect()
        try:
            for byte in REQUEST * 3:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(0.25)
            await asyncio.wait_for(reader.read(), 15)
        except (ConnectionError, asyncio.TimeoutError):
            pass
        writer.close()

    async def deaf():
        reader, writer = await front.connect()
        reader._transport.pause_reading()
        try:
            writer.write(REQUEST * 200)
            await asyncio.sleep(12)
        except ConnectionError:
            pass
        writer.transport.abort()

    await asyncio.gather(*(sender() for _ in range(count)), *(deaf() for _ in range(count)))
    return {"senders": count, "deaf": count}


async def floods(front, count):
    answers = {}
    gate = asyncio.Semaphore(100)

    async def one(number):
        async with gate:
            reader, writer = await front.connect()
            try:
                writer.write(b"GET / HTTP/1.1\r\nHost: h\r\n")
                piece = b"a: b\r\n" * 500 if number % 2 else b"a: " + b"x" * 4000
                for _ in range(50):
                    writer.write(piece)
                    await writer.drain()
                answer = await asyncio.wait_for(reader.read(), 15)
            except (ConnectionError, asyncio.TimeoutError):
                answer = b""
            status = answer[9:12].decode() or "none"
            answers[status] = answers.get(status, 0) + 1
            writer.close()

    await asyncio.gather(*(one(number) for number in range(count)))
    return {"answers": answers}


async def noise(front, count):
    rng = random.Random(1)
    left = count
    answers = {}

    async def worker():
        nonlocal left
        while left > 0:
            left -= 1
            reader, writer = await front.connect()
            try:
                writer.write(rng.randbytes(rng.randrange(1, 400)))
                writer.write_eof()
                answer = await asyncio.wait_for(reader.read(), 30)
            except ConnectionError:
                answer = b""
            status = answer[9:12].decode() or "none"
            answers[status] = answers.get(status, 0) + 1
            writer.close()

    await asyncio.gather(*(worker() for _ in range(50)))
    return {"inputs": count, "answers": answers}


async def part(front, name, load):
    latencies, until = [], asyncio.Event()
    good = asyncio.create_task(good_client(front, until, latencies))
    before = front.resident()
    started = time.monotonic()
    worker = asyncio.create_task(load)
    done, _ = await asyncio.wait({good, worker}, return_when=asyncio.FIRST_COMPLETED)
    if good in done:
        good.result()
    result = await worker
    until.set()
    await good
    await asyncio.sleep(3)
    latencies.sort()
    result.update(
        seconds=round(time.monotonic() - started - 3, 1),
        residentBefore=before,
        residentPeak=front.resident("VmHWM"),
        residentAfter=front.resident(),
        goodAnswers=len(latencies),
        goodP99Milliseconds=round(1000 * latencies[int(len(latencies) * 0.99)], 2),
    )
    print(name, json.dumps(result), flush=True)
    return result


async def run(options):
    with tempfile.TemporaryDirectory() as directory:
        front = Front(options, directory)
        report = {
            "idle": await part(front, "idle", idle(front, options.idle)),
            "slow": await part(front, "slow", slow(front, options.slow)),
            "floods": await part(front, "floods", floods(front, options.floods)),
            "noise": await part(front, "noise", noise(front, options.noise)),
        }
        reader, writer = await front.connect()
        writer.write(REQUEST)
        assert await read_response(reader) == 200
        writer.close()
        front.process.terminate()
        report["status"] = front.process.wait(90)
        return report


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--front", default=".build/release/goalpost-front")
    parser.add_argument("--data", required=True)
    parser.add_argument("--idle", type=int, default=10_000)
    parser.add_argument("--slow", type=int, default=1000)
    parser.add_argument("--floods", type=int, default=2000)
    parser.add_argument("--noise", type=int, default=200_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard < options.idle + 1200:
        sys.exit(f"{hard} open files are allowed; raise `ulimit -n`, or lower --idle")
    report = asyncio.run(run(options))
    if options.json:
        print(json.dumps(report))
    if report["status"] != 0:
        sys.exit(f"the front ended with status {report['status']}")


if __name__ == "__main__":
    main()
