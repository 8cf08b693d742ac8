#!/usr/bin/env python3
"""Counts the instructions that fixed pieces of work take, and compares them with those that were committed.

Usage: instruction_gates.py [--workbench PROGRAM] [--golden FILE] [--update] [--json]

Each piece of `Workbench piece` runs under `valgrind --tool=callgrind`, which counts only what happens inside of
`PieceWork.round`. Unlike times these counts do not change with other work on the machine: of the same program, at a
load of 12 to 20 on two processors, two runs counted the same to the last instruction. Another link of the same sources
differed by at most 0.05 %, but 4 % for `copy`. So a gate allows 3 % more, 8 % for `copy`; who uses as much less is told,
too, so that the gain is kept by `--update` (or GOLDEN_UPDATE=1). More than 30 % less fails: the piece may do or measure
nothing. Counts also follow from the compiler, the libraries and what the processor can do, which are kept beside them.
Ends with 0 when all are within bounds, 1 when one is not, and 77, saying why, when nothing can be compared: there is no
valgrind, no counts for this kind of processor, or they were made with something else.
"""

import argparse
import concurrent.futures
import ctypes
import json
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile

TOLERANCE = 0.03
# Where the linker lays the program out differently, the same sources take so much more or less.
TOLERANCES = {"copy": 0.08}
# Whoever is so far below measures something else.
LOSS_MAX = 0.30
# `PieceWork.round` itself: `() throws -> UInt64`. A specialised copy of it has another name.
ROUND = "$s9Workbench9PieceWorkV5rounds6UInt64VyKF"
# What libraries choose their ways by.
PROCESSOR_FEATURES = {
    "x86_64": ["abm", "aes", "avx", "avx2", "avx512bw", "avx512f", "bmi1", "bmi2", "erms", "fma", "movbe", "pclmulqdq",
               "popcnt", "sse4_2"],
    "aarch64": ["aes", "asimd", "atomics", "crc32", "pmull", "sve"],
}
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
         f"--toggle-collect={ROUND}", workbench, "piece", piece, "--rounds", str(rounds)],
        env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{piece} under valgrind ended with status {done.returncode}:\n{done.stderr[-2000:]}")
    report = json.loads(done.stdout)
    total = next(int(line.split()[1]) for line in out.read_text().splitlines() if line.startswith("totals:"))
    if total == 0:
        sys.exit(f"{piece}: valgrind saw nothing of PieceWork.round")
    return {"instructions": round(total / (rounds * report["itemsPerRound"]), 2), "digest": report["digest"]}


def made_with():
    """What the counts follow from beside the sources."""
    zstd = ctypes.CDLL("libzstd.so.1")
    zstd.ZSTD_versionString.restype = ctypes.c_char_p
    flags = set()
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith(("flags", "Features")):
            flags = set(line.split(":", 1)[1].split())
            break
    return {
        "swift": first_match(r"Swift version (\S+)", "swift", "--version"),
        "libzstd": zstd.ZSTD_versionString().decode(),
        "glibc": os.confstr("CS_GNU_LIBC_VERSION").split()[-1],
        "valgrind": first_match(r"valgrind-(\S+)", "valgrind", "--version"),
        "processor": " ".join(flag for flag in PROCESSOR_FEATURES.get(platform.machine(), []) if flag in flags),
    }


def first_match(pattern, *command):
    """What a program says of itself; `unknown` where it is not here."""
    if not shutil.which(command[0]):
        return "unknown"
    done = subprocess.run(command, capture_output=True, text=True)
    found = re.search(pattern, done.stdout + done.stderr)
    return found[1] if found else "unknown"


def skip(text):
    print(text, file=sys.stderr)
    sys.exit(77)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workbench", default=str(ROOT / ".build/release/Workbench"))
    parser.add_argument("--golden", type=pathlib.Path,
                        default=ROOT / f"fixtures/instructions/{platform.machine()}.json")
    parser.add_argument("--update", action="store_true", default=os.environ.get("GOLDEN_UPDATE") == "1")
    parser.add_argument("--json", action="store_true", help="print the counts and compare nothing")
    options = parser.parse_args()
    if not shutil.which("valgrind"):
        skip("there is no valgrind: run jobs/install-needs test")
    tools, golden = made_with(), None
    if not options.json and not options.update:
        if not options.golden.exists():
            skip(f"no counts for this processor: {options.golden} is missing")
        golden = json.loads(options.golden.read_text())
        others = [f"{name} {tools.get(name)!r}, not {golden['madeWith'].get(name)!r}"
                  for name in sorted(tools | golden["madeWith"]) if tools.get(name) != golden["madeWith"].get(name)]
        if others:
            skip(f"the committed counts were made with something else: here is {'; '.join(others)}")
    symbols = subprocess.run(["nm", options.workbench], check=True, capture_output=True, text=True).stdout
    if ROUND not in symbols.split():
        sys.exit(f"{options.workbench} has no function {ROUND}: what is counted has another name now")
    with tempfile.TemporaryDirectory(prefix="gates-") as name, concurrent.futures.ThreadPoolExecutor(2) as pool:
        directory = pathlib.Path(name)
        # Swift's debug information is newer than what valgrind reads: without it, it goes by the symbols.
        workbench = directory / "Workbench"
        subprocess.run(["strip", "--strip-debug", "-o", workbench, options.workbench], check=True)
        libraries = pathlib.Path(options.workbench).resolve().parent
        running = {piece: pool.submit(count, workbench, piece, rounds, directory, libraries)
                   for piece, rounds in PIECES.items()}
        found = {piece: result.result() for piece, result in running.items()}
    text = json.dumps({"madeWith": tools, "pieces": found}, indent=1) + "\n"
    if options.json:
        print(text, end="")
        return
    if options.update:
        options.golden.parent.mkdir(parents=True, exist_ok=True)
        options.golden.write_text(text)
        return
    sys.exit(0 if compare(found, golden["pieces"]) else 1)


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
        tolerance = TOLERANCES.get(piece, TOLERANCE)
        word = "ok"
        if now["digest"] != before["digest"]:
            word, is_good = "does other work than before: renew the counts with --update", False
        elif change > tolerance:
            word, is_good = f"takes more than {tolerance:.0%} more", False
        elif change < -LOSS_MAX:
            word, is_good = f"takes more than {LOSS_MAX:.0%} less: does it still do its work? Then --update", False
        elif change < -tolerance:
            word = "takes less: keep the gain with --update"
        print(f"{piece:<9} {now['instructions']:>12,.2f} instructions an item, {change:+.2%}: {word}")
    return is_good


if __name__ == "__main__":
    main()
