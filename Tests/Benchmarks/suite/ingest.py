"""ingest: durable append through goalpost-ingest, beside the disk's own fdatasync, an empty call and redis.

See ingest_durable.py for the cases. redis-server appends to a stream with `appendonly yes, appendfsync always`, so
that its answers come after an fsync as ours do.
"""

import json
import pathlib
import sys

import measure

HERE = pathlib.Path(__file__).resolve().parent.parent


def bench(context):
    directory = context.directory("ingest")
    report = directory / "report.json"
    measure.run(sys.executable, HERE / "ingest_durable.py", "--goalpost", context.programs, "--scratch", directory,
                "--runs", context.runs, "--seconds", context.seconds, "--json", report)
    found = json.loads(report.read_text())
    redis = measure.version_of("redis-server", "--version").split("v=")[-1].split()[0]

    def rates(case):
        return [result["rate"] for result in found[case]]

    def figure(name, work, case, peer, peer_name, version="", **aims):
        return measure.Figure(name=name, work=work, input="events of some 170 bytes", unit="events/s", ours=rates(case),
                              peer=rates(peer) if peer else [], peer_name=peer_name, peer_version=version, **aims)

    return [
        figure("ingest, unary", "one event a gRPC call, 256 calls at once", "unary", "empty",
               "empty gRPC call, same server", ratio_aim=0.9),
        figure("ingest, unary", "one event a call, 256 at once", "unary", "redis", "redis XADD, fsync always", redis),
        figure("ingest, unary", "one event a call, 256 at once", "unary", "fdatasync", "4 KiB write + fdatasync, one by one"),
        figure("ingest, stream", "gRPC requests of 4,096 events", "stream", "redis pipeline",
               "redis XADD by 4,096, fsync always", redis),
        figure("ingest, lines", "HTTP requests of 16,384 lines", "lines", "redis pipeline",
               "redis XADD by 4,096, fsync always", redis, aim=500_000),
        measure.Figure(
            name="ingest, paced", work="time to a durable answer at 5,000 calls a second", input="99th percentile", unit="ms",
            ours=[result["p99"] for result in found["paced"]], peer=[result["p99"] for result in found["empty paced"]],
            peer_name="empty gRPC call, same server", smaller_is_better=True, aim=10.0),
    ]
