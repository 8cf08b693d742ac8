"""publish: players' rows made into answers, beside plain zstd of the same JSON.

Goalpost's time runs from rows to frames that were decoded, compared and stored in LMDB. The peers get the JSON
ready-made and only compress it: they do not render, check or store, so they are shown faster than they would be. All
on one thread, without their start and preparation.

`changed` rows are of a game whose goals are all assigned from the start: an answer differs from the template in some
fields of each. `activated` ones are of a game that assigns none: the answer of active goals is an empty list as
template and has all that a player activated, which is where differences gain least.
"""

import itertools
import json
import shutil

import measure

ANSWERS_A_PLAYER = 3
# What the rows are called, by which goals are assigned from the start.
ASSIGNED = {"all": "changed", "none": "activated"}
# Aims, by changed goals: answers a second on one core, bytes an answer.
RATE_AIM = {50: 20_000}
BYTES_AIM = {50: 3_000}


def bench(context):
    figures = []
    version = zstd_version()
    for defaults, (changed, full) in itertools.product(ASSIGNED, ((5, 5000), (50, 4000), (500, 1000))):
        players = context.count(full, least=20)
        what = f"{changed} {ASSIGNED[defaults]}"
        found = measure.interleaved(context, {
            "goalpost": lambda: once(context, "goalpost", defaults, changed, players),
            "zstd-1": lambda: once(context, "zstd", defaults, changed, players),
            "zstd-1 with dictionary": lambda: once(context, "dictionary", defaults, changed, players),
        })
        for name in ("zstd-1 with dictionary", "zstd-1"):
            common = dict(
                input=f"{players:,} players, {what} of 500 goals, {defaults} assigned from the start",
                peer_name=name, peer_version=version,
            )
            figures.append(measure.Figure(
                name=f"publish, {what}", work="rows → verified frames in LMDB, one thread",
                unit="answers/s", ours=[result["rate"] for result in found["goalpost"]],
                peer=[result["rate"] for result in found[name]],
                aim=RATE_AIM.get(changed), ratio_aim=1.0 if name == "zstd-1 with dictionary" else None,
                note=json.dumps({"oursPerProcessorSecond": [round(r["perCore"]) for r in found["goalpost"]],
                                 "peerPerProcessorSecond": [round(r["perCore"]) for r in found[name]]}),
                **common))
            figures.append(measure.Figure(
                name=f"publish, {what}", work="size of a frame",
                unit="bytes", ours=[result["bytes"] for result in found["goalpost"]],
                peer=[result["bytes"] for result in found[name]],
                smaller_is_better=True, aim=BYTES_AIM.get(changed), **common))
    return figures


def once(context, method, defaults, changed, players):
    store = context.directory("publish") / "payloads"
    command = [context.workbench, "publish", "--method", method, "--defaults", defaults, "--changed", changed,
               "--players", players]
    if method == "goalpost":
        command += ["--store", store]
    found = json.loads(measure.run(*command))
    shutil.rmtree(store.parent)
    if found["answers"] != players * ANSWERS_A_PLAYER or found["fallbacks"] != 0:
        raise SystemExit(f"unexpected: {found}")
    return {"rate": found["answers"] / found["seconds"], "perCore": found["answers"] / found["processorSeconds"],
            "bytes": found["frameBytes"] / found["answers"]}


def zstd_version():
    return measure.run("pkg-config", "--modversion", "libzstd").strip()
