"""serve: goalpost-front beside nginx with static files of the same bytes, and redis GET; see front_against_nginx.py."""

import json
import pathlib
import sys

import measure

HERE = pathlib.Path(__file__).resolve().parent.parent
# Least share of nginx's requests a second, by case.
RATIO_AIM = {"dcz": 1.0, "identity": 0.8}


def bench(context):
    directory = context.directory("serve")
    players = context.count(1000, least=100)
    data = directory / "data"
    # 180 goals a challenge make an answer of 225 KB, as the seed's 500 goals do.
    measure.run(sys.executable, HERE / "front_store.py", "--goalpost", context.goalpost, "--data", data,
                "--players", players, "--events", context.count(200_000, least=5000), "--goals-per-challenge", 180)
    measure.run(context.goalpost, "db", "stop", "--data", data)
    report = directory / "report.json"
    measure.run(sys.executable, HERE / "front_against_nginx.py", "--goalpost", context.goalpost,
                "--front", context.programs / "goalpost-front", "--data", data, "--players", players,
                "--goals-per-challenge", 180, "--runs", context.runs, "--seconds", context.seconds, "--json", report)
    figures = []
    for case, found in json.loads(report.read_text())["cases"].items():
        for peer in ("nginx", "redis"):
            if peer not in found:
                continue
            version = measure.version_of("nginx", "-v") if peer == "nginx" else measure.version_of("redis-server", "--version")
            figures.append(measure.Figure(
                name=f"serve, {case}", work="one thread a server, 64 connections", input=f"answers of {found['bytes']:,} bytes",
                unit="requests/s", ours=[result[0] for result in found["front"]["all"]],
                peer=[result[0] for result in found[peer]["all"]],
                peer_name="nginx, static files" if peer == "nginx" else "redis GET",
                peer_version=version.split("/")[-1] if peer == "nginx" else version.split("v=")[-1].split()[0],
                ratio_aim=RATIO_AIM.get(case) if peer == "nginx" else None))
    return figures
