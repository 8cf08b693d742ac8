#!/usr/bin/env python3
"""Counts the instructions that fixed pieces of work take, and compares them with those that were committed.

Usage: instruction_gates.py [--workbench PROGRAM] [--golden FILE] [--update] [--json]

Each piece of `Workbench piece` runs under `valgrind --tool=callgrind`, which counts only what happens inside of
`PieceWork.round`. Unlike times these counts do not change with other work on the machine: three runs beside two busy
loops differ by less than 0.1 %. They do change with the compiler and the C libraries, so a gate allows 3 % more; who
uses less than 97 % is told, too, so that the gain is kept by `--update` (or GOLDEN_UPDATE=1). Ends with 0 when all are
within bounds, 1 when one is not, 77 when there is no valgrind or no counts for this kind of processor.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import tempfile

TOLERANCE = 0.03
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
# Rounds, so that a piece takes a few million instructions.
PIECES = {"scan": 3, "route": 3, "replay": 3, "fold": 3, "frame": 2, "copy": 10, "footer": 3, "checksum": 3}


def count(workbench, piece, rounds, directory, libraries):
    """Instructions an item; `libraries` is where the program's own libraries lie, if it has any."""
    out = directory / f"{piece}.callgrind"
    # Swift seeds its hash tables anew in every process, unless told not to; and the environment moves the stack.
    environment = {"SWIFT_DETERMINISTIC_HASHING": "1", "PATH": os.environ["PATH"], "LD_LIBRARY_PATH": str(libraries)}
    done = subprocess.run(
        ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", "--demangle=no",
         "--toggle-collect=$s9Workbench9PieceWorkV5round*", workbench, "piece", piece, "--rounds", str(rounds)],
        env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{piece} under valgrind ended with status {done.returncode}:\n{done.stderr[-2000:]}")
    report = json.loads(done.stdout)
    total = next(int(line.split()[1]) for line in out.read_text().splitlines() if line.startswith("totals:"))
    if total == 0:
        sys.exit(f"{piece}: valgrind saw nothing of PieceWork.round")
    return {"instructions": round(total / (rounds * report["itemsPerRound"]), 2), "digest": report["digest"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workbench", default=str(ROOT / ".build/release/Workbench"))
    parser.add_argument("--golden", type=pathlib.Path,
                        default=ROOT / f"fixtures/instructions/{platform.machine()}.json")
    parser.add_argument("--update", action="store_true", default=os.environ.get("GOLDEN_UPDATE") == "1")
    parser.add_argument("--json", action="store_true", help="print the counts and compare nothing")
    options = parser.parse_args()
    if not shutil.which("valgrind"):
        print("there is no valgrind: run jobs/install-needs test", file=sys.stderr)
        sys.exit(77)
    with tempfile.TemporaryDirectory(prefix="gates-") as name, concurrent.futures.ThreadPoolExecutor(2) as pool:
        directory = pathlib.Path(name)
        # Swift's debug information is newer than what valgrind reads: without it, it goes by the symbols.
        workbench = directory / "Workbench"
        subprocess.run(["strip", "--strip-debug", "-o", workbench, options.workbench], check=True)
        libraries = pathlib.Path(options.workbench).resolve().parent
        running = {piece: pool.submit(count, workbench, piece, rounds, directory, libraries)
                   for piece, rounds in PIECES.items()}
        found = {piece: result.result() for piece, result in running.items()}
    text = json.dumps(found, indent=1) + "\n"
    if options.json:
        print(text, end="")
        return
    if options.update:
        options.golden.parent.mkdir(parents=True, exist_ok=True)
        options.golden.write_text(text)
        return
    if not options.golden.exists():
        print(f"no counts for this processor: {options.golden} is missing", file=sys.stderr)
        sys.exit(77)
    sys.exit(0 if compare(found, json.loads(options.golden.read_text())) else 1)


def compare(found, wanted):
    """Prints each piece beside what was committed; whether all are within bounds."""
    is_good = True
    for piece in sorted(found | wanted):
        now, before = found.get(piece), wanted.get(piece)
        if now is None or before is None:
            print(f"{piece}: only in {'the program' if now else 'the committed counts'}; renew them with --update")
            is_good = False
            continue
        change = now["instructions"] / before["instructions"] - 1
        word = "ok"
        if now["digest"] != before["digest"]:
            word, is_good = "does other work than before: renew the counts with --update", False
        elif change > TOLERANCE:
            word, is_good = f"takes more than {TOLERANCE:.0%} more", False
        elif change < -TOLERANCE:
            word = "takes less: keep the gain with --update"
        print(f"{piece:<9} {now['instructions']:>12,.2f} instructions an item, {change:+.2%}: {word}")
    return is_good


if __name__ == "__main__":
    main()
