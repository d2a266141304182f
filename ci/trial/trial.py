#!/usr/bin/env python3
"""The gate's trial: how often does it cry wolf, and what does it let pass? (README.md here has what was seen.)

usage: trial.py [--build BUILD] [--work DIR] [--log FILE] [--runs N] [--injected N] native|model|all

native  N runs (200) of `gate --native-only --budget 8s` of a build against itself, and in turn with them N (20) of a
        lock held 25 % longer, and as many with --strategy, as who changed one strategy would run it. Beside it runs a
        load that the trial makes and ends (load.py): what neighbours do on a shared runner.
model   N (20) seeds: a baseline by the base, the base against it, then each change of changes/ against it.

Writes one line of JSON a run to FILE (log.jsonl), goes on where that ends, and prints what it comes to.
"""
import argparse
import json
import os
import subprocess
import sys
import time

import load

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SLOWER = "hold-plus-25-percent"  # 5 % are below the least effect that native figures are held to
# Where each change shows, and no other strategy, so that twenty seeds take minutes.
STRATEGY = {"hold-plus-25-percent": "global-spinlock", "hold-plus-5-percent": "global-spinlock",
            "release-order-dropped": "rwsem", "wake-up-dropped": "waitqueue-v5.9", "wrong-lock-order": "waitqueue-v5.9",
            "none": "global-spinlock,rwsem,waitqueue-v5.9"}
WORKLOAD = "config-scan"


def changes():
  return sorted(name[:-len(".patch")] for name in os.listdir(os.path.join(HERE, "changes")))


class Trial:
  def __init__(self, options):
    self.options = options
    self.done = {}
    self.load = None
    if os.path.exists(options.log):
      with open(options.log) as file:
        for line in file:
          run = json.loads(line)
          self.done[run["part"], run["change"], run["run"]] = run

  def build_of(self, change):
    folder = os.path.join(self.options.work, change)
    if not os.path.exists(os.path.join(folder, "libcfgt_code_instrumented.so")):
      patch = change if change == "none" else os.path.join(HERE, "changes", change + ".patch")
      subprocess.run([sys.executable, "-B", os.path.join(HERE, "build_change.py"), self.options.build, patch, folder],
                     check=True)
    return folder

  def run(self, part, change, number, words):
    if (part, change, number) in self.done:
      return self.done[part, change, number]
    result = os.path.join(self.options.work, "result.json")
    began, load_cpu_s = time.time(), self.load.cpu_s() if self.load else 0
    process = subprocess.run([os.path.join(self.build_of(change), "cfgtorture"), "gate", *words, "--json", result,
                              "--quiet"], stderr=subprocess.PIPE, text=True)
    with open(result) as file:
      judged = json.load(file)
    rows = judged["gate"]
    regressed = [row for row in rows if row["outcome"] == "regressed"]
    run = {"part": part, "change": change, "run": number, "exit": process.returncode,
           "outcome": judged["summary"]["outcome"], "text": judged["summary"]["text"],
           "seconds": round(time.time() - began, 1), "load": os.getloadavg()[0],
           "undecided": [[row["cell"], row["text"]] for row in rows if row["outcome"] == "undecided"][:3],
           "regressed": [[row["cell"], row["what"], row["before"], row["after"], round(row["change"], 4)]
                         for row in sorted(regressed, key=lambda row: -abs(row["change"]))[:3]]}
    if part != "model":
      run["cells"] = len({row["cell"] for row in rows if row["part"] == "native" and row["cell"]})
    if self.load:  # CPUs that it had of the host's
      run["load_cpus"] = round((self.load.cpu_s() - load_cpu_s) / (time.time() - began), 2)
    self.done[part, change, number] = run
    with open(self.options.log, "a") as file:
      file.write(json.dumps(run) + "\n")
    return run

  def native(self):
    words = ["--native-only", "--budget", "8s", "--base-build", self.build_of("none")]
    self.build_of(SLOWER)
    # In turn: what the machine does besides is then the same for all.
    each = max(1, self.options.runs // self.options.injected)
    with load.Load() as self.load:
      for number in range(1, self.options.runs + 1):
        self.run("native", "none", number, words)
        if number % each == 0:
          self.run("native", SLOWER, number // each, words)
          self.run("native, --strategy", SLOWER, number // each, [*words, "--strategy", STRATEGY[SLOWER]])
    self.load = None

  def model(self):
    base = self.build_of("none")
    for seed in range(1, self.options.injected + 1):
      baseline = os.path.join(self.options.work, "baseline-%d.json" % seed)
      words = ["--quick", "--model-only", "--workload", WORKLOAD, "--seed", str(seed), "--baseline", baseline]
      if not os.path.exists(baseline):
        subprocess.run([os.path.join(base, "cfgtorture"), "gate", *words, "--strategy", STRATEGY["none"], "--update",
                        "--quiet"], check=True)
      for change in ["none"] + changes():
        self.run("model", change, seed, [*words, "--strategy", STRATEGY[change]])

  def summary(self):
    totals = {}
    for (part, change, _), run in self.done.items():
      outcomes = totals.setdefault((part, change), {})
      outcomes[run["outcome"]] = outcomes.get(run["outcome"], 0) + 1
    for (part, change), outcomes in sorted(totals.items()):
      loads = sorted(run["load"] for key, run in self.done.items() if key[:2] == (part, change))
      seconds = sorted(run["seconds"] for key, run in self.done.items() if key[:2] == (part, change))
      cells = sorted(run.get("cells", 0) for key, run in self.done.items() if key[:2] == (part, change))
      print("%-18s %-22s %4d runs: %s; load %.1f to %.1f, median %.1f; median %.1f s, longest %.1f s%s" %
            (part, "itself" if change == "none" else change, sum(outcomes.values()),
             ", ".join("%d %s" % (count, outcome) for outcome, count in sorted(outcomes.items())),
             loads[0], loads[-1], loads[len(loads) // 2], seconds[len(seconds) // 2], seconds[-1],
             "; %d to %d cells, median %d" % (cells[0], cells[-1], cells[len(cells) // 2]) if cells[-1] else ""))


def main():
  parser = argparse.ArgumentParser(usage=__doc__)
  parser.add_argument("--build", default=os.path.join(ROOT, "build", "release"))
  parser.add_argument("--work", default=os.path.join(ROOT, "out", "trial"))
  parser.add_argument("--log", default=os.path.join(HERE, "log.jsonl"))
  parser.add_argument("--runs", type=int, default=200)
  parser.add_argument("--injected", type=int, default=20)
  parser.add_argument("part", choices=["native", "model", "all", "summary"])
  options = parser.parse_args()
  os.makedirs(options.work, exist_ok=True)
  trial = Trial(options)
  if options.part in ("native", "all"):
    trial.native()
  if options.part in ("model", "all"):
    trial.model()
  trial.summary()


if __name__ == "__main__":
  main()
