#!/usr/bin/env python3
"""explore --contention: the same figures every time, in the order that theory gives, and never sold as measured.

usage: virtual_time_test.py CFGTORTURE
"""
import json
import subprocess
import sys
import unittest

CFGTORTURE = None


def run(*words):
    process = subprocess.run([CFGTORTURE, "explore", *words], capture_output=True, text=True, timeout=120)
    return process.returncode, process.stdout, process.stderr


def cell_of(*words):
    status, out, err = run(*words, "--contention", "--json", "-")
    assert status in (0, 1), (status, err)
    return json.loads(out)["cells"][0]


def pci_lock(spin, threads):
    cell = cell_of("--strategy", "global-raw-spinlock:" + spin, "--workload", "config-scan", "--flavour", "preempt",
                   "--threads", str(threads), "--ops", "5")
    return cell, next(lock for lock in cell["locks"] if lock["name"] == "pci_lock" and not lock.get("instance"))


class VirtualTime(unittest.TestCase):
    def test_two_runs_give_identical_figures(self):
        words = ("--strategy", "waitqueue-v5.9", "--workload", "irq-msi", "--flavour", "preempt", "--ops", "20")
        first, again = cell_of(*words), cell_of(*words)
        self.assertTrue(first["locks"])
        self.assertEqual(first["locks"], again["locks"])
        self.assertEqual(first["metrics"]["modelled_ns"], again["metrics"]["modelled_ns"])
        self.assertEqual(first["points"], again["points"])

    def test_one_task_never_waits_and_more_wait_longer(self):
        _, alone = pci_lock("ticket", 1)
        self.assertEqual(alone.get("contentions", 0), 0)
        two, four = pci_lock("ticket", 2)[1], pci_lock("ticket", 4)[1]
        # A fair lock that is always wanted: each waits for the holds of all others.
        self.assertAlmostEqual(four["waittime_avg_ns"] / two["waittime_avg_ns"], 3, delta=0.3)
        self.assertEqual(four["longest_wait_acquisitions"], 3)
        self.assertGreater(four["fairness_jain"], 0.999)

    def test_holds_add_up_to_the_time_that_a_saturated_lock_takes(self):
        cell, lock = pci_lock("ticket", 4)
        share = lock["holdtime_total_ns"] / cell["metrics"]["modelled_ns"]
        self.assertGreater(share, 0.85)  # the rest are hand-overs, and what lies before the first wait
        self.assertLessEqual(share, 1)

    def test_registers_cost_what_the_table_of_bridges_says(self):
        _, lock = pci_lock("ticket", 1)
        self.assertGreater(lock["holdtime_min_ns"], 1500)  # CF8 and CFC, 750 ns each
        self.assertLess(lock["holdtime_min_ns"], 1600)

    def test_every_table_says_that_it_is_modelled(self):
        status, out, err = run("--strategy", "global-raw-spinlock", "--workload", "config-scan", "--flavour",
                               "preempt", "--ops", "3", "--contention")
        self.assertEqual(status, 0, err)
        for title in ("locks, times", "callers that waited", "starvation"):
            self.assertIn(", modelled: " + title, out)
        self.assertIn("class name (modelled)", out)
        self.assertIn("caller (modelled)", out)
        self.assertNotIn("observing costs", out)

    def test_what_goes_wrong_is_told_and_what_does_not_end_has_no_figures(self):
        cell = cell_of("--strategy", "null", "--workload", "config-scan", "--flavour", "preempt", "--ops", "5")
        self.assertIn("torn-pair", [finding["hazard"] for finding in cell["findings"]])
        for finding in cell["findings"]:  # a livelock here may be a deadlock there
            self.assertIn("or another hazard", finding["detail"])
            self.assertEqual(finding["token"], "")
        # A handler waits for a semaphore that the task under it holds: it spins for ever.
        cell = cell_of("--strategy", "rwsem", "--workload", "mixed", "--flavour", "preempt", "--ops", "20")
        self.assertIn("no figures", cell["reason"])
        self.assertFalse(cell.get("locks"))

    def test_what_cannot_be_said_with_it_is_refused_in_one_line(self):
        for words in (("--executions", "5"), ("--time", "1s"), ("--explorer", "pct")):
            status, out, err = run("--strategy", "null", "--workload", "mixed", "--contention", *words)
            self.assertEqual((status, out, err.count("\n")), (2, "", 1), err)
            self.assertIn(words[0], err)


if __name__ == "__main__":
    CFGTORTURE = sys.argv.pop(1)
    unittest.main()
