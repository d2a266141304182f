"""Runs testdata/locks.cc in the model worker: every lock is acquitted, every mutant of one convicted.

usage: model_locks_test.py WORKER PLUGIN
A failure prints the command that repeats it.
"""
import json
import subprocess
import sys
import unittest

WORKER, PLUGIN = sys.argv[1:3]

LOCKS = ["tas", "ttas", "ticket", "mcs", "clh", "qspinlock", "try-tas", "try-ttas", "try-ticket", "try-mcs", "try-clh",
         "try-qspinlock", "percpu-rwsem", "srcu", "seqcount"]
# Mutant: one of these must be found; they come together, as a race with the wrong count that it leads to.
MUTANTS = {
    "tas-relaxed-unlock": {"data-race"},
    "tas-relaxed-lock": {"data-race"},
    "ttas-stores": {"data-race", "assertion"},
    "ticket-relaxed-spin": {"data-race"},
    "mcs-does-not-wait-for-the-link": {"deadlock", "livelock"},
    "mcs-relaxed-hand-over": {"data-race"},
    "clh-keeps-its-node": {"deadlock"},
    "qspinlock-pending-does-not-wait": {"data-race"},
    "qspinlock-pending-is-not-cleared": {"deadlock", "livelock"},
    "qspinlock-pending-is-taken-by-two": {"data-race", "assertion"},
    "percpu-rwsem-reader-does-not-look": {"data-race"},
    "percpu-rwsem-writer-does-not-look": {"data-race"},
    "srcu-does-not-wait": {"data-race"},
    "seqcount-does-not-flip": {"assertion"},
}
# What only weak memory shows: under sc and the models not named, nothing.
WEAK_MUTANTS = {
    "percpu-rwsem-looks-too-early": {"tso": "data-race", "c11": "data-race"},
    "tas-relaxed-unlock-counts-atomically": {"c11": "assertion"},
    "tas-counts-atomically": {},
}


def run(program, executions, memory="sc"):
    line = json.dumps({"id": program, "plugin": PLUGIN, "program": program, "kind": "scenario",
                       "executions": executions, "memory": memory})
    done = subprocess.run([WORKER], input=line + "\n", capture_output=True, text=True, timeout=120)
    repeat = f"echo '{line}' | {WORKER}"
    if done.returncode != 0:
        raise AssertionError(f"exit {done.returncode}: {done.stderr}\n{repeat}")
    cell = next(entry["cell"] for entry in map(json.loads, done.stdout.splitlines()) if entry["type"] == "cell")
    return {name for name, outcome in cell["hazards"].items() if outcome["verdict"] == "found"}, repeat


class Locks(unittest.TestCase):
    def test_each_is_acquitted(self):
        for lock in LOCKS:
            with self.subTest(lock):
                found, repeat = run(lock, 20000)
                self.assertEqual(found, set(), repeat)

    def test_each_is_acquitted_where_memory_is_weak(self):
        for lock in LOCKS:
            for memory in ("tso", "c11"):
                with self.subTest(f"{lock} {memory}"):
                    found, repeat = run(lock, 3000, memory)
                    self.assertEqual(found, set(), repeat)

    def test_what_only_weak_memory_shows(self):
        for mutant, hazards in WEAK_MUTANTS.items():
            for memory in ("sc", "tso", "c11"):
                with self.subTest(f"{mutant} {memory}"):
                    found, repeat = run(mutant, 3000, memory)
                    self.assertEqual(found, {hazards[memory]} if memory in hazards else set(), repeat)

    def test_each_mutant_is_convicted(self):
        for mutant, hazards in MUTANTS.items():
            with self.subTest(mutant):
                found, repeat = run(mutant, 5000)
                self.assertTrue(found & hazards, f"found {found}, not {hazards}\n{repeat}")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
