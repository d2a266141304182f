"""Runs testdata/locks.cc in the model worker: every lock is acquitted, every mutant of one convicted.

usage: model_locks_test.py WORKER PLUGIN [--table]
--table prints how many executions each explorer needs for each mutant, as Markdown: medians of 9 seeds, and what dfs and
dpor need, which have none.
A failure prints the command that repeats it.
"""
import json
import math
import os
import subprocess
import sys
import unittest

WORKER, PLUGIN = sys.argv[1:3]
SHORTER = int(os.environ.get("CFGT_SHORTER", 1))  # of what must stay clean: workloads/verdicts_test.py
EXPLORERS = ["random", "pct", "dpor"]
TABLE_EXPLORERS = ["random", "pct", "pos", "dfs", "dpor"]
# A reader stands still while a writer adds up the counters of all CPUs: by random choices, once in 2^60 executions.
NOT_BY_RANDOM = {"srcu-looks-before-it-enters"}

LOCKS = ["tas", "ttas", "ticket", "mcs", "clh", "qspinlock", "try-tas", "try-ttas", "try-ticket", "try-mcs", "try-clh",
         "try-qspinlock", "percpu-rwsem", "srcu", "seqcount", "mutex", "rwsem", "wait-queue", "sleep-and-wake",
         "completion"]
# Mutant: one of these must be found; they come together, as a race with the wrong count that it leads to.
MUTANTS = {
    "tas-relaxed-unlock": {"data-race"},
    "tas-relaxed-lock": {"data-race"},
    "tas-ignores-the-answer": {"data-race", "assertion"},
    "tas-puts-back": {"deadlock"},
    "ttas-takes-at-a-look": {"data-race", "assertion"},
    "ttas-stores": {"data-race", "assertion"},
    "ttas-relaxed-unlock": {"data-race"},
    "ticket-relaxed-spin": {"data-race"},
    "ticket-drawn-twice": {"data-race", "assertion", "deadlock"},
    "ticket-serves-the-last": {"data-race", "assertion", "deadlock"},
    "mcs-waits-too-late": {"deadlock"},
    "mcs-does-not-wait-for-the-link": {"deadlock", "livelock"},
    "mcs-relaxed-hand-over": {"data-race"},
    "clh-is-busy-too-late": {"data-race", "assertion"},
    "clh-keeps-its-node": {"deadlock"},
    "clh-relaxed-unlock": {"data-race"},
    "qspinlock-pending-does-not-wait": {"data-race"},
    "qspinlock-pending-is-not-cleared": {"deadlock", "livelock"},
    "qspinlock-pending-is-taken-by-two": {"data-race", "assertion"},
    "percpu-rwsem-reader-does-not-look": {"data-race"},
    "percpu-rwsem-writer-does-not-look": {"data-race"},
    "srcu-does-not-wait": {"data-race"},
    "srcu-looks-before-it-enters": {"data-race"},
    "seqcount-does-not-flip": {"assertion"},
    "seqcount-takes-an-odd-one": {"assertion"},
    "mutex-does-not-wake": {"deadlock", "lost-wakeup"},
    "mutex-stores": {"data-race", "assertion"},
    "rwsem-writer-ignores-readers": {"data-race", "assertion"},
    "rwsem-last-reader-does-not-wake": {"lost-wakeup"},
    "wait-queue-looks-before-it-queues": {"lost-wakeup"},
    "wait-queue-wakes-before-it-stores": {"lost-wakeup"},
    "completion-wakes-without-counting": {"deadlock"},
    "completion-looks-outside-the-lock": {"lost-wakeup"},
}
# What only weak memory shows: under sc and the models not named, nothing.
WEAK_MUTANTS = {
    "percpu-rwsem-looks-too-early": {"tso": "data-race", "c11": "data-race"},
    "tas-relaxed-unlock-counts-atomically": {"c11": "assertion"},
    "tas-counts-atomically": {},
}


def run_for_findings(program, executions, **more):
    line = json.dumps({"id": program, "plugin": PLUGIN, "program": program, "kind": "scenario",
                       "executions": executions, **more})
    done = subprocess.run([WORKER], input=line + "\n", capture_output=True, text=True, timeout=120)
    repeat = f"echo '{line}' | {WORKER}"
    if done.returncode != 0:
        raise AssertionError(f"exit {done.returncode}: {done.stderr}\n{repeat}")
    entries = [json.loads(text) for text in done.stdout.splitlines()]
    cell = next(entry["cell"] for entry in entries if entry["type"] == "cell")
    return cell, repeat, [entry["finding"] for entry in entries if entry["type"] == "finding"]


def run(program, executions, **more):
    cell, repeat, _ = run_for_findings(program, executions, **more)
    return {name: outcome["executions_to_first"] for name, outcome in cell["hazards"].items()
            if outcome["verdict"] == "found"}, repeat


class Locks(unittest.TestCase):
    def test_each_is_acquitted(self):
        for lock in LOCKS:
            with self.subTest(lock):
                found, repeat = run(lock, 20000 // SHORTER)
                self.assertEqual(found, {}, repeat)

    def test_each_is_acquitted_where_memory_is_weak(self):
        for lock in LOCKS:
            for memory in ("tso", "c11"):
                with self.subTest(f"{lock} {memory}"):
                    found, repeat = run(lock, 3000 // SHORTER, memory=memory)
                    self.assertEqual(found, {}, repeat)

    def test_a_finding_of_weak_memory_is_minimised_and_replays(self):
        for mutant, memory, most in (("percpu-rwsem-looks-too-early", "tso", 2), ("percpu-rwsem-looks-too-early", "c11", 2),
                                     ("tas-relaxed-unlock-counts-atomically", "c11", 1)):
            with self.subTest(f"{mutant} {memory}"):
                _, repeat, findings = run_for_findings(mutant, 3000, memory=memory)
                self.assertTrue(findings, repeat)
                for finding in findings:
                    reduction = finding["reduction"]
                    self.assertGreater(reduction["runs"], 0, repeat)
                    self.assertLessEqual(finding["preemptions"], reduction["preemptions_before"], repeat)
                    self.assertLessEqual(finding["preemptions"], most, repeat)
                    self.assertTrue(finding["orderings"], repeat)
                    cell, command, again = run_for_findings(mutant, 1, replay=finding["token"])
                    self.assertEqual(cell["metrics"]["replay_identical"], 1, f"{command}\n{cell['reason']}")
                    self.assertIn(finding["hazard"], {other["hazard"] for other in again}, command)
                    if memory == "c11":  # the one thing that no interleaving shows
                        self.assertTrue(any("not the newest" in row["text"] for row in finding["schedule"]), repeat)

    def test_what_only_weak_memory_shows(self):
        for mutant, hazards in WEAK_MUTANTS.items():
            for memory in ("sc", "tso", "c11"):
                with self.subTest(f"{mutant} {memory}"):
                    found, repeat = run(mutant, 3000, memory=memory)
                    self.assertEqual(set(found), {hazards[memory]} if memory in hazards else set(), repeat)

    def test_each_mutant_is_convicted(self):
        for mutant, hazards in MUTANTS.items():
            for explorer in ["pct", "dpor"] if mutant in NOT_BY_RANDOM else EXPLORERS:
                with self.subTest(mutant, explorer=explorer):
                    found, repeat = run(mutant, 5000, explorer=explorer, until_any=True)
                    self.assertTrue(found.keys() & hazards, f"found {found}, not {hazards}\n{repeat}")


def table():
    print("| mutant | found | " + " | ".join(TABLE_EXPLORERS) + " |\n|---|---|" + "---|" * len(TABLE_EXPLORERS))
    for mutant in MUTANTS:
        hazards, medians = set(), []
        for explorer in TABLE_EXPLORERS:
            needed = []
            seeds = range(1, 2 if explorer in ("dfs", "dpor") else 10)
            for seed in seeds:
                found, _ = run(mutant, 100000, explorer=explorer, seed=seed, until_any=True, time_s=40)
                hazards |= found.keys()
                needed.append(min(found.values(), default=math.inf))
            median = sorted(needed)[len(needed) // 2]
            medians.append("not in 100000" if median == math.inf else median)
        print(f"| {mutant} | {', '.join(sorted(hazards))} | " + " | ".join(map(str, medians)) + " |", flush=True)


if __name__ == "__main__" and sys.argv[3:] == ["--table"]:
    table()
elif __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
