"""What all benchmarks share: interleaved runs, figures beside their peers, and facts about the machine."""

import dataclasses
import json
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import tempfile
import time


class Context:
    """Where a benchmark works, with what, how often, and how large its inputs are."""

    def __init__(self, options, programs, scratch):
        self.runs = options.runs
        self.scale = options.scale
        self.seconds = max(1, round(options.seconds * min(1, options.scale * 10)))
        self.programs = programs
        self.scratch = scratch
        self.log = options.log

    @property
    def goalpost(self):
        return str(self.programs / "goalpost")

    @property
    def workbench(self):
        return str(self.programs / "Workbench")

    def count(self, full, least=1):
        """A number of things, scaled."""
        return max(least, round(full * self.scale))

    def say(self, text):
        print(text, file=self.log, flush=True)

    def directory(self, name):
        """An empty directory below the scratch directory, which the database's user can walk into."""
        path = self.scratch / name
        if path.exists():
            shutil.rmtree(path)
        path.mkdir(parents=True)
        path.chmod(0o755)
        return path


def environment(**settings):
    """The process's variables without any setting of Goalpost but those given."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GOALPOST_")}
    if "GOALPOST_PG_BIN" in os.environ:
        kept["GOALPOST_PG_BIN"] = os.environ["GOALPOST_PG_BIN"]
    return kept | settings


def processors():
    """The processor of the server under test and that of its client: the lowest two that this process may use.

    Where there is one alone, they share it.
    """
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[0], allowed[min(1, len(allowed) - 1)]


def run(*command, **others):
    """Runs a command that has to succeed and returns its output as text."""
    others.setdefault("env", environment())
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, **others)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))} ended with status {done.returncode}:\n{done.stderr.decode()[-2000:]}")
    return done.stdout.decode()


def timed(*command, **others):
    """Seconds and processor seconds of a command that has to succeed, and its output.

    The processor seconds are the command's own and its children's, not those of servers that it talks to.
    """
    others.setdefault("env", environment())
    with tempfile.TemporaryFile() as output:
        started = time.monotonic()
        process = subprocess.Popen([str(part) for part in command], stdout=output, **others)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode()
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))} ended with status {process.returncode}")
    return seconds, usage.ru_utime + usage.ru_stime, text


def interleaved(context, steps):
    """Runs each step in turn, again and again: a machine is not the same from minute to minute.

    `steps` are functions by name that return a number, or a dictionary of them; the results come back by name.
    """
    results = {name: [] for name in steps}
    for turn in range(context.runs):
        for name, step in steps.items():
            found = step()
            results[name].append(found)
            context.say(f"  run {turn + 1} {name}: {short(found)}")
    return results


def short(found):
    if isinstance(found, dict):
        return ", ".join(f"{key} {short(value)}" for key, value in found.items())
    return f"{found:,.2f}" if isinstance(found, float) else str(found)


@dataclasses.dataclass
class Figure:
    """One figure of ours beside its peer's, both measured in the same runs."""

    name: str
    work: str
    input: str
    unit: str
    ours: list
    peer: list
    peer_name: str
    peer_version: str = ""
    # The least ratio of ours to the peer's that is wanted (the most, where smaller is better), if any.
    ratio_aim: float | None = None
    # The least figure of ours that is wanted (the most, where smaller is better), if any.
    aim: float | None = None
    smaller_is_better: bool = False
    # What nobody could pass, shown beside the aim.
    bound: str = ""
    note: str = ""

    @property
    def ratios(self):
        return [ours / peer for ours, peer in zip(self.ours, self.peer) if peer]

    @property
    def aim_text(self):
        sign = "≤" if self.smaller_is_better else "≥"
        parts = [f"{sign} {number(self.aim)} {self.unit}"] if self.aim is not None else []
        if self.ratio_aim is not None:
            parts.append(f"{sign} {self.ratio_aim:g} ×")
        return (", ".join(parts) or "–") + (f" ({self.bound})" if self.bound else "")

    @property
    def is_met(self):
        """Whether all aims are met by the medians; nothing where there is none."""
        found = []
        sign = -1 if self.smaller_is_better else 1
        if self.aim is not None:
            found.append(sign * statistics.median(self.ours) >= sign * self.aim)
        if self.ratio_aim is not None and self.ratios:
            found.append(sign * statistics.median(self.ratios) >= sign * self.ratio_aim)
        return all(found) if found else None

    def as_json(self):
        def side(values):
            return {"median": statistics.median(values), "min": min(values), "max": max(values), "runs": values}

        ratios = self.ratios
        return {
            "name": self.name, "work": self.work, "input": self.input, "unit": self.unit,
            "ours": side(self.ours),
            "peer": {"name": self.peer_name, "version": self.peer_version, **side(self.peer)} if self.peer else None,
            "ratio": side(ratios) if ratios else None,
            "smallerIsBetter": self.smaller_is_better,
            "aim": self.aim_text, "met": self.is_met, "note": self.note,
        }


def number(value):
    if value is None:
        return "–"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def table(figures):
    """The figures as a table in Markdown."""
    lines = [
        "| name | work | input | ours (median) | peer (median) | ratio (min–max) | aim | met |",
        "|---|---|---|---:|---:|---|---|---|",
    ]
    for figure in figures:
        shown = figure.as_json()
        peer, ratio = "–", "–"
        if figure.peer:
            version = f" {figure.peer_version}" if figure.peer_version else ""
            peer = f"{number(shown['peer']['median'])} ({figure.peer_name}{version})"
        if shown["ratio"]:
            least, most = shown["ratio"]["min"], shown["ratio"]["max"]
            ratio = f"{number(shown['ratio']['median'])} ({number(least)}–{number(most)})"
        met = {True: "yes", False: "**no**", None: "–"}[figure.is_met]
        lines.append(
            f"| {figure.name} | {figure.work} | {figure.input} | {number(shown['ours']['median'])} {figure.unit} "
            f"| {peer} | {ratio} | {figure.aim_text} | {met} |"
        )
    return "\n".join(lines)


def first_match(path, key):
    for line in pathlib.Path(path).read_text().splitlines():
        if line.startswith(key):
            return line.split(":", 1)[1].strip()
    return ""


def machine():
    """What the figures were measured on."""
    return {
        "cpu": first_match("/proc/cpuinfo", "model name"),
        "architecture": platform.machine(),
        "cores": os.cpu_count(),
        "memory": first_match("/proc/meminfo", "MemTotal"),
        "kernel": platform.release(),
        "loadBefore": pathlib.Path("/proc/loadavg").read_text().strip(),
    }


def version_of(*command):
    """The first line of a program's version, empty where there is no such program."""
    if not shutil.which(command[0]):
        return ""
    done = subprocess.run(command, capture_output=True, text=True)
    lines = (done.stdout + done.stderr).strip().splitlines()
    return lines[0] if lines else ""


def generate(context, kind, path, *arguments):
    """Writes what `goalpost generate` prints; the same bytes for the same arguments."""
    with open(path, "wb") as file:
        subprocess.run([context.goalpost, "generate", kind, *map(str, arguments)], check=True, stdout=file)
    return path


def make_log(context, data, *, players, events, goals=500, activity="skewed"):
    """A data directory with a log of `events` sample events for ten challenges, and nothing else."""
    challenges = generate(context, "challenges", data.parent / f"{data.name}.challenges.json", "--players", players,
                          "--goals-per-challenge", goals // 10)
    run(context.goalpost, "init", "--data", data, "--challenges", challenges, "--namespace", "demo")
    ingest(context, data, players=players, events=events, goals=goals, activity=activity)


def ingest(context, data, *, players, events, goals=500, skip=0, activity="skewed"):
    """Appends sample events number `skip` to `events` to a log."""
    made = subprocess.Popen(
        [context.goalpost, "generate", "events", "--players", str(players), "--events", str(events),
         "--goals-per-challenge", str(goals // 10), "--activity", activity, "--events-per-day", "1000000"],
        stdout=subprocess.PIPE)
    source = made.stdout
    if skip:
        tail = subprocess.Popen(["tail", "-n", f"+{skip + 1}"], stdin=made.stdout, stdout=subprocess.PIPE)
        made.stdout.close()
        source = tail.stdout
    run(context.goalpost, "ingest", "--data", data, "-", stdin=source)
    if made.wait() != 0:
        raise SystemExit("goalpost generate failed")


def segments(data):
    """The paths of a log's segments, in order."""
    return sorted(str(path) for path in pathlib.Path(data, "log", "events").glob("*.ndjson.zst"))


def write(path, report):
    path.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
