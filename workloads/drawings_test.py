"""The minimised schedules of scenarios, as a maintainer reads them who has no source open: what must be a row, and what
must not. Each check is of something that a drawing has once got wrong.

  drawings_test.py WORKER PLUGIN TOPOLOGIES

Counts executions, never seconds: a run is the same on every machine. A second or two.
"""

import json
import pathlib
import re
import subprocess
import sys

from verdicts_test import SEED

EVERYBODY, ASKED = "-- everybody waits", "asked to look again, it goes on"
DEADLOCKS = "sriov-block-abba crdump-abba vfio-remove-reset flush-self thread-join-deadlock sysfs-active-reference".split()

# Scenario, hazard, and rows in their order: (task, what its text begins with). Others may stand between.
MUST_DRAW = [
    ("zheng-2019-a", "lost-wakeup", [("reader", "waits on pci_cfg_wait"), ("unblock", "0000:03:00.0: block_cfg_access <- 0x00"),
                                     ("unblock", "drops pci_cfg_wait"), ("reader", "links its entry into pci_cfg_wait"),
                                     ("reader", "sleeps"), ("init", EVERYBODY), ("reader", ASKED)]),
    ("block-user-bug", "assertion", [("reset_store", "0000:03:00.0: block_cfg_access <- 0x01"),
                                     ("reset_store", "0000:03:00.0: blocked window closes, the block not yet"),
                                     ("reset_store", "access_lock"), ("reset_store", "! kernel BUG: was_blocked")]),
    ("hv-irq-unmask", "crash", [("hv_eject_device_work", "ejecting <- 0x01"), ("hv_compose_msi_msg", "gives up"),
                                ("hv_compose_msi_msg", "! wild access")]),
    # Of a read that its own write follows, clang 14 tells nothing (MUST_DRAW_OF_CLANG).
    ("block-bitfield", "blocked-access", [("set_irqs", "pci_dev bit-fields -> 0x00000000"),
                                          ("reset_store", "pci_dev bit-fields <- 0x00002000"),
                                          ("set_irqs", "pci_dev bit-fields <- 0x00000008"),
                                          ("lspci", "pci_dev bit-fields -> 0x00000008")]),
    # What the walk finds at the head of the list decides.
    ("cfg-wait-corruption", "data-race", [("unblock own", "takes pci_cfg_wait"),
                                          ("unblock own", "plain read, 8 bytes, pci_cfg_wait.next -> "),
                                          ("reader", "plain write, 8 bytes, pci_cfg_wait.next")]),
    ("multi-msi-mask", "assertion", [("masks vector 0", "0000:03:00.0: msi_mask <- 0x00000003"),
                                     ("unmasks vector 1", "0000:03:00.0: msi_mask <- 0x00000001"),
                                     ("unmasks vector 1", "write PCI_MSI_MASK_64 <- 0x00000001"),
                                     ("masks vector 0", "write PCI_MSI_MASK_64 <- 0x00000003")]),
]
MUST_DRAW_OF_CLANG = {"block-bitfield": [("reset_store", "pci_dev bit-fields <- 0x00002000"),
                                         ("set_irqs", "pci_dev bit-fields <- 0x00000008")]}


def Findings(worker, plugin, topologies, scenario, explorer="dpor", flavour="preempt"):
  spec = {"id": "test", "engine": "model", "plugin": plugin, "seed": SEED, "flavour": flavour, "bridge": "x86",
          "topology": str(pathlib.Path(topologies) / "pair.txt"), "program": scenario, "kind": "scenario",
          "side": "buggy", "explorer": explorer, "executions": 1000}
  done = subprocess.run([worker], input=json.dumps(spec) + "\n", capture_output=True, text=True)
  answers = [json.loads(line) for line in done.stdout.splitlines()]
  return [answer["finding"] for answer in answers if answer["type"] == "finding"]


def Simplest(findings, hazard):
  found = [finding for finding in findings if finding["hazard"] == hazard]
  return min(found, key=lambda f: (f["preemptions"], len(f["schedule"])), default=None)


def Lacks(rows, wanted):
  """The first of `wanted` that does not come, in this order."""
  at = 0
  for task, text in wanted:
    while at < len(rows) and not (rows[at]["task"] == task and rows[at]["text"].startswith(text)):
      at += 1
    if at == len(rows):
      return f"{task}: {text}"
  return None


def main(worker, plugin, topologies):
  wrong = []

  def Run(*how):
    return Findings(worker, plugin, topologies, *how)

  for scenario in DEADLOCKS:
    finding = Simplest(Run(scenario, "pct"), "deadlock")
    last = finding["schedule"][-1] if finding else {"text": "no finding", "clash": False}
    if not (last["text"].startswith(EVERYBODY) and last["clash"]):
      wrong.append(f"{scenario}: goes on after everybody waits: {last['text']}")

  findings = {scenario: Run(scenario) for scenario, _, _ in MUST_DRAW}
  of_clang = b"clang version" in pathlib.Path(plugin).read_bytes()
  for scenario, hazard, wanted in MUST_DRAW:
    wanted = MUST_DRAW_OF_CLANG.get(scenario, wanted) if of_clang else wanted
    finding = Simplest(findings[scenario], hazard)
    lacking = Lacks(finding["schedule"], wanted) if finding else "a finding"
    if lacking:
      wrong.append(f"{scenario}: {hazard}: has no row, at its place, {lacking}")
  # The lost waiter reads nothing: nobody has woken it.
  if any("CF8" in row["text"] for finding in findings["zheng-2019-a"] for row in finding["schedule"]):
    wrong.append("zheng-2019-a: the lost waiter gets its answer")

  findings["slot-bus-use-after-remove"] = Run("slot-bus-use-after-remove")
  for finding in findings["slot-bus-use-after-remove"]:
    wrong += [f"slot-bus-use-after-remove: draws the poison: {row['text']}" for row in finding["schedule"]
              if "0x5a5a" in row["text"]]
  findings["intx-teardown"] = Run("intx-teardown")
  for scenario in ("block-bitfield", "multi-msi-mask", "intx-teardown"):
    for finding in findings[scenario]:
      told = [finding["title"]] + [row["text"] for row in finding["schedule"]]
      told += [access["location"] for access in finding["accesses"]]
      wrong += [f"{scenario}: whose is that? {text}" for text in told if 'stack of task "init"' in text]
      # Of a race the object is alive until the one access of the two has freed it.
      if finding["hazard"] == "data-race":
        wrong += [f"{scenario}: is not freed yet: {text}" for text in told if "freed" in text]

  # Nobody but its author knows what lies at an offset.
  for scenario, found in findings.items():
    for finding in found:
      told = [finding["title"]] + [row["text"] for row in finding["schedule"]]
      told += [access["location"] for access in finding["accesses"]]
      wrong += [f"{scenario}: what is at that offset? {text}" for text in told if re.search(r"\bstrategy \+ \d", text)]

  # One name, a raw lock in the base class and one that sleeps under rt: lockdep's wait type is the one that is taken.
  context = Simplest(Run("rt-sleeping-lock", "dpor", "rt"), "context")
  if context is None or context["lock_report"][0]["wanted"][0]["wait_type"] != "3:3":
    wrong.append("rt-sleeping-lock: what is printed breaks no rule")

  for line in wrong:
    print(line)
  return 1 if wrong else 0


if __name__ == "__main__":
  sys.exit(main(*sys.argv[1:]))
