#!/usr/bin/env python3
"""Long stress of the strategies that claim to be correct: does the harness itself last?

  scripts/soak.py [--minutes 30] [--cell 100] [--workload mixed] [--bin build/release/bin]

Runs `cfgtorture stress` on every such strategy, workers `checked` and `tsan` in turn, until the time is over. A strategy
makes the claim if no probe of ci/expected_verdicts.json convicts it, in flavour preempt, of what ends a run (deadlock, a
dead wait entry, ...); its other convictions are expected findings here. Fails, with exit status 1, on a crash, a hang,
a finding that the table does not expect, or a worker whose memory grew. Prints a line a cell.
"""

import argparse
import itertools
import json
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
ENDS_A_RUN = {"deadlock", "lost-wakeup", "livelock", "dead-entry", "list-corrupt", "lock-order", "owner"}
SETTLED = 70  # s: by then every function, task and lock has been met, and the rings of libtsan's history are full
GROWTH_KB = 1024  # from there on; a histogram or a table that doubles once more is less


def Claims(table):
  """{strategy: hazards that it may show}"""
  shown = {}
  for cell in table["cells"]:
    if cell["flavour"] == "preempt":
      convicted = cell["hazards"] if cell["verdict"] == "found" else []
      shown.setdefault(cell["strategy"], set()).update(convicted, cell.get("may_find", []))
  return {name: hazards for name, hazards in shown.items()
          if name != table["control"]["strategy"] and not hazards & ENDS_A_RUN}


def WorkerMemory(engine, parent):
  """Resident KiB of the worker below process `parent`, or None."""
  try:
    children = pathlib.Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    for child in children:
      name = pathlib.Path(f"/proc/{child}/comm").read_text()
      if name.startswith(f"cfgtorture-{engine}"[:15]):
        for line in pathlib.Path(f"/proc/{child}/status").read_text().splitlines():
          if line.startswith("VmRSS:"):
            return int(child), int(line.split()[1])
  except OSError:
    pass
  return None


def RunCell(command, engine, out):
  """The result, and [(seconds, resident KiB)] by worker."""
  memory = {}
  begin = time.monotonic()
  process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
  while process.poll() is None:
    sample = WorkerMemory(engine, process.pid)
    if sample:
      memory.setdefault(sample[0], []).append((time.monotonic() - begin, sample[1]))
    time.sleep(0.25)
  return process.returncode, json.loads(out.read_text()), memory


def main():
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  parser.add_argument("--minutes", type=float, default=30)
  parser.add_argument("--cell", type=float, default=100, help="seconds a cell; memory is judged from 70 s on")
  parser.add_argument("--workload", default="mixed")
  parser.add_argument("--strategy", help="only this one, claim or not")
  parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build/release/bin")
  options = parser.parse_args()
  claims = Claims(json.loads((ROOT / "ci/expected_verdicts.json").read_text()))
  if options.strategy:
    claims = {options.strategy: claims.get(options.strategy, set())}
  print(f"{len(claims)} strategies: {', '.join(sorted(claims))}")

  failures = []
  cells = operations = 0
  end = time.monotonic() + options.minutes * 60
  folder = pathlib.Path(tempfile.mkdtemp(prefix="soak"))
  for seed, strategy, engine in ((seed, strategy, engine) for seed in itertools.count(1) for strategy in sorted(claims)
                                 for engine in ("checked", "tsan")):
    if time.monotonic() >= end:
      break
    out = folder / "result.json"
    command = [str(options.bin / "cfgtorture"), "stress", "--strategy", strategy, "--workload", options.workload,
               "--engine", engine, "--flavour", "preempt", "--threads", "2", "--duration", f"{options.cell:g}s", "--seed", str(seed),
               "--json", str(out)]
    status, result, memory = RunCell(command, engine, out)
    cells += 1
    wrong = [] if status in (0, 1) else [f"exit {status}"]
    found = set()
    for cell in result["cells"]:
      if cell["status"] != "done":
        wrong.append(f"{cell['status']}: {cell['reason'][:120]}")
      operations += sum(row["count"] for row in cell["operations"])
      found |= {name for name, hazard in cell["hazards"].items() if hazard["verdict"] == "found"}
    if found - claims[strategy]:
      wrong.append("found " + ", ".join(sorted(found - claims[strategy])))
    growth = 0
    for samples in memory.values():
      settled = [size for at, size in samples if at >= SETTLED]
      growth = max(growth, settled[-1] - settled[0] if settled else 0)
    if growth > GROWTH_KB:
      wrong.append(f"memory grew by {growth} KiB")
    peak = max((max(size for _, size in samples) for samples in memory.values()), default=0)
    print(f"{strategy:22} {engine:8} seed {seed}: {', '.join(sorted(found)) or 'no finding':24} "
          f"{peak:6} KiB at most, {growth:+5} KiB  {'; '.join(wrong) if wrong else 'ok'}", flush=True)
    if wrong:
      failures.append(" ".join(command))
  print(f"{cells} cells, {operations:,} operations, {len(failures)} failed")
  for line in failures:
    print("again with:", line)
  return 1 if failures else 0


if __name__ == "__main__":
  sys.exit(main())
