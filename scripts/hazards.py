#!/usr/bin/env python3
"""For each hazard two strategies that differ in it, and the shortest schedule that shows why: a page, as Markdown.

  scripts/hazards.py [CFGTORTURE] > reports/hazards.md

Which two is read from ci/expected_verdicts.json: of those convicted the one with the fewest convictions in all, of those
acquitted in the same probe the one whose name is most like it. What is shown is what the model then found: nothing is
taken from the table but the reasons. Exit status 1 if a hazard that the table tells apart was not found, or was found
where it must not be. Takes about half a minute.
"""

import collections
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
EXECUTIONS = 30000
WIDTH = "110"


def CommonPrefix(a, b):
  return len(os.path.commonprefix([a, b]))


def Pairs(cells):
  """[(hazard, probe, flavour, convicted cell, acquitted cell or None)], in the table's order of hazards."""
  convictions = collections.Counter(c["strategy"] for c in cells if c["verdict"] == "found")
  by_hazard = collections.OrderedDict()
  for cell in cells:
    for hazard in cell["hazards"]:
      by_hazard.setdefault(hazard, {"found": [], "clean": []}).get(cell["verdict"], []).append(cell)
  for hazard, verdicts in by_hazard.items():
    if not verdicts["found"]:
      continue
    best = None
    for found in verdicts["found"]:
      alike = [c for c in verdicts["clean"] if (c["probe"], c["flavour"]) == (found["probe"], found["flavour"])]
      clean = max(alike, key=lambda c: (CommonPrefix(c["strategy"], found["strategy"]), -convictions[c["strategy"]]),
                  default=None)
      rank = (clean is None, convictions[found["strategy"]], found["strategy"])
      if best is None or rank < best[0]:
        best = (rank, found, clean)
    yield hazard, best[1], best[2]


def BridgeOf(found, clean):
  """One where both cells hold."""
  allowed = set(found.get("bridges") or ["x86"]) & set((clean or found).get("bridges") or ["x86"])
  return "x86" if "x86" in allowed or not allowed else sorted(allowed)[0]


def Explore(front_end, hazard, found, clean):
  strategies = [found["strategy"]] + ([clean["strategy"]] if clean else [])
  words = ["explore", "--strategy", ",".join(strategies), "--probe", found["probe"], "--flavour", found["flavour"],
           "--bridge", BridgeOf(found, clean), "--executions", str(EXECUTIONS)]
  with tempfile.TemporaryDirectory(prefix="cfgt_hazards_") as folder:
    path = os.path.join(folder, "result.json")
    done = subprocess.run([front_end, *words, "--json", path], capture_output=True, text=True,
                          env={**os.environ, "COLUMNS": WIDTH})
    if done.returncode not in (0, 1):
      sys.exit(f"{words}: exit {done.returncode}\n{done.stderr}")
    with open(path, encoding="utf-8") as file:
      return words, done.stdout, json.load(file)


def TextOf(output, fingerprint):
  """The finding as the terminal shows it, without the token."""
  for block in re.split(r"\n(?=finding  )", output):
    if block.startswith("finding  ") and f"fingerprint {fingerprint}" in block:
      return block[:block.index("\nrepeat:")].rstrip()
  return None


def main():
  front_end = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / "build" / "release" / "bin" / "cfgtorture")
  table = json.loads((ROOT / "ci" / "expected_verdicts.json").read_text(encoding="utf-8"))
  wrong = []
  print("# Hazards: two strategies that differ, and why\n\nWritten by `scripts/hazards.py`. Each schedule is the simplest "
        "that the model's minimiser came to; each \"before\" was shown to be needed by running it the other way round.\n")
  for hazard, found, clean in Pairs(table["cells"]):
    words, output, result = Explore(front_end, hazard, found, clean)
    verdicts = {cell["strategy"]: cell["hazards"].get(hazard, {"verdict": "absent", "strength": ""})
                for cell in result["cells"]}
    shown = [f for cell in result["cells"] for f in cell["findings"]
             if cell["strategy"] == found["strategy"] and f["hazard"] == hazard]
    if not shown or verdicts[found["strategy"]]["verdict"] != "found":
      wrong.append(f"{hazard}: {found['strategy']} was not convicted")
      continue
    if clean and verdicts[clean["strategy"]]["verdict"] != "clean":
      wrong.append(f"{hazard}: {clean['strategy']} is {verdicts[clean['strategy']]['verdict']}")
    simplest = min(shown, key=lambda f: (f["preemptions"], len(f["schedule"])))
    print(f"## {hazard}\n\n[What it is](hazards/{hazard}.md).\n")
    print(f"`{found['strategy']}` {verdicts[found['strategy']]['strength']}: {found['reason']}.\n")
    if clean:
      print(f"`{clean['strategy']}` {verdicts[clean['strategy']]['strength']}: {clean['reason']}.\n")
    else:
      print("No strategy of this tree is free of it where it can occur, so there is no second one to show.\n")
    print("`cfgtorture " + " ".join(words) + "`\n")
    text = TextOf(output, simplest["fingerprint"])
    if text is None:
      wrong.append(f"{hazard}: its finding is not in the text")
      continue
    print("```\n" + text.replace("```", "'''") + "\n```\n")
  for line in wrong:
    print(line, file=sys.stderr)
  return 1 if wrong else 0


if __name__ == "__main__":
  sys.exit(main())
