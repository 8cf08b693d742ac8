"""Runs the benchmarks of `jobs/bench`; every figure comes beside its peer's, measured in the same run.

Prints a table and writes it to .build/bench/NAME.md and NAME.json. The inputs are made from a fixed seed. Without
other programs: pieces, scan (without its peers), publish; the rest needs `jobs/install-needs bench`.
"""

import argparse
import datetime
import importlib
import os
import pathlib
import shutil
import sys
import tempfile

import measure

# In the order they are run; the longest last.
NAMES = ["pieces", "scan", "publish", "store", "serve", "ingest", "fold"]


def options():
    parser = argparse.ArgumentParser(
        prog="jobs/bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(NAMES)}; all unless given")
    parser.add_argument("--runs", type=int, default=5, help="interleaved runs of each side (5)")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the full inputs, such as 0.01 (1)")
    parser.add_argument("--seconds", type=int, default=6, help="length of a run of serve and ingest (6)")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path(".build/bench"))
    parser.add_argument("--programs", type=pathlib.Path, default=pathlib.Path(".build/release"), help=argparse.SUPPRESS)
    found = parser.parse_args()
    for name in found.names:
        if name not in NAMES:
            parser.error(f"there is no benchmark '{name}': say {', '.join(NAMES)}")
    if found.runs < 1 or not 0 < found.scale <= 100 or found.seconds < 1:
        parser.error("--runs and --seconds are at least 1, --scale is above 0 and at most 100")
    found.names = [name for name in NAMES if name in found.names] or NAMES
    found.log = sys.stderr
    return found


def main():
    chosen = options()
    chosen.out.mkdir(parents=True, exist_ok=True)
    started = datetime.datetime.now(datetime.timezone.utc)
    report = {
        "started": started.isoformat(timespec="seconds"), "runs": chosen.runs, "scale": chosen.scale,
        "commit": commit(), "machine": measure.machine(), "versions": versions(), "figures": [],
    }
    figures = []
    # Other users' programs, PostgreSQL's above all, work in it.
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="goalpost-bench-", dir=os.environ.get("TMPDIR")))
    scratch.chmod(0o755)
    try:
        for name in chosen.names:
            print(f"== {name}", file=sys.stderr, flush=True)
            context = measure.Context(chosen, chosen.programs.resolve(), scratch)
            figures += importlib.import_module(name).bench(context)
            report["figures"] = [figure.as_json() for figure in figures]
            report["machine"]["loadAfter"] = pathlib.Path("/proc/loadavg").read_text().strip()
            path = chosen.out / ("all" if chosen.names == NAMES else "-".join(chosen.names))
            measure.write(path.with_suffix(".json"), report)
            path.with_suffix(".md").write_text(head(report) + "\n\n" + measure.table(figures) + "\n")
            shutil.rmtree(scratch / name, ignore_errors=True)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    print(head(report) + "\n\n" + measure.table(figures))
    print(f"written to {path.with_suffix('.md')} and {path.with_suffix('.json')}", file=sys.stderr)


def head(report):
    machine = report["machine"]
    return (
        f"{machine['cpu']} ({machine['architecture']}), {machine['cores']} cores, {machine['memory']}, Linux "
        f"{machine['kernel']}; load {machine['loadBefore']} before, {machine.get('loadAfter', '')} after; medians of "
        f"{report['runs']} interleaved runs at scale {report['scale']:g}; commit {report['commit']}, {report['started']}."
    )


def commit():
    try:
        return measure.run("git", "describe", "--always", "--dirty", "--abbrev=12").strip()
    except (SystemExit, FileNotFoundError):
        return "unknown"


def versions():
    found = {"swift": measure.version_of("swift", "--version"), "python": sys.version.split()[0],
             "zstd": measure.version_of("zstd", "--version")}
    return {name: version for name, version in found.items() if version}


if __name__ == "__main__":
    main()
