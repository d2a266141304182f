#!/usr/bin/env python3
"""Explorations that are shared out, killed and resumed, with the real worker: no execution number is used twice;
and what an exploration says that was cut short, was too short, or was asked for what there is not.

usage: campaign_test.py CFGTORTURE
"""
import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest

FRONT_END = None
COUNTER = ("--scenario", "lock-counter:ticket")


class Ends(unittest.TestCase):
    def explore(self, *words, status):
        done = subprocess.run([FRONT_END, "explore", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, status, "explore %s\n%s\n%s" % (words, done.stdout, done.stderr))
        return done.stdout + done.stderr

    def test_a_cut_execution_acquits_of_nothing(self):
        text = self.explore("--scenario", "lock-counter:ticket:3x2000", "--explorer", "dpor", "--executions", "5",
                            status=4)
        self.assertIn("5 were cut at the limit of 20000 steps", text)
        self.assertNotIn("exhausted", text)
        text = self.explore("--scenario", "lock-counter:ticket:2x800000", "--executions", "1", status=4)
        self.assertIn("1 was cut at the limit of 2000000 steps (--ops raises it)", text)

    # Twice the steps within which nobody gets on is a livelock.
    def test_long_is_no_livelock(self):
        for counter in ("ticket:3x20000", "tas:2x60000"):
            self.assertIn("clean", self.explore("--scenario", "lock-counter:" + counter, "--executions", "1", status=0))

    def test_dpor_does_not_acquit_of_a_livelock(self):
        forever = ("--scenario", "try-reset-forever")
        text = self.explore(*forever, "--side", "fixed", "--explorer", "dpor", status=4)
        self.assertIn("dpor sees no livelock", text)
        self.assertIn("does not decide livelock", text)
        self.explore(*forever, "--side", "buggy", "--explorer", "random", "--executions", "1", status=0)

    def test_fewer_executions_than_the_budget_do_not_differ(self):
        self.explore("--scenario", "vfio-three-cycle", "--side", "buggy", "--explorer", "pct", "--executions", "1",
                     status=4)

    def test_what_would_be_ignored_is_refused_in_a_line(self):
        for words in (("lock-counter", "--strategy", "null"), ("pcie-cap-rmw:x",), ("lock-counter:ticket:-1x2",),
                      ("lock-counter", "--side", "buggy"), ("lock-counter:foo",),
                      ("lock-counter", "--explorer", "dpor", "--memory", "tso")):
            text = self.explore("--scenario", *words, "--quiet", "--executions", "1", status=2)
            self.assertEqual(text.count("\n"), 1, text)


class Campaigns(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="cfgt_campaign_")
        self.addCleanup(folder.cleanup)
        self.out = os.path.join(folder.name, "out")

    def explore(self, *words, status=0):
        done = subprocess.run([FRONT_END, "explore", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, status, "explore %s\n%s\n%s" % (words, done.stdout, done.stderr))
        return done.stdout, done.stderr

    def cell(self):
        with open(os.path.join(self.out, "result.json")) as file:
            cells = json.load(file)["cells"]
        self.assertEqual(len(cells), 1, "shares of a cell are one cell")
        return cells[0]

    def end_early(self, number, *words):
        """Runs until a checkpoint shows executions, then sends the signal; returns the cell of the file and the text."""
        process = subprocess.Popen([FRONT_END, "explore", *words, "--out", self.out, "--time", "300s"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        deadline = time.time() + 120
        while time.time() < deadline:
            time.sleep(0.05)
            try:
                if self.cell()["executions"] > 0:
                    break
            except OSError:
                pass
        process.send_signal(number)
        out, _ = process.communicate(timeout=60)
        cell = self.cell()
        self.assertEqual(cell["status"], "stopped")
        self.assertGreater(cell["executions"], 0)
        return cell, out

    def assert_every_number_once(self, cell):
        end, count = 0, 0
        for first, many in cell["used"]:
            self.assertGreaterEqual(first, end, cell["used"])
            end, count = first + many, count + many
        self.assertEqual(count, cell["executions"], cell["used"])

    def resumed(self, before, limit):
        self.explore("--resume", self.out, "--executions", str(limit), "--jobs", "3")
        cell = self.cell()
        self.assertEqual((cell["status"], cell["executions"]), ("done", limit))
        self.assert_every_number_once(cell)
        for first, many in before["used"]:  # what was done is still there, and went on where it stood
            self.assertTrue(any(f <= first and first + many <= f + m for f, m in cell["used"]), (before, cell["used"]))
        self.assertGreaterEqual(cell["self_checks"], limit // 1000)
        self.assertEqual(cell["hazards"]["data-race"]["verdict"], "clean")
        return cell

    def test_killed_and_resumed(self):
        before, _ = self.end_early(signal.SIGKILL, *COUNTER, "--jobs", "2")
        self.assert_every_number_once(before)
        cell = self.resumed(before, before["executions"] + 20000)
        self.assertGreater(cell["distinct"], 0.9 * cell["executions"], "the shares drew other schedules, not the same")
        # And once more, from a campaign that had reached its limit.
        self.resumed(cell, cell["executions"] + 1000)

    def test_interrupted_says_how_to_go_on(self):
        before, out = self.end_early(signal.SIGINT, *COUNTER)
        self.assertIn("next: cfgtorture explore --resume %s" % self.out, out)
        self.resumed(before, before["executions"] + 5000)

    def test_refuses_another_campaign(self):
        def refused(*words, says):
            _, err = self.explore("--resume", self.out, *words, status=2)
            self.assertEqual(err.count("\n"), 1, err)
            self.assertIn(says, err)

        refused(says="expected the --out folder")
        self.explore(*COUNTER, "--executions", "1000", "--out", self.out)
        refused("--seed", "2", says="--seed 2 would be another campaign")
        refused("--scenario", "lock-counter:mcs", says="begun with --scenario lock-counter:ticket")
        path = os.path.join(self.out, "result.json")
        with open(path) as file:
            result = json.load(file)
        result["tool"]["build_id"] = "000000000000-000000000000"
        with open(path, "w") as file:
            json.dump(result, file)
        refused(says="begun by build 000000000000-000000000000")

    def test_shares_find_one_cause_once_whatever_the_seed(self):
        fingerprints = []
        for seed, jobs in ((1, 1), (2, 2)):
            out, _ = self.explore("--strategy", "waitqueue-v4.11", "--probe", "dead-entry", "--seed", str(seed), "--jobs",
                                  str(jobs), "--keep-going", "--executions", "4000", "--out", self.out, status=1)
            cell = self.cell()
            self.assertEqual(cell["executions"], 4000)
            self.assert_every_number_once(cell)
            outcome = cell["hazards"]["data-race"]
            self.assertEqual(outcome["verdict"], "found")
            self.assertTrue(0 < outcome["executions_to_first"] <= 4000)
            races = [finding for finding in cell["findings"] if finding["hazard"] == "data-race"]
            self.assertEqual(len(set(race["fingerprint"] for race in races)), len(races))
            self.assertGreater(max(race["count"] for race in races), 10, "seen in many executions")
            self.assertLessEqual(outcome["executions_with"], 4000)
            fingerprints.append({race["fingerprint"] for race in races})
            for race in races:
                self.assertIn("fingerprint " + race["fingerprint"], out)
        self.assertTrue(fingerprints[0] & fingerprints[1], fingerprints)

    def test_shares_end_when_one_of_them_has_found_all(self):
        self.explore("--strategy", "waitqueue-v4.11", "--probe", "dead-entry", "--jobs", "2", "--time", "300s", "--out",
                     self.out, status=1)
        cell = self.cell()
        self.assertEqual(cell["status"], "done")
        self.assertEqual({outcome["verdict"] for outcome in cell["hazards"].values()}, {"found"})

    def test_the_estimate_is_the_number_of_schedules_where_all_were_seen(self):
        all_of_them = None
        for explorer in ("random", "pct"):  # pct does not reach them all; the estimate's own probes are random
            out, _ = self.explore(*COUNTER[:1], COUNTER[1] + ":2x1", "--executions", "200000", "--explorer", explorer,
                                  "--out", self.out)
            cell, tree = self.cell(), self.cell()["tree"]
            sure = tree["variation"] / math.sqrt(tree["probes"])
            self.assertLess(sure, 0.1)
            all_of_them = all_of_them or cell["distinct"]
            self.assertLess(abs(2 ** tree["log2_mean"] / all_of_them - 1), 0.05 + 3 * sure, (explorer, all_of_them))
            self.assertIn("distinct of about", out)


if __name__ == "__main__":
    FRONT_END = os.path.abspath(sys.argv[1])
    unittest.main(argv=sys.argv[:1] + sys.argv[2:])
