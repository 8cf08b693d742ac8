#!/usr/bin/env python3
"""Times `goalpost-front` beside nginx with static files of the same bytes, and redis-server GET of them.

Usage: front_against_nginx.py --data DIRECTORY [--runs 3] [--seconds 8] [--markdown FILE] [--json FILE]

DIRECTORY is a data directory with published answers (front_store.py makes one). Each server has one thread on one
processor; wrk, with as many connections as --connections, has another one. The runs of all are interleaved, since a
machine is not the same from minute to minute; medians, ratios and the 99th percentile are printed, and the best run of
each with their ratio, for a machine that does other things too: those can only make a run slower. Cases:

dcz       the stored frame of one player, nearest to --frame-bytes, for a client that holds the template
identity  the same player's JSON as it is
players   dcz of many players in turn over all connections, so that no connection asks the same twice
bodies    their JSON as it is, likewise
token     dcz for a bearer token that the front checks and nginx does not

nginx answers the first two cases with one file each, the next two with a file a player. redis-server is asked by
redis-benchmark. Installs nothing: `jobs/install-needs bench` does.
"""

import argparse
import base64
import json
import os
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.append(str(pathlib.Path(__file__).resolve().parent / "suite"))
import measure as suite

PATH = "/challenge/v1/challenges/initialize"
NAMESPACE = "demo"
PLAYERS_MAX = 1000
# Fewer, for what they take of the disk.
BODIES_MAX = 100
PORTS = {"front": 18480, "nginx": 18481, "redis": 18482}


def get(url, headers):
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as response:
        return response.headers, response.read()


def players(options):
    """Ids of players that the store may know, from the events that made it."""
    command = [options.goalpost, "generate", "events", "--players", str(options.players), "--events", "20000"]
    command += ["--goals-per-challenge", str(options.goals_per_challenge)]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return sorted({json.loads(line)["userId"] for line in lines})[:PLAYERS_MAX]


def pinned(core, command, **others):
    return subprocess.Popen(["taskset", "-c", str(core)] + command, **others)


def await_port(port, process):
    import socket

    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if process.poll() is not None:
            sys.exit(f"{process.args} ended with status {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.02)
    sys.exit(f"nothing listens on port {port}")


class Bench:
    def __init__(self, options, directory):
        self.options = options
        self.directory = directory
        self.processes = []

    def start_front(self, *arguments, environment=None):
        command = [self.options.front, "--data", self.options.data, "--listen", f"127.0.0.1:{PORTS['front']}"]
        settings = suite.environment(GOALPOST_FRONT_THREADS="1", **(environment or {}))
        process = pinned(self.options.server_core, command + list(arguments), env=settings, stderr=subprocess.DEVNULL)
        self.processes.append(process)
        await_port(PORTS["front"], process)
        return process

    def start_nginx(self):
        configuration = self.directory / "nginx.conf"
        configuration.write_text(
            f"""daemon off; worker_processes 1; pid {self.directory}/nginx.pid; error_log {self.directory}/error.log;
            events {{ worker_connections 4096; }}
            http {{ access_log off; sendfile on; tcp_nopush on; tcp_nodelay on; keepalive_requests 1000000000;
            open_file_cache max=4096 inactive=1h; default_type application/json; gzip_static off;
            client_body_temp_path {self.directory}/b; proxy_temp_path {self.directory}/p;
            fastcgi_temp_path {self.directory}/f; uwsgi_temp_path {self.directory}/u; scgi_temp_path {self.directory}/s;
            server {{ listen 127.0.0.1:{PORTS['nginx']}; root {self.directory}/www; }} }}"""
        )
        # Workers that run as another user have to get at the files.
        os.chmod(self.directory, 0o755)
        process = pinned(self.options.server_core, ["nginx", "-p", str(self.directory), "-c", str(configuration)])
        self.processes.append(process)
        await_port(PORTS["nginx"], process)

    def start_redis(self, values):
        command = ["redis-server", "--port", str(PORTS["redis"]), "--save", "", "--appendonly", "no"]
        command += ["--bind", "127.0.0.1", "--dir", str(self.directory)]
        process = pinned(self.options.server_core, command, stdout=subprocess.DEVNULL)
        self.processes.append(process)
        await_port(PORTS["redis"], process)
        for name, value in values.items():
            set_command = ["redis-cli", "-p", str(PORTS["redis"]), "-x", "SET", name]
            subprocess.run(set_command, input=value, check=True, stdout=subprocess.DEVNULL)

    def wrk(self, url, headers=None, script=None):
        command = ["taskset", "-c", str(self.options.client_core), "wrk", "--threads", "1", "--latency"]
        command += ["--connections", str(self.options.connections), "--duration", f"{self.options.seconds}s"]
        for name, value in (headers or {}).items():
            command += ["--header", f"{name}: {value}"]
        if script:
            command += ["--script", str(script)]
        output = subprocess.run(command + [url], check=True, capture_output=True, text=True).stdout
        if "Non-2xx" in output or "Socket errors" in output:
            sys.exit(f"{url} failed:\n{output}")
        number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)\b", output).groups()
        milliseconds = float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]
        return float(re.search(r"Requests/sec:\s+([\d.]+)", output).group(1)), milliseconds

    def redis_benchmark(self, key, requests):
        command = ["taskset", "-c", str(self.options.client_core), "redis-benchmark", "-p", str(PORTS["redis"])]
        command += ["-c", str(self.options.connections), "-n", str(requests), "--csv", "GET", key]
        row = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip().splitlines()[-1]
        fields = [field.strip('"') for field in row.split('","')]
        return float(fields[1]), float(fields[6])

    def stop(self):
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.processes:
            process.wait(20)


def rotating(path, requests):
    """A script for wrk that sends these requests, (target, headers), in turn."""
    lines = ["local requests = {}"]
    for target, headers in requests:
        fields = ", ".join(f"[{json.dumps(name)}] = {json.dumps(value)}" for name, value in headers.items())
        lines.append(f"requests[#requests + 1] = {{{json.dumps(target)}, {{{fields}}}}}")
    lines += [
        "local texts, turn = {}, 0",
        "function init(args)",
        "  for i, r in ipairs(requests) do texts[i] = wrk.format('GET', r[1], r[2]) end",
        "end",
        "function request() turn = turn % #texts + 1; return texts[turn] end",
    ]
    path.write_text("\n".join(lines))
    return path


def signed_token(directory, player):
    """A token for `player`, and the file of the keys that it can be checked by."""
    key = directory / "key.pem"
    subprocess.run(["openssl", "genrsa", "-out", str(key), "2048"], check=True, capture_output=True)
    text = subprocess.run(["openssl", "rsa", "-in", str(key), "-noout", "-modulus"], check=True, capture_output=True, text=True)
    modulus = bytes.fromhex(text.stdout.strip().split("=")[1])

    def coded(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    keys = directory / "jwks.json"
    keys.write_text(
        json.dumps({"keys": [{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "bench", "n": coded(modulus), "e": "AQAB"}]})
    )
    claims = {"sub": player, "exp": int(time.time()) + 86400, "namespace": NAMESPACE, "iss": "bench"}
    head = {"alg": "RS256", "typ": "JWT", "kid": "bench"}
    signed = f"{coded(json.dumps(head).encode())}.{coded(json.dumps(claims).encode())}"
    signature = subprocess.run(
        ["openssl", "dgst", "-sha256", "-sign", str(key)], input=signed.encode(), check=True, capture_output=True
    ).stdout
    return f"{signed}.{coded(signature)}", keys


def markdown(report):
    lines = [
        f"One thread a server on one processor, wrk with {report['connections']} connections on another; medians of "
        f"{report['runs']} interleaved runs of {report['seconds']} s. Load average {report['loadBefore']} before, "
        f"{report['loadAfter']} after.",
        "",
        "| case | bytes | front /s | nginx /s | ratio | redis /s | front p99 ms | nginx p99 ms | best front /s | best nginx /s "
        "| ratio of the best |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, case in report["cases"].items():
        def shown(server, field, digits=0):
            return f"{case[server][field]:,.{digits}f}" if server in case else "–"

        ratio = f"{case['ratio']:.2f}"
        lines.append(
            f"| {name} | {case['bytes']:,} | {shown('front', 'perSecond')} | {shown('nginx', 'perSecond')} | {ratio} "
            f"| {shown('redis', 'perSecond')} | {shown('front', 'p99', 2)} | {shown('nginx', 'p99', 2)} "
            f"| {shown('front', 'best')} | {shown('nginx', 'best')} | {case['ratioOfBest']:.2f} |"
        )
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--front", default=".build/release/goalpost-front")
    parser.add_argument("--goalpost", default=".build/release/goalpost")
    parser.add_argument("--data", required=True)
    parser.add_argument("--players", type=int, default=1000, help="as given to front_store.py")
    parser.add_argument("--goals-per-challenge", type=int, default=50, help="as given to front_store.py")
    parser.add_argument("--frame-bytes", type=int, default=3000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--connections", type=int, default=64)
    server, client = suite.processors()
    parser.add_argument("--server-core", type=int, default=server)
    parser.add_argument("--client-core", type=int, default=client)
    parser.add_argument("--markdown")
    parser.add_argument("--json")
    options = parser.parse_args()
    missing = [name for name in ("nginx", "redis-server", "wrk", "taskset") if not shutil.which(name)]
    if missing:
        sys.exit(f"missing: {', '.join(missing)}; run `jobs/install-needs bench`")
    with tempfile.TemporaryDirectory(prefix="front-bench-") as name:
        bench = Bench(options, pathlib.Path(name))
        try:
            report = measure(options, bench)
        finally:
            bench.stop()
    text = markdown(report)
    print(text)
    if options.markdown:
        pathlib.Path(options.markdown).write_text(text + "\n")
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(report, indent=1) + "\n")


def measure(options, bench):
    front = bench.start_front("--insecure-header-auth")
    base = f"http://127.0.0.1:{PORTS['front']}"
    ids = players(options)
    fields, _ = get(base + PATH, {"x-mock-user-id": "nobody"})
    template = re.search(r"templates/([0-9a-f]{64})", fields["Link"]).group(1)
    dictionary = ":" + base64.b64encode(bytes.fromhex(template)).decode() + ":"
    holds = {"Accept-Encoding": "dcz", "Available-Dictionary": dictionary}
    frames = {player: get(base + PATH, {"x-mock-user-id": player, **holds})[1] for player in ids}
    player = min(ids, key=lambda player: abs(len(frames[player]) - options.frame_bytes))
    plain = get(base + PATH, {"x-mock-user-id": player})[1]
    files = bench.directory / "www"
    files.mkdir()
    (files / "dcz").write_bytes(frames[player])
    (files / "identity").write_bytes(plain)
    plains = [get(base + PATH, {"x-mock-user-id": one})[1] for one in ids[:BODIES_MAX]]
    for number, one in enumerate(ids):
        (files / str(number)).write_bytes(frames[one])
    for number, body in enumerate(plains):
        (files / f"body{number}").write_bytes(body)
    bench.start_nginx()
    bench.start_redis({"dcz": frames[player], "identity": plain})
    nginx = f"http://127.0.0.1:{PORTS['nginx']}"
    scripts = {
        "front": rotating(bench.directory / "front.lua", [(PATH, {"x-mock-user-id": one, **holds}) for one in ids]),
        "nginx": rotating(bench.directory / "nginx.lua", [(f"/{number}", {}) for number in range(len(ids))]),
        "front bodies": rotating(
            bench.directory / "front-bodies.lua", [(PATH, {"x-mock-user-id": one}) for one in ids[:BODIES_MAX]]
        ),
        "nginx bodies": rotating(
            bench.directory / "nginx-bodies.lua", [(f"/body{number}", {}) for number in range(len(plains))]
        ),
    }
    one = {"x-mock-user-id": player}
    sizes = [len(frame) for frame in frames.values()]
    cases = {
        "dcz": (len(frames[player]), {
            "front": lambda: bench.wrk(base + PATH, {**one, **holds}),
            "nginx": lambda: bench.wrk(nginx + "/dcz"),
            "redis": lambda: bench.redis_benchmark("dcz", 50_000 * options.seconds),
        }),
        "identity": (len(plain), {
            "front": lambda: bench.wrk(base + PATH, one),
            "nginx": lambda: bench.wrk(nginx + "/identity"),
            "redis": lambda: bench.redis_benchmark("identity", 5_000 * options.seconds),
        }),
        "players": (round(statistics.mean(sizes)), {
            "front": lambda: bench.wrk(base + PATH, script=scripts["front"]),
            "nginx": lambda: bench.wrk(nginx + "/", script=scripts["nginx"]),
        }),
        "bodies": (round(statistics.mean(len(body) for body in plains)), {
            "front": lambda: bench.wrk(base + PATH, script=scripts["front bodies"]),
            "nginx": lambda: bench.wrk(nginx + "/", script=scripts["nginx bodies"]),
        }),
    }
    report = {
        "runs": options.runs, "seconds": options.seconds, "connections": options.connections,
        "loadBefore": round(os.getloadavg()[0], 2), "cases": {},
    }
    measure_cases(options, report, cases)
    token, keys = signed_token(bench.directory, player)
    front.send_signal(signal.SIGTERM)
    front.wait(20)
    bench.start_front(environment={"GOALPOST_TOKEN_KEYS": str(keys), "GOALPOST_NAMESPACE": NAMESPACE})
    bearer = {"Authorization": f"Bearer {token}", **holds}
    if get(base + PATH, bearer)[1] != frames[player]:
        sys.exit("the token gets another answer than the header")
    measure_cases(options, report, {"token": (len(frames[player]), {
        "front": lambda: bench.wrk(base + PATH, bearer),
        "nginx": lambda: bench.wrk(nginx + "/dcz"),
    })})
    report["loadAfter"] = round(os.getloadavg()[0], 2)
    return report


def measure_cases(options, report, cases):
    found = {name: {server: [] for server in servers} for name, (_, servers) in cases.items()}
    for run in range(options.runs):
        for name, (_, servers) in cases.items():
            for server, measured in servers.items():
                result = measured()
                found[name][server].append(result)
                print(f"run {run + 1} {name} {server}: {result[0]:,.0f}/s, p99 {result[1]:.2f} ms", file=sys.stderr)
    for name, (size, _) in cases.items():
        case = {"bytes": size}
        for server, results in found[name].items():
            case[server] = {
                "perSecond": statistics.median(result[0] for result in results),
                "best": max(result[0] for result in results),
                "p99": statistics.median(result[1] for result in results),
                "all": results,
            }
        case["ratio"] = case["front"]["perSecond"] / case["nginx"]["perSecond"]
        case["ratioOfBest"] = case["front"]["best"] / case["nginx"]["best"]
        report["cases"][name] = case


if __name__ == "__main__":
    main()
