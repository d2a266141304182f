"""Goal: no cell of the table is wished for: evidence first, then what follows from the hazards, then a written reason.

  agreement_test.py
"""

import copy
import json
import re
import unittest

import agreement

SOURCE = "kfree(x); observer::Violation(Hazard::kAssertion, text);"  # does what heap and the program's own condition need


def Cell(program, side, explorer, first):
  """`first`: {hazard: executions to its first finding}; 0 is clean."""
  hazards = {hazard: {"verdict": "found" if n else "clean", "executions_to_first": n or -1, "hits": n}
             for hazard, n in first.items()}
  return {"program": program, "side": side, "params": {"explorer": explorer}, "hazards": hazards, "executions": 10,
          "wall_s": 0.5, "exhausted": True, "status": "done",
          "findings": [{"hazard": hazard} for hazard, n in first.items() if n]}


def Result(must, buggy, fixed=None):
  programs = [{"kind": "scenario", "name": "x", "sides": ["buggy", "fixed"], "must_find": must}]
  cells = [Cell("x", "buggy", explorer, first) for explorer, first in buggy.items()]
  cells.append(Cell("x", "fixed", "dpor", fixed or {}))
  return {"catalogue": {"programs": programs}, "cells": cells, "command": [], "seed": 1}


def TableOf(result, reasons=None, threads=None, fixed_threads=None, source=SOURCE):
  on_threads = {("x", "buggy"): Cell("x", "buggy", "", threads or {}), ("x", "fixed"): Cell("x", "fixed", "", fixed_threads or {})}
  return agreement.Table(result, lambda name: source, reasons or {}, on_threads)


def Of(table, judge):
  return table.rows[0][1][agreement.JUDGES.index(judge)]



def Reasons(*judges):
  return {"x": {judge: "because" for judge in judges}}


class Agreement(unittest.TestCase):
  def test_every_hazard_has_its_judge_and_every_judge_a_hazard(self):
    text = (agreement.ROOT / "harness" / "result" / "hazard.h").read_text(encoding="utf-8")
    self.assertEqual(sorted(agreement.JUDGE_OF), sorted(re.findall(r'\{Hazard::k\w+, "([a-z-]+)"', text)))
    self.assertEqual({judge for judge, _ in agreement.JUDGE_OF.values()} | {agreement.TSAN},
                     set(agreement.JUDGES))
    for judge, hazards, _ in agreement.CANNOT:
      for hazard in hazards:
        self.assertNotEqual(agreement.JUDGE_OF[hazard][0], judge, "a judge sees what its own hazards are")

  def test_what_was_found_is_never_what_cannot_be_seen(self):
    table = TableOf(Result(["torn-pair"], {"pct": {"torn-pair": 3, "data-race": 7}, "dpor": {"torn-pair": 0}}),
                    Reasons("heap", "own condition"))
    self.assertEqual(Of(table, "hardware monitor"), "**convicts** pct 3")
    self.assertEqual(Of(table, "happens-before"), "**convicts** pct 7")
    self.assertTrue(Of(table, "lock order").startswith("cannot see"))
    self.assertEqual(table.wrong, [])

  def test_cannot_see_wants_all_that_must_be_found_outside(self):
    outside = TableOf(Result(["torn-pair"], {"pct": {"torn-pair": 1}}))
    self.assertTrue(Of(outside, "context").startswith("cannot see"))
    partly = TableOf(Result(["torn-pair", "assertion"], {"pct": {"torn-pair": 1, "assertion": 1}}))
    self.assertEqual(Of(partly, "context"), "does not (?)")

  def test_does_not_without_a_reason_is_wrong(self):
    result = Result(["assertion"], {"pct": {"assertion": 1}})
    judges = ["hardware monitor", "happens-before", agreement.TSAN, "context", "lock order", "heap"]
    self.assertEqual(len(TableOf(result).wrong), len(judges))
    table = TableOf(result, Reasons(*judges))
    self.assertEqual(table.wrong, [])
    self.assertEqual(Of(table, "context"), "does not (4)")

  def test_a_reason_for_nothing_is_wrong(self):
    table = TableOf(Result(["torn-pair"], {"pct": {"torn-pair": 1}}), Reasons("hardware monitor", "heap", "own condition"))
    self.assertEqual(table.wrong, ['x: hardware monitor: a reason, and no "does not"'])

  def test_nothing_freed_is_seen_in_the_file(self):
    result = Result(["torn-pair"], {"pct": {"torn-pair": 1}})
    self.assertTrue(Of(TableOf(result, source="nothing"), "heap").startswith("cannot see"))
    self.assertEqual(Of(TableOf(result), "heap"), "does not (?)")

  def test_a_miss_and_a_false_alarm_are_wrong(self):
    miss = TableOf(Result(["torn-pair"], {"pct": {"torn-pair": 0}}), Reasons("hardware monitor", "heap", "own condition"))
    self.assertEqual(miss.wrong, ["x: torn-pair must be found and was not"])
    good = Result(["torn-pair"], {"pct": {"torn-pair": 1}}, {"data-race": 1})
    alarm = TableOf(good, Reasons("heap", "own condition"))
    self.assertEqual(alarm.wrong, ["x fixed: found data-race where nothing may be"])

  def test_libtsan_convicts_by_its_own_reports_alone(self):
    result = Result(["data-race"], {"pct": {"data-race": 1}})
    reasons = Reasons("heap", "own condition")
    self.assertEqual(Of(TableOf(result, reasons, {"data-race": 4}), agreement.TSAN),
                     "**convicts** 4 times in 10 executions, 0.5 s")
    self.assertEqual(Of(TableOf(result, reasons, {"deadlock": 4}), agreement.TSAN), "does not (?)")
    self.assertEqual(TableOf(result, reasons, {"data-race": 4}, {"data-race": 1}).wrong,
                     ["x fixed: found data-race by libtsan where nothing may be"])

  def test_a_worker_that_gave_no_result_is_wrong(self):
    result = Result(["data-race"], {"pct": {"data-race": 1}})
    died = {"status": "crashed", "reason": "hangs", "hazards": {}}
    table = agreement.Table(result, lambda name: SOURCE, Reasons("heap", "own condition"),
                            {("x", "buggy"): died, ("x", "fixed"): copy.deepcopy(Cell("x", "fixed", "", {}))})
    self.assertEqual(Of(table, agreement.TSAN), "not run")
    self.assertEqual(table.wrong, ["x: the tsan worker: hangs"])

  def test_a_worker_that_the_bug_ends_has_been_run(self):
    died = {"status": "crashed", "reason": "exit -11: ", "hazards": {}}
    result = Result(["crash"], {"pct": {"crash": 3}})
    table = agreement.Table(result, lambda name: SOURCE, Reasons("own condition", "happens-before", agreement.TSAN),
                            {("x", "buggy"): died, ("x", "fixed"): copy.deepcopy(Cell("x", "fixed", "", {}))})
    self.assertIn("does not", Of(table, agreement.TSAN))
    self.assertIn("(seen: the worker ended, exit -11)", [why for _, judge, why in table.numbered if judge == agreement.TSAN][0])
    self.assertEqual(table.wrong, [])

  def test_a_control_is_listed_and_judged(self):
    result = Result([], {})
    result["catalogue"]["programs"][0]["sides"] = ["fixed"]
    self.assertEqual(TableOf(result).controls, [("x", 10, True)])
    result["cells"] = [Cell("x", "fixed", "dpor", {"owner": 1})]
    self.assertEqual(TableOf(result).wrong, ["x fixed: found owner where nothing may be"])

  def test_the_page_in_the_tree_has_every_scenario_and_every_reason(self):
    page = (agreement.ROOT / "reports" / "agreement.md").read_text(encoding="utf-8")
    for path in (agreement.ROOT / "workloads" / "scenarios").glob("*.cc"):
      for name in re.findall(r'\.name = "([a-z0-9-]+)"', path.read_text(encoding="utf-8")):
        self.assertTrue(f"`{name}`" in page, f"{name}: run scripts/agreement.py")
    for name, by_judge in json.loads(agreement.REASONS.read_text(encoding="utf-8")).items():
      for judge, why in by_judge.items():
        if judge != agreement.TSAN:
          self.assertTrue(f"`{name}`, {judge}: {why}" in page, f"{name}: {judge}: run scripts/agreement.py")
    self.assertFalse("(?)" in page)


if __name__ == "__main__":
  unittest.main()
