"""Runs testdata/locks.cc in the model worker: every lock is acquitted, every mutant of one convicted.

usage: model_locks_test.py WORKER PLUGIN [--table]
--table prints how many executions each explorer needs for each mutant: medians of 9 seeds, as Markdown.
A failure prints the command that repeats it.
"""
import json
import math
import subprocess
import sys
import unittest

WORKER, PLUGIN = sys.argv[1:3]
EXPLORERS = ["random", "pct"]
# A reader stands still while a writer adds up the counters of all CPUs: by random choices, once in 2^60 executions.
NOT_BY_RANDOM = {"srcu-looks-before-it-enters"}

LOCKS = ["tas", "ttas", "ticket", "mcs", "clh", "qspinlock", "try-tas", "try-ttas", "try-ticket", "try-mcs", "try-clh",
         "try-qspinlock", "percpu-rwsem", "srcu", "seqcount", "mutex", "rwsem", "wait-queue", "sleep-and-wake",
         "completion"]
# Mutant: one of these must be found; they come together, as a race with the wrong count that it leads to.
MUTANTS = {
    "tas-relaxed-unlock": {"data-race"},
    "tas-relaxed-lock": {"data-race"},
    "ttas-stores": {"data-race", "assertion"},
    "ttas-relaxed-unlock": {"data-race"},
    "ticket-relaxed-spin": {"data-race"},
    "ticket-drawn-twice": {"data-race", "assertion", "deadlock"},
    "mcs-does-not-wait-for-the-link": {"deadlock", "livelock"},
    "mcs-relaxed-hand-over": {"data-race"},
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


def run(program, executions, **more):
    line = json.dumps({"id": program, "plugin": PLUGIN, "program": program, "kind": "scenario",
                       "executions": executions, **more})
    done = subprocess.run([WORKER], input=line + "\n", capture_output=True, text=True, timeout=120)
    repeat = f"echo '{line}' | {WORKER}"
    if done.returncode != 0:
        raise AssertionError(f"exit {done.returncode}: {done.stderr}\n{repeat}")
    cell = next(entry["cell"] for entry in map(json.loads, done.stdout.splitlines()) if entry["type"] == "cell")
    return {name: outcome["executions_to_first"] for name, outcome in cell["hazards"].items()
            if outcome["verdict"] == "found"}, repeat


class Locks(unittest.TestCase):
    def test_each_is_acquitted(self):
        for lock in LOCKS:
            with self.subTest(lock):
                found, repeat = run(lock, 20000)
                self.assertEqual(found, {}, repeat)

    def test_each_is_acquitted_where_memory_is_weak(self):
        for lock in LOCKS:
            for memory in ("tso", "c11"):
                with self.subTest(f"{lock} {memory}"):
                    found, repeat = run(lock, 3000, memory=memory)
                    self.assertEqual(found, {}, repeat)

    def test_what_only_weak_memory_shows(self):
        for mutant, hazards in WEAK_MUTANTS.items():
            for memory in ("sc", "tso", "c11"):
                with self.subTest(f"{mutant} {memory}"):
                    found, repeat = run(mutant, 3000, memory=memory)
                    self.assertEqual(set(found), {hazards[memory]} if memory in hazards else set(), repeat)

    def test_each_mutant_is_convicted(self):
        for mutant, hazards in MUTANTS.items():
            for explorer in EXPLORERS[1:] if mutant in NOT_BY_RANDOM else EXPLORERS:
                with self.subTest(mutant, explorer=explorer):
                    found, repeat = run(mutant, 5000, explorer=explorer, until_any=True)
                    self.assertTrue(found.keys() & hazards, f"found {found}, not {hazards}\n{repeat}")


def table():
    print("| mutant | found | " + " | ".join(EXPLORERS) + " |\n|---|---|" + "---|" * len(EXPLORERS))
    for mutant in MUTANTS:
        hazards, medians = set(), []
        for explorer in EXPLORERS:
            needed = []
            for seed in range(1, 10):
                found, _ = run(mutant, 100000, explorer=explorer, seed=seed, until_any=True)
                hazards |= found.keys()
                needed.append(min(found.values(), default=math.inf))
            medians.append("not in 100000" if sorted(needed)[4] == math.inf else sorted(needed)[4])
        print(f"| {mutant} | {', '.join(sorted(hazards))} | " + " | ".join(map(str, medians)) + " |")


if __name__ == "__main__" and sys.argv[3:] == ["--table"]:
    table()
elif __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
