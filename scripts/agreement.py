#!/usr/bin/env python3
"""Which judge convicts which scenario: a table, as Markdown.

  scripts/agreement.py [--bin CFGTORTURE] [--result RESULT.json] > reports/agreement.md

Runs `explore --scenario all --json` (two minutes), or reads the result of such a run; then each side in the tsan worker,
half a second of real threads (a minute and a half in all). `stress` takes no scenarios, so the worker gets the cells
themselves. Of each buggy side:

  convicts     the run has a finding of that judge; the figures are executions to the first one, by explorer, or the
               reports in so many executions and seconds of real threads
  cannot see   the bug lies outside of what the judge looks at. Follows from the hazards that the scenario's file must show
               (all of them), by CANNOT below, or from what the file never does, by NEVER
  does not     it could have: why not is in agreement_reasons.json, for each

Evidence first: what was found is never "cannot see". What libtsan finds is a matter of luck, so a reason why it did not may
stay when it did. Exit status 1 if a "does not" has no reason, if a reason has no such
cell, if a hazard has no judge, if a hazard that must be found was not, or if anything was found where nothing may be.
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
REASONS = pathlib.Path(__file__).resolve().parent / "agreement_reasons.json"
EXPLORERS = ["pct", "random", "dpor"]

# Whose finding a hazard is (design 4 and 7), and why his.
JUDGE_OF = {
    "torn-pair": ("hardware monitor", "the emulated latch knows who addressed it"),
    "lost-update": ("hardware monitor", "the emulated register knows who changed which bit"),
    "torn-message": ("hardware monitor", "the emulated device samples the message"),
    "blocked-access": ("hardware monitor", "the access arrives at the emulated function"),
    "transition-access": ("hardware monitor", "the emulated function is in transition"),
    "use-after-remove": ("hardware monitor", "the calls are stamped by function"),
    "data-race": ("happens-before", "two accesses to memory that nothing orders"),
    "context": ("context", "what may be taken and called where"),
    "owner": ("context", "who may release what; kept with the locks that are held"),
    "lock-order": ("lock order", "edges between classes, and what interrupts take"),
    "deadlock": ("waiting", "nobody can run"),
    "lost-wakeup": ("waiting", "nobody can run, though somebody's condition holds"),
    "livelock": ("waiting", "nobody gets done"),
    "dead-entry": ("waiting", "the wait queue's entries, by the kernel's words and by address"),
    "list-corrupt": ("waiting", "the wait queue's links, by the kernel's words"),
    "use-after-free": ("heap", "freed memory stays poisoned"),
    "assertion": ("own condition", "the program says so; no judge of the tool's"),
    "crash": ("heap", "in the model an access to nobody's memory; elsewhere the end of a worker, which no judge sees"),
}
TSAN = "libtsan"
JUDGES = ["hardware monitor", "happens-before", TSAN, "context", "lock order", "waiting", "heap", "own condition"]

HARDWARE = [hazard for hazard, (judge, _) in JUDGE_OF.items() if judge == "hardware monitor"]
MEMORY = ["data-race", "use-after-free", "dead-entry", "list-corrupt", "crash"]
LOCKS = ["context", "owner", "lock-order", "deadlock", "livelock"]

# (judge, hazards that the scenario must show, all of which lie outside of the judge's domain, why).
CANNOT = [
    ("hardware monitor", MEMORY, "it watches registers and the calls on functions, not memory"),
    ("hardware monitor", LOCKS + ["lost-wakeup"], "it watches what accesses do to devices, not who waits or may wait"),
    ("happens-before", HARDWARE, "what clashes are registers of a device; they are no memory, and locks are not missed"),
    ("happens-before", LOCKS, "it sees where order is missing; here all is ordered, and the order is the bug"),
    ("context", HARDWARE + MEMORY + ["lost-wakeup"],
     "it asks whether what is taken may be taken there; the bug is what is not taken, or too late"),
    ("context", ["lock-order", "deadlock"], "each lock and each wait is legal where it stands; the bug is in two of them"),
    ("lock order", HARDWARE + MEMORY + ["lost-wakeup"], "a lock that is not taken has no place in an order"),
    ("waiting", HARDWARE + ["data-race", "use-after-free", "assertion", "crash"],
     "everybody gets on: wrong data stop nobody, and a failed condition was reached"),
]
# (judge, what the scenario's file would have to do for it, why not otherwise).
NEVER = [
    ("heap", re.compile(r"\bkfree\("), "nothing is freed in it"),
    ("own condition", re.compile(r"Hazard::kAssertion|\bBUG_ON\("), "it states no condition"),
]
ENDS_THE_WORKER = ["crash", "livelock"]  # what real threads do not come back from
REPORTS_OF_TSAN = ["data-race", "use-after-free"]  # what the hook makes of its reports
TSAN_SECONDS = 0.5


def Cannot(judge, must, source):
  """Why the judge cannot see it by construction, or None."""
  for who, does, why in NEVER:
    if who == judge and not does.search(source):
      return why
  # All of what must be found lies outside; the reason is that of the first.
  reasons = []
  for hazard in must:
    domain = "happens-before" if judge == TSAN else judge  # it sees what the model's detector sees: memory, and order
    found = [why for who, hazards, why in CANNOT if who == domain and hazard in hazards]
    if not found:
      return None
    reasons.append(found[0])
  return "; ".join(dict.fromkeys(reasons)) or None


def Convictions(cells, judge):
  """{explorer: executions to the first finding of this judge}, of one scenario's buggy side."""
  first = {}
  for cell in cells:
    for hazard, outcome in cell["hazards"].items():
      if JUDGE_OF[hazard][0] == judge and outcome["verdict"] == "found":
        explorer = cell["params"]["explorer"]
        first[explorer] = min(first.get(explorer, outcome["executions_to_first"]), outcome["executions_to_first"])
  return first


class Table:
  """The cells of the table: rows of (scenario, [text for each judge])."""

  def __init__(self, result, source_of, reasons, on_threads):
    """`on_threads`: {(scenario, side): the tsan worker's cell}."""
    self.on_threads = on_threads
    self.rows, self.controls, self.wrong = [], [], []
    self.letters, self.numbered = {}, []
    unused = {(scenario, judge) for scenario, by_judge in reasons.items() for judge in by_judge if judge != TSAN}
    programs = {p["name"]: p for p in result["catalogue"]["programs"] if p["kind"] == "scenario"}
    cells = {}
    for cell in result["cells"]:
      cells.setdefault((cell["program"], cell["side"]), []).append(cell)
      self.wrong += [f"{cell['program']}: no judge for {hazard}" for hazard in cell["hazards"] if hazard not in JUDGE_OF]
    if self.wrong:
      return
    for name, program in sorted(programs.items()):
      for side in ["fixed", ""]:
        self.Silent(name, side, cells.get((name, side), []), "buggy" not in program["sides"])
      buggy = cells.get((name, "buggy"), [])
      if not buggy:
        if "buggy" in program["sides"]:
          self.wrong.append(f"{name}: its buggy side was not run")
        continue
      row = []
      for judge in JUDGES:
        row.append(self.Cell(name, judge, program["must_find"], buggy, source_of(name), reasons, unused))
      self.rows.append((name, row))
      for hazard in program["must_find"]:
        if not Convictions([{**c, "hazards": {h: o for h, o in c["hazards"].items() if h == hazard}} for c in buggy],
                           JUDGE_OF[hazard][0]):
          self.wrong.append(f"{name}: {hazard} must be found and was not")
    self.wrong += [f"{scenario}: {judge}: a reason, and no \"does not\"" for scenario, judge in sorted(unused)]

  def Silent(self, name, side, cells, control):
    if not cells:
      return
    found = sorted({f["hazard"] for cell in cells for f in cell["findings"]})
    found += [f"{hazard} by {TSAN}" for hazard in REPORTS_OF_TSAN if self.Reports(name, side, [hazard])]
    if found:
      self.wrong.append(f"{name} {side}: found {', '.join(found)} where nothing may be")
    elif "executions" not in self.on_threads[name, side]:
      self.wrong.append(f"{name} {side}: the tsan worker: {self.on_threads[name, side]['reason']}")
    elif control:
      self.controls.append((name, sum(cell["executions"] for cell in cells),
                            any(cell["exhausted"] for cell in cells)))

  def Reports(self, name, side, hazards):
    return sum(self.on_threads[name, side]["hazards"].get(hazard, {"hits": 0})["hits"] for hazard in hazards)

  def OnThreads(self, name, side):
    cell = self.on_threads[name, side]
    if "executions" not in cell:
      return f"the worker ended, {cell['reason'].strip().rstrip(':')}"
    return f"{cell['executions']} executions, {cell['wall_s']:.1f} s"

  def Cell(self, name, judge, must, buggy, source, reasons, unused):
    ended = "executions" not in self.on_threads[name, "buggy"]  # else it ran until the program's own end
    if judge == TSAN and ended and not set(must) & set(ENDS_THE_WORKER):
      self.wrong.append(f"{name}: the tsan worker: {self.on_threads[name, 'buggy']['reason']}")
      return "not run"
    if judge == TSAN and self.Reports(name, "buggy", REPORTS_OF_TSAN):
      return f"**convicts** {self.Reports(name, 'buggy', REPORTS_OF_TSAN)} times in {self.OnThreads(name, 'buggy')}"
    convicted = Convictions(buggy, judge)
    if convicted:
      return "**convicts** " + ", ".join(f"{explorer} {convicted[explorer]}"
                                         for explorer in sorted(convicted, key=EXPLORERS.index))
    why = Cannot(judge, must, source)
    if why:
      return f"cannot see ({self.letters.setdefault(why, chr(ord('a') + len(self.letters)))})"
    why = reasons.get(name, {}).get(judge)
    if not why:
      self.wrong.append(f"{name}: {judge} does not convict it, and {REASONS.name} does not say why")
      return "does not (?)"
    unused.discard((name, judge))
    if judge == TSAN:
      why += f" (seen: {self.OnThreads(name, 'buggy')})"
    self.numbered.append((name, judge, why))
    return f"does not ({len(self.numbered)})"


def Print(table, result):
  command = " ".join(["cfgtorture", *result["command"][1:]]) if result["command"] else ""
  command = re.sub(r" --json \S+", "", command)
  print("# Agreement: which judge convicts which scenario\n\n"
        "Written by `scripts/agreement.py`, from a run of the model and, for libtsan alone, one of real threads.\n\n"
        "*Convicts*: executions until the first finding of that judge, by explorer; of libtsan, reports. *Cannot see*: by construction; the "
        "letter says why. *Does not*: it could have; the number says why not. An explorer that is not named went on to "
        "its limit, or to the end, without such a finding.\n\n"
        f"`{command}`, seed {result['seed']}\n")
  print("| scenario | " + " | ".join(JUDGES) + " |\n|" + "---|" * (len(JUDGES) + 1))
  for name, row in table.rows:
    print(f"| `{name}` | " + " | ".join(row) + " |")
  print("\n## Cannot see, by construction\n")
  for why, letter in table.letters.items():
    print(f"- ({letter}) {why}")
  print("\n## Does not, and why\n")
  for number, (name, judge, why) in enumerate(table.numbered, 1):
    print(f"- ({number}) `{name}`, {judge}: {why}")
  print("\n## Nothing to convict\n\nAll judges were silent on the fixed side of each scenario above, and on\n")
  for name, executions, exhausted in table.controls:
    print(f"- `{name}`: {executions} executions{', exhausted by one explorer' if exhausted else ''}")
  print("\n## Whose finding a hazard is\n")
  for hazard, (judge, why) in JUDGE_OF.items():
    print(f"- [{hazard}](hazards/{hazard}.md): {judge or 'nobody'}; {why}")


def Explore(front_end):
  with tempfile.TemporaryDirectory(prefix="cfgt_agreement_") as folder:
    path = os.path.join(folder, "result.json")
    done = subprocess.run([front_end, "explore", "--scenario", "all", "--json", path], stdout=subprocess.DEVNULL,
                          check=False)
    if done.returncode not in (0, 1):
      sys.exit(f"explore --scenario all: exit {done.returncode}")
    with open(path, encoding="utf-8") as file:
      return json.load(file)


def OnThreads(front_end, result):
  """Each side of each scenario once, in the tsan worker."""
  worker = os.path.join(os.path.dirname(front_end), "cfgtorture-tsan")
  done = {}
  for cell in result["cells"]:
    key = (cell["program"], cell["side"])
    if key in done:
      continue
    spec = {**{name: cell[name] for name in ["id", "strategy", "kind", "program", "side", "bridge", "flavour"]},
            **cell["params"], "engine": "tsan", "duration_s": TSAN_SECONDS}
    try:
      ran = subprocess.run([worker], input=json.dumps(spec) + "\n", capture_output=True, text=True, timeout=60, check=False)
      lines = [json.loads(line) for line in ran.stdout.split("\n") if line]
      cells = [line.get("cell", line) for line in lines if "status" in line.get("cell", line)]
      done[key] = cells[-1] if cells and ran.returncode == 0 else {
          "status": "crashed", "reason": f"exit {ran.returncode}: {ran.stderr[-200:]}", "hazards": {}}
    except subprocess.TimeoutExpired:
      done[key] = {"status": "crashed", "reason": "hangs", "hazards": {}}
    print(f"{len(done)} on real threads: {' '.join(key)}", file=sys.stderr)
  return done


def SourceOf(name):
  return (ROOT / "workloads" / "scenarios" / (name.replace("-", "_") + ".cc")).read_text(encoding="utf-8")


def main():
  parser = argparse.ArgumentParser()
  parser.add_argument("--bin", default=str(ROOT / "build" / "release" / "bin" / "cfgtorture"))
  parser.add_argument("--result")
  options = parser.parse_args()
  if options.result:
    with open(options.result, encoding="utf-8") as file:
      result = json.load(file)
  else:
    result = Explore(options.bin)
  table = Table(result, SourceOf, json.loads(REASONS.read_text(encoding="utf-8")), OnThreads(options.bin, result))
  for line in table.wrong:
    print(line, file=sys.stderr)
  if table.rows:
    Print(table, result)
  return 1 if table.wrong else 0


if __name__ == "__main__":
  sys.exit(main())
