"""cfgtorture_bench measures what it says: every strategy by every operation, every lock beside its peer. No figure is
judged here; the locks' own counters are, by the program.

    bench_test.py BENCH CFGTORTURE
"""

import json
import os
import re
import subprocess
import sys
import unittest

BENCH, CFGTORTURE = sys.argv[1:3]
# A round or two of each: names and counters, not figures. The harness's own cost is a figure, so it is left out.
QUICK = ["--benchmark_min_time=0.000001", "--benchmark_repetitions=1", "--benchmark_filter=^(lock|[^h].*threads)"]


def bench(*arguments):
    return subprocess.run([BENCH, *arguments], capture_output=True, text=True, timeout=500)


def catalogue():
    listed = subprocess.run([CFGTORTURE, "list", "strategies", "--json"], capture_output=True, text=True, check=True)
    return json.loads(listed.stdout)


class Bench(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.run_of_all = bench(*QUICK)
        cls.names = set(re.findall(r"^(\S+/threads:\d)\s", cls.run_of_all.stdout, re.MULTILINE))
        cls.threads = range(1, 1 + min(2, len(os.sched_getaffinity(0))))

    def test_ends_well(self):
        self.assertEqual(self.run_of_all.returncode, 0, self.run_of_all.stderr)

    def test_measures_every_strategy_by_every_operation(self):
        operations = {"read", "write", "user_read", "user_write", "access_lock+unlock", "access_trylock+unlock",
                      "intx_mask", "capability_update", "msi_mask", "msi_write", "set_ops", "reset",
                      "set_power_state(D3hot,D0)", "device_remove+add"}
        names = [strategy["name"] for strategy in catalogue()]
        self.assertGreater(len(names), 5)
        wanted = {f"{name}/{operation}/threads:{n}" for name in names for operation in operations for n in self.threads}
        self.assertEqual(wanted - self.names, set())

    def test_holds_each_spin_algorithm_and_rwsem_against_a_peer(self):
        locks = {name.split("/", 1)[1].rsplit("/", 1)[0] for name in self.names if name.startswith("lock/")}
        self.assertLessEqual({"pthread_spinlock", "std::shared_mutex/read", "absl::Mutex/write", "ck_spinlock_ticket",
                              "ck_spinlock_mcs", "ck_rwlock/read", "rwsem/read", "rwsem/write"}, locks)
        table = self.run_of_all.stdout.split("Our locks against native peers")[1]
        compared = {line.split()[0] for line in table.splitlines() if re.search(r"\d to +\d", line)}
        ours = {name for name in locks if name.startswith(("raw_spinlock/", "spin/", "rwsem/", "mutex"))}
        self.assertEqual(ours, compared)
        self.assertNotIn("without a peer", table)

    def test_refuses_an_unknown_strategy_and_operation_in_one_line(self):
        for option in ("--strategy", "--operation"):
            run = bench(option, "no-such-thing")
            self.assertEqual(run.returncode, 2)
            self.assertEqual(run.stderr.count("\n"), 1)
            self.assertIn(f'{option} "no-such-thing": expected one of', run.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
