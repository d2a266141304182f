"""Every scenario's buggy side is convicted of what its file says, and of nothing else; every fixed side is clean.

  scenario_verdicts_test.py WORKER PLUGIN TOPOLOGIES

What is expected is asked of the plug-in, which has it from the scenarios' own files. Counts executions, never seconds:
a run is the same on every machine. The seed is printed by whatever fails.
"""

import json
import subprocess
import sys

from verdicts_test import SEED, SHORTER, Found, Model

BUGGY_EXECUTIONS = 10000           # within which pct or random convicts
FIXED_EXECUTIONS = 3000 // SHORTER  # random ones, of a side that must stay clean

# What design.md, section 6, asks for: none of them may get lost.
REQUIRED = """
block-bitfield block-user-bug bridge-reset-unlocked cf8-unlocked cfg-wait-corruption crdump-abba dstate-quiesce
intel-gw-window intx-mask-rmw intx-teardown msi-affinity msix-unmasked-update multi-msi-mask pci-lock-pi-lock
pcie-cap-rmw pciehp-reset-abba pcim-intx-alloc rt-sleeping-lock rwsem-in-irq slot-bus-use-after-remove
sriov-block-abba vcpu-cf8-latch vfio-remove-reset vfio-three-cycle vmm-bus-abba zheng-2019-a control-nested-bus-lock
control-msi-lock-hardirq control-repeated-trylock
""".split()


class Scenario:
  def __init__(self, described):
    self.name = described["name"]
    self.flavours = described["flavours"].split(",")
    self.bridge = (described["bridges"] or "x86").split(",")[0]
    self.sides = [side for side in described["sides"].split(",") if side]
    self.tag, self.history = described["tag"], described["history"]
    self.must = set(filter(None, described["must_find"].split(",")))
    self.may = set(filter(None, described["may_find"].split(",")))
    self.why_may = described["may_find_why"]


def ScenariosOf(worker, plugin):
  done = subprocess.run([worker, "--describe", plugin], capture_output=True, text=True, check=True)
  programs = json.loads(done.stdout)["programs"]
  return [Scenario(program) for program in programs if program["kind"] == "scenario" and program["sides"]]


def WrongText(scenario):
  """What a scenario's file leaves unsaid."""
  wrong = []
  if scenario.tag not in ("historic", "proposed", "open", "constructed"):
    wrong.append(f"{scenario.name}: has no tag")
  if not scenario.history:
    wrong.append(f"{scenario.name}: says nothing of its history")
  if ("buggy" in scenario.sides) != bool(scenario.must):
    wrong.append(f"{scenario.name}: a buggy side has must_find, a control has not")
  if bool(scenario.may) != bool(scenario.why_may) or scenario.may & scenario.must:
    wrong.append(f"{scenario.name}: may_find is what is not in must_find, with its reason")
  return wrong


def Cells(model, scenario, side, explorers, executions):
  for flavour in scenario.flavours:
    for explorer in explorers:
      yield model.Run(program=scenario.name, kind="scenario", side=side, flavour=flavour, bridge=scenario.bridge,
                      explorer=explorer, executions=executions, until_found=side == "buggy")


def WrongBuggy(scenario, cells):
  """Convicted within the budget by one explorer, of all that it must be and of no more than it may be."""
  wrong, missing = [], set(scenario.must)
  for cell in cells:
    extra = Found(cell) - scenario.must - scenario.may
    if extra:
      wrong.append(f"{scenario.name} buggy: also found {', '.join(sorted(extra))}, seed {SEED}")
    missing = min(missing, scenario.must - Found(cell), key=len)
    if not missing:
      break
  if missing:
    wrong.append(f"{scenario.name} buggy: {', '.join(sorted(missing))} not found, seed {SEED}")
  return wrong


def WrongFixed(scenario, cells):
  wrong = []
  for cell in cells:
    if Found(cell):
      wrong.append(f"{scenario.name} fixed: found {', '.join(sorted(Found(cell)))}, seed {SEED}")
    elif not any(hazard["verdict"] == "clean" for hazard in cell["hazards"].values()):
      wrong.append(f"{scenario.name} fixed: nothing of what it is about was exercised")
  return wrong


def Check(model, scenario):
  wrong = WrongText(scenario)
  fixed = list(Cells(model, scenario, "fixed", ["random"], FIXED_EXECUTIONS))
  wrong += WrongFixed(scenario, fixed)
  if "buggy" not in scenario.sides:
    return wrong
  buggy = list(Cells(model, scenario, "buggy", ["pct", "random"], BUGGY_EXECUTIONS))
  wrong += WrongBuggy(scenario, buggy)
  # The sides swapped: if that went unnoticed, nothing above would mean anything.
  if not WrongBuggy(scenario, fixed) or not WrongFixed(scenario, buggy):
    wrong.append(f"{scenario.name}: with its sides swapped, it passes all the same")
  return wrong


def main(arguments):
  model = Model(*arguments[:3])
  scenarios = ScenariosOf(*arguments[:2])
  wrong = [f"{name}: there is no such scenario" for name in REQUIRED if name not in {s.name for s in scenarios}]
  for scenario in scenarios:
    wrong += Check(model, scenario)
  for line in wrong:
    print(line)
  print(f"{len(scenarios)} scenarios")
  return 1 if wrong else 0


if __name__ == "__main__":
  sys.exit(main(sys.argv[1:]))
