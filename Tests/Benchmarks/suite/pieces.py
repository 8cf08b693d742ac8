"""pieces: small parts of the pure core alone, in nanoseconds an item; no peer, for other programs have no such part.

The same pieces have their instructions counted by `instruction_gates.py`, which does not flap.
"""

import json

import measure

ROUNDS = {"scan": 400, "route": 200, "replay": 200, "fold": 200, "frame": 100, "copy": 400, "footer": 400, "checksum": 400}


def bench(context):
    figures = []
    steps = {
        name: lambda name=name, rounds=rounds: once(context, name, context.count(rounds, least=1))
        for name, rounds in ROUNDS.items()
    }
    for name, results in measure.interleaved(context, steps).items():
        figures.append(measure.Figure(
            name=f"piece {name}", work="see Piece.swift", input=f"{context.count(ROUNDS[name], least=1)} rounds", unit="ns",
            ours=results, peer=[], peer_name="", smaller_is_better=True))
    return figures


def once(context, name, rounds):
    found = json.loads(measure.run(context.workbench, "piece", name, "--rounds", rounds))
    return found["seconds"] * 1e9 / (found["itemsPerRound"] * rounds)
