"""Goal: a fixed side is not acquitted by too little, and no wrong side goes by unsaid.

  verdicts_test.py
"""

import unittest

import verdicts


def Cell(side, explorer, first=None, executions=verdicts.MILLION, exhausted=False, spin=""):
  hazards = {hazard: {"verdict": "found" if n else "clean", "executions_to_first": n}
             for hazard, n in (first or {"deadlock": 0}).items()}
  return {"program": "x", "side": side, "flavour": "preempt", "params": {"explorer": explorer, "spin": spin},
          "hazards": hazards, "executions": executions, "distinct": executions - 1, "exhausted": exhausted}


def Of(*cells):
  program = {"kind": "scenario", "name": "x", "tag": "historic", "sides": ["buggy", "fixed"], "must_find": ["deadlock"]}
  return verdicts.Verdicts([{"catalogue": {"programs": [program]}, "cells": list(cells)}])


BUGGY = Cell("buggy", "dpor", {"deadlock": 7}, executions=7)


class Table(unittest.TestCase):
  def test_an_exhausted_side_is_said_to_be(self):
    table = Of(BUGGY, Cell("fixed", "dpor", executions=12, exhausted=True), Cell("fixed", "random"))
    self.assertEqual(table.wrong, [])
    self.assertEqual(table.rows, [("x", "historic", "deadlock: dpor 7", "exhausted by dpor: 12 executions")])

  def test_who_has_not_convicted_the_buggy_side_is_no_witness(self):
    buggy = Cell("buggy", "pct", {"deadlock": 3})
    table = Of(buggy, Cell("fixed", "dpor", executions=12, exhausted=True), Cell("fixed", "random"))
    self.assertEqual(table.rows[0][3], "clean for 1,000,000 executions, 999,999 distinct")

  def test_less_than_a_million_acquits_nobody(self):
    table = Of(BUGGY, Cell("fixed", "dpor", executions=12), Cell("fixed", "random", executions=999_999))
    self.assertIn("neither exhausted nor clean", table.wrong[0])

  def test_ticket_locks_add_and_do_not_replace(self):
    ticket = Cell("fixed", "dpor", executions=5, exhausted=True, spin="ticket")
    self.assertIn("neither", Of(BUGGY, Cell("fixed", "random", executions=5), ticket).wrong[0])
    table = Of(BUGGY, Cell("fixed", "random"), ticket)
    self.assertTrue(table.rows[0][3].endswith("with ticket locks exhausted by dpor: 5 executions"))
    self.assertEqual(table.not_exhausted, ["x"])
    found = Cell("fixed", "dpor", {"deadlock": 5}, spin="ticket")
    self.assertIn("found deadlock", Of(BUGGY, Cell("fixed", "random"), found).wrong[0])

  def test_what_was_missed_and_what_was_found_is_said(self):
    self.assertIn("buggy side: deadlock", Of(Cell("buggy", "dpor"), Cell("fixed", "random")).wrong[0])
    self.assertIn("found deadlock", Of(BUGGY, Cell("fixed", "random", {"deadlock": 9})).wrong[0])
    self.assertIn("neither", Of(BUGGY).wrong[0])


if __name__ == "__main__":
  unittest.main()
