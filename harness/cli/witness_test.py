#!/usr/bin/env python3
"""What a finding comes with, end to end: it is minimised, explained, drawn, traced and repeated.

usage: witness_test.py CFGTORTURE [SEEDS]

SEEDS (3): how many seeds of each explorer look for the corrupted wait queue; 20 is what the figures of CHANGELOG.md are of.
"""
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile

ROW = re.compile(r"^  [ !] *\d+  ")


def Run(front_end, words, width="80"):
    done = subprocess.run([front_end, *words], capture_output=True, text=True, env={**os.environ, "COLUMNS": width})
    if done.returncode not in (0, 1):
        sys.exit("%s: exit %d\n%s%s" % (" ".join(words), done.returncode, done.stdout, done.stderr))
    return done.stdout


def Check(holds, what):
    if not holds:
        sys.exit("failed: " + what)


def BlocksOf(text):
    return [block for block in re.split(r"\n(?=finding  )", "\n" + text) if block.startswith("finding  ")]


def CheckTrace(path):
    """Every E ends the innermost slice of its track, and no track's time runs backwards."""
    with open(path, encoding="utf-8") as file:
        events = json.load(file)["traceEvents"]
    tracks = {}
    slices = 0
    for event in events:
        if event["ph"] == "M":
            continue
        open_slices, last = tracks.setdefault((event["pid"], event["tid"]), ([], [0]))
        Check(event["ts"] >= last[0], "time runs backwards: %s" % event)
        last[0] = event["ts"]
        if event["ph"] == "B":
            open_slices.append(event["name"])
        elif event["ph"] == "E":
            Check(open_slices and open_slices.pop() == event["name"], "does not nest: %s" % event)
            slices += 1
    Check(all(not open_slices for open_slices, _ in tracks.values()), "a slice without an end")
    return slices, {event["name"] for event in events}


def CheckPlaces(finding, how):
    """Each step is at a line of the source, which stands in the file, but for what the machine does by itself."""
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    for step in finding["schedule"]:
        if step["kind"] in ("end", "irq", "irq-end", "clock") or step["text"].startswith("-- "):
            continue
        Check("place" in step, "no line of \"%s\": %s" % (step["text"], how))
        place = finding["places"][step["place"]]
        Check("stack" not in step and not place["file"].startswith("harness/kernel/"), "told from within: %s" % place)
        with open(os.path.join(root, place["file"]), encoding="utf-8") as file:
            line = file.read().split("\n")[place["line"] - 1].strip()
        Check(place["source"] == line[:160] and line, "another line: %s" % place)
    taken = {finding["places"][step["place"]]["file"] for step in finding["schedule"]
             if step["kind"] in ("take", "drop") and step["object"] == "pci_lock"}
    Check("locks/waitqueue_v4_11.cc" in taken and taken <= {"locks/waitqueue_v4_11.cc", "harness/sdk/strategy.cc"},
          "pci_lock is taken in %s" % taken)


def CheckHeld(finding):
    """Who holds what where it clashes, by the steps from which the stepper knows it, is what the judges knew. Returns how
    many were compared."""
    held, accesses, compared = {}, list(finding["accesses"]), 0
    for step in finding["schedule"]:
        who = (step["task"], step["cpu"], step["context"])
        own = held.setdefault(who, [])
        if step["kind"] == "take":
            own.append(step["object"])
        elif step["kind"] == "drop":
            holder = own if step["object"] in own else next(locks for locks in held.values() if step["object"] in locks)
            holder.remove(step["object"])
        mine = [a for a in accesses if step["clash"] and (a["task"], a["cpu"], a["context"]) == who]
        for access in mine[:1]:
            Check(sorted(access["locks_held"]) == sorted(own), "steps tell %s: %s" % (own, access))
            accesses.remove(access)
            compared += 1
    return compared


def main():
    front_end = sys.argv[1]
    seeds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    with tempfile.TemporaryDirectory(prefix="cfgt_witness_") as folder:
        path = os.path.join(folder, "result.json")
        trace = os.path.join(folder, "trace.json")
        token = None
        for explorer in ("random", "pct"):
            to_first, preemptions, rows = [], [], []
            for seed in range(1, seeds + 1):
                words = ["explore", "--scenario", "cfg-wait-corruption", "--side", "buggy", "--explorer", explorer,
                         "--executions", "100000", "--seed", str(seed), "--json", path, "--perfetto", trace]
                text = Run(front_end, words)
                how = "cfgtorture " + " ".join(words)
                with open(path, encoding="utf-8") as file:
                    cell = json.load(file)["cells"][0]
                to_first.append(cell["hazards"]["dead-entry"]["executions_to_first"])
                found = [f for f in cell["findings"] if f["hazard"] == "dead-entry"]
                Check(found, "no dead entry: " + how)
                finding = min(found, key=lambda f: f["preemptions"])
                reduction = finding["reduction"]
                Check(reduction["runs"] > 0 and finding["preemptions"] <= reduction["preemptions_before"],
                      "not minimised: " + how)
                Check(finding["orderings"], "nothing is said to be essential: " + how)
                block = next(b for b in BlocksOf(text) if "fingerprint " + finding["fingerprint"] in b)
                Check("fails only if\n" in block and max(map(len, block[:block.index("repeat:")].split("\n"))) < 400,
                      "not explained: " + how)
                drawn = [line for line in block.split("\n") if ROW.match(line)]
                Check(all(len(line) <= 80 for line in drawn), "wider than 80: " + how)
                Check(any(line.startswith("  !") for line in drawn), "no clash is marked: " + how)
                preemptions.append(finding["preemptions"])
                rows.append(len(drawn))
                Check(preemptions[-1] <= 3, "%d preemptions: %s\n%s" % (preemptions[-1], how, block))
                Check(rows[-1] <= 15, "%d rows: %s\n%s" % (rows[-1], how, block))
                token = finding["token"]
                slices, names = CheckTrace(trace)
                Check(slices > 0 and any(name.startswith("holds ") for name in names), "an empty trace: " + how)
                CheckPlaces(finding, how)
                Check(CheckHeld(finding) > 0, "no clash among the steps: " + how)
            print("%s, %d seeds: dead-entry after %g executions (median; most %d), minimised to at most %d preemptions and "
                  "%d rows" % (explorer, seeds, statistics.median(to_first), max(to_first), max(preemptions), max(rows)))
            # The same by the result that has it.
            by_name = os.path.join(folder, "again.json")
            Run(front_end, ["replay", path, "--finding", finding["fingerprint"][:8], "--json", by_name])
            with open(by_name, encoding="utf-8") as file:
                shown = [f["fingerprint"] for f in json.load(file)["cells"][0]["findings"]]
            Check(finding["fingerprint"] in shown, "%s is not among %s" % (finding["fingerprint"], shown))
        replayed, text = ReplayOf(front_end, token, path)
        Check("bit for bit" in json.dumps(replayed["summary"]), "the minimised token does not replay")
        # What it needs is found again from the token alone.
        again = next(f for f in replayed["cells"][0]["findings"] if f["hazard"] == "dead-entry")
        Check(again["orderings"] == finding["orderings"] and "fails only if\n" in text, "replay does not explain: " + text)
        Check(again["schedule"] == finding["schedule"], "a replay's steps are elsewhere")

        # Of a race: why nothing orders the two, and one finding for what is one cause.
        Run(front_end, ["explore", "--scenario", "cfg-wait-corruption", "--side", "buggy", "--executions", "2000", "--json",
                        path])
        with open(path, encoding="utf-8") as file:
            races = [f for f in json.load(file)["cells"][0]["findings"] if f["hazard"] == "data-race"]
        Check(all(f["unordered"].startswith("No lock in common: ") for f in races), "a race without its reason")
        Check(sum(map(CheckHeld, races)) >= len(races), "a race's steps do not clash")
        for race in races:
            accesses = [step for step in race["schedule"] if step["clash"] and step["kind"] == "access"]
            Check(len(accesses) == 2 and all("place" in step for step in accesses), "where it clashes: %s" % accesses)
        Check(1 <= len(races) <= 4, "%d races, of one missing lock" % len(races))


def ReplayOf(front_end, token, path):
    text = Run(front_end, ["replay", token, "--times", "4", "--json", path])
    with open(path, encoding="utf-8") as file:
        return json.load(file), text


if __name__ == "__main__":
    main()
