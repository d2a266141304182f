#!/usr/bin/env python3
"""The verdict table of the scenarios at full size: what convicts each buggy side, and how strong each fixed side's
acquittal is, as Markdown.

  scripts/verdicts.py [--bin CFGTORTURE] [--jobs N] [--result RESULT.json]... > workloads/scenarios/VERDICTS.md

Runs `explore --scenario all --full` (half an hour to an hour on two cores); then, of the fixed sides that dpor has not
exhausted, dpor again with ticket locks, whose orders are fewer than qspinlock's (harness/explore/EXHAUSTION.md). Or reads
the results of such runs, of one scenario each if they are so many. Exit status 1 if a side is not as its file says, or if
a fixed side is neither exhausted nor clean for a million executions.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
MILLION = 1_000_000
EXPLORERS = ["dpor", "pct", "random"]


def Number(n):
  return f"{n:,}"


def Convicted(cells, must):
  """({explorer: executions until all of `must` was found}, what none has found)."""
  by_explorer, found = {}, set()
  for cell in cells:
    firsts = {h: o["executions_to_first"] for h, o in cell["hazards"].items() if o["verdict"] == "found"}
    found |= set(firsts)
    if set(must) <= set(firsts):
      by_explorer[cell["params"]["explorer"]] = max(firsts[h] for h in must)
  return by_explorer, [h for h in must if h not in found]


def Acquitted(cells, convictors):
  """The strongest that is to be said of a side where nothing was found; None if it is too weak. An explorer that has
  convicted no buggy side (`convictors`; None: there is none) is no witness when it comes to its end."""
  for cell in cells:
    explorer = cell["params"]["explorer"]
    if cell["exhausted"] and (convictors is None or explorer in convictors):
      return f"exhausted by {explorer}: {Number(cell['executions'])} executions"
  for cell in cells:
    if cell["params"]["explorer"] == "random" and cell["executions"] >= MILLION:
      return f"clean for {Number(cell['executions'])} executions, {Number(cell['distinct'])} distinct"
  return None


def FoundIn(cells):
  return sorted({h for cell in cells for h, outcome in cell["hazards"].items() if outcome["verdict"] == "found"})


class Verdicts:
  def __init__(self, results):
    self.rows, self.wrong = [], []
    programs, sides = {}, {}
    for result in results:
      programs.update({p["name"]: p for p in result["catalogue"]["programs"] if p["kind"] == "scenario"})
      for cell in result["cells"]:
        name = (cell["program"], cell["params"].get("argument", ""), cell["flavour"])
        side = cell["side"] + ("/ticket" if cell["params"].get("spin") == "ticket" else "")
        sides.setdefault(name, {}).setdefault(side, []).append(cell)
    self.not_exhausted = []
    for name, by_side in sorted(sides.items()):
      self.Row(name, programs[name[0]], by_side)

  def Row(self, name, program, by_side):
    title = name[0] + (f":{name[1]}" if name[1] else "") + (" (rt)" if name[2] == "rt" else "")
    buggy, fixed = by_side.get("buggy", []), by_side.get("fixed", []) + by_side.get("", [])
    must, convictors = program["must_find"], None
    convicted = "-"
    if buggy or "buggy" in program["sides"]:
      convictors, missing = Convicted(buggy, must)
      convicted = ", ".join(must) + ": " + ", ".join(
          f"{e} {Number(convictors[e])}" for e in EXPLORERS if e in convictors)
      if missing or not convictors:
        self.wrong.append(f"{title}: buggy side: {', '.join(missing) or 'no explorer has found all'}")
    ticket = by_side.get("fixed/ticket", [])
    found, acquitted = FoundIn(fixed + ticket), Acquitted(fixed, convictors)
    if acquitted is not None and not acquitted.startswith("exhausted"):
      self.not_exhausted.append(name[0])
      for cell in ticket:
        undecided = sorted(h for h, outcome in cell["hazards"].items() if outcome["verdict"] == "undecided")
        how = f"ended, {', '.join(undecided)} undecided," if undecided else "exhausted"
        acquitted += "; with ticket locks " + (how if cell["exhausted"] else "not exhausted")
        acquitted += f" by dpor: {Number(cell['executions'])} executions"
    if found:
      self.wrong.append(f"{title}: fixed side: found {', '.join(found)}")
    elif acquitted is None:
      self.wrong.append(f"{title}: fixed side: neither exhausted nor clean for a million executions")
    self.rows.append((title, program["tag"], convicted, acquitted or "**not shown**"))


def Markdown(verdicts, build):
  exhausted = sum(row[3].startswith("exhausted") for row in verdicts.rows)
  lines = ["# Verdicts: every scenario at full size", "",
           "Written by `scripts/verdicts.py`, which fails if a side is not as its file says.", "",
           "Of the buggy side: executions until all that must be found was found, by explorer. Of the fixed side:",
           "*exhausted*, if `dpor` has gone through every schedule (it must have convicted the buggy side); else a million",
           f"random executions, and how many of them differed. {exhausted} of {len(verdicts.rows)} are exhausted; of the",
           "others dpor was asked once more with ticket locks in the place of qspinlock.", "",
           f"`cfgtorture explore {' '.join(ALL)}`, seed 1, build {build}", "",
           f"`cfgtorture explore {' '.join(WithTicket(verdicts.not_exhausted))}`", "",
           "| scenario | tag | buggy side: found, in executions | fixed side |", "|---|---|---|---|"]
  lines += [f"| `{row[0]}` | {row[1]} | {row[2]} | {row[3]} |" for row in verdicts.rows]
  return "\n".join(lines) + "\n"


ALL = ["--scenario", "all", "--full"]


def WithTicket(scenarios):
  return ["--scenario", ",".join(scenarios), "--side", "fixed", "--spin", "ticket", "--explorer", "dpor", "--executions",
          "2000000", "--time", "60s"]


def Run(front_end, words, jobs):
  with tempfile.TemporaryDirectory(prefix="cfgt_verdicts_") as folder:
    done = subprocess.run([front_end, "explore", *words, "--out", folder] + (["--jobs", str(jobs)] if jobs else []),
                          stdout=subprocess.DEVNULL)
    path = os.path.join(folder, "result.json")
    if done.returncode not in (0, 1, 4) or not os.path.exists(path):
      sys.exit(f"explore {' '.join(words)}: exit {done.returncode}")
    with open(path) as file:
      return json.load(file)


def Main():
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  parser.add_argument("--bin", default=str(ROOT / "build/release/bin/cfgtorture"))
  parser.add_argument("--jobs", type=int, default=0)
  parser.add_argument("--result", action="append", default=[])
  args = parser.parse_args()
  results = [json.loads(pathlib.Path(path).read_text()) for path in args.result]
  if not results:
    results = [Run(args.bin, ALL, args.jobs)]
    if remaining := Verdicts(results).not_exhausted:
      results.append(Run(args.bin, WithTicket(remaining), args.jobs))
  verdicts = Verdicts(results)
  builds = sorted({result["tool"]["build_id"] for result in results})
  sys.stdout.write(Markdown(verdicts, ", ".join(builds)))
  for line in verdicts.wrong:
    print(line, file=sys.stderr)
  return 1 if verdicts.wrong else 0


if __name__ == "__main__":
  sys.exit(Main())
