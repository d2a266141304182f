"""table_test.py WORKER PLUGIN. Goal: every strategy of the plug-in by every probe and flavour of it has a cell in
expected_verdicts.json, on every bridge that the strategy does not refuse; and the table names nothing else."""

import json
import os
import subprocess
import sys
import unittest

BRIDGES = ["x86", "ecam", "cf8", "indirect"]
HERE = os.path.dirname(os.path.abspath(__file__))


def Split(text):
  """The tables of a plug-in hold lists as comma-separated text."""
  return [word for word in text.split(",") if word]


def Missing(plugin, table):
  """Combinations that the plug-in has and the table lacks, one line each."""
  missing = []
  for strategy in plugin["strategies"]:
    for program in plugin["programs"]:
      if program["kind"] != "probe" or not program["needs_strategy"]:
        continue
      for flavour in Split(program["flavours"]) or ["preempt"]:
        cells = [cell for cell in table["cells"] if (cell["strategy"], cell["probe"], cell["flavour"]) ==
                 (strategy["name"], program["name"], flavour)]
        for bridge in BRIDGES:
          if bridge in Split(strategy["refuses_bridges"]):
            continue
          if not any(bridge in cell.get("bridges", BRIDGES) for cell in cells):
            missing.append(f"{strategy['name']} x {program['name']}, {flavour}, bridge {bridge}")
  return missing


def Unknown(plugin, table):
  """What the table names and the plug-in lacks."""
  strategies = {strategy["name"] for strategy in plugin["strategies"]}
  probes = {program["name"]: set(Split(program["flavours"]) or ["preempt"]) for program in plugin["programs"]
            if program["kind"] == "probe"}
  unknown = {f"strategy {cell['strategy']}" for cell in table["cells"] if cell["strategy"] not in strategies}
  unknown |= {f"probe {cell['probe']} in {cell['flavour']}" for cell in table["cells"]
              if cell["flavour"] not in probes.get(cell["probe"], set())}
  return sorted(unknown)


PLUGIN = {
    "strategies": [{"name": "s", "refuses_bridges": "cf8,indirect"}],
    "programs": [{"kind": "probe", "name": "p", "flavours": "", "needs_strategy": True},
                 {"kind": "workload", "name": "w", "flavours": "", "needs_strategy": True}],
}


class Checker(unittest.TestCase):

  def testFindsAMissingBridge(self):
    table = {"cells": [{"strategy": "s", "probe": "p", "flavour": "preempt", "bridges": ["x86"]}]}
    self.assertEqual(Missing(PLUGIN, table), ["s x p, preempt, bridge ecam"])

  def testIsContentWithACellForAllBridges(self):
    table = {"cells": [{"strategy": "s", "probe": "p", "flavour": "preempt"}]}
    self.assertEqual(Missing(PLUGIN, table), [])
    self.assertEqual(Unknown(PLUGIN, table), [])

  def testFindsWhatThePluginLacks(self):
    table = {"cells": [{"strategy": "t", "probe": "p", "flavour": "rt"}]}
    self.assertEqual(Unknown(PLUGIN, table), ["probe p in rt", "strategy t"])


class Table(unittest.TestCase):
  plugin = None

  @classmethod
  def setUpClass(cls):
    run = subprocess.run(Table.command, capture_output=True, text=True, check=True)
    cls.plugin = json.loads(run.stdout.splitlines()[-1])
    with open(os.path.join(HERE, "expected_verdicts.json"), encoding="utf-8") as file:
      cls.table = json.load(file)

  def testHasACellForEveryStrategyAndProbe(self):
    self.assertGreater(len(self.plugin["strategies"]), 1)
    missing = Missing(self.plugin, self.table)
    self.assertEqual(missing, [], "\n" + "\n".join(missing))

  def testNamesNothingThatThePluginLacks(self):
    self.assertEqual(Unknown(self.plugin, self.table), [])


if __name__ == "__main__":
  Table.command = [sys.argv[1], "--describe", sys.argv[2]]
  unittest.main(argv=sys.argv[:1])
