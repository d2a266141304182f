"""Findings of drawn seeds, programs and memory models, each replayed from its token by a process of its own.

usage: replay_test.py WORKER LOCKS [--replays N]
N (150): how many findings; the figure of the project is of 10,000. Addresses must be randomised, or it proves nothing.
A failure prints the commands that repeat it.
"""
import json
import random
import subprocess
import sys
import unittest
from concurrent.futures import ThreadPoolExecutor

WORKER, LOCKS = sys.argv[1:3]
REPLAYS = int(sys.argv[sys.argv.index("--replays") + 1]) if "--replays" in sys.argv else 150
# Convicted within a few executions by any explorer; by their consequence, too.
PROGRAMS = ["tas-relaxed-lock", "ttas-stores", "ticket-drawn-twice", "mcs-does-not-wait-for-the-link", "clh-keeps-its-node",
            "qspinlock-pending-is-not-cleared", "percpu-rwsem-writer-does-not-look", "srcu-does-not-wait",
            "seqcount-takes-an-odd-one", "mutex-does-not-wake", "rwsem-writer-ignores-readers",
            "wait-queue-looks-before-it-queues", "completion-looks-outside-the-lock"]


def run(spec):
    line = json.dumps(spec)
    repeat = f"echo '{line}' | {WORKER}"
    done = subprocess.run([WORKER], input=line + "\n", capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        raise AssertionError(f"exit {done.returncode}: {done.stderr}\n{repeat}")
    entries = [json.loads(text) for text in done.stdout.splitlines()]
    cell = next(entry["cell"] for entry in entries if entry["type"] == "cell")
    return cell, [entry["finding"] for entry in entries if entry["type"] == "finding"], repeat


def find_and_replay(seed):
    draw = random.Random(seed)
    spec = {"id": "x", "plugin": LOCKS, "program": draw.choice(PROGRAMS), "kind": "scenario", "seed": seed,
            "memory": draw.choice(("sc", "tso", "c11")), "explorer": draw.choice(("random", "pct", "pos")),
            "spin": draw.choice(("tas", "ticket", "qspinlock")), "executions": 3000, "until_any": True}
    _, findings, repeat = run(spec)
    for finding in findings:
        cell, again, command = run({**spec, "replay": finding["token"]})
        how = f"{repeat}\n{command}\n{cell['reason']}"
        if cell["metrics"]["replay_identical"] != 1:
            return len(findings), how
        if finding["hazard"] not in {other["hazard"] for other in again}:
            return len(findings), f"no {finding['hazard']} in the replay\n{how}"
    return len(findings), None


class Replay(unittest.TestCase):
    def test_every_finding_replays_bit_for_bit_in_another_process(self):
        with open("/proc/sys/kernel/randomize_va_space", encoding="ascii") as file:
            if file.read().strip() == "0":
                self.skipTest("addresses are not randomised here")
        replayed = seed = 0
        with ThreadPoolExecutor(2) as pool:
            while replayed < REPLAYS:
                block = range(seed, seed + min(100, REPLAYS - replayed))
                for count, failure in pool.map(find_and_replay, block):
                    self.assertIsNone(failure, failure)
                    replayed += count
                seed = block.stop
                self.assertLess(seed, 3 * REPLAYS + 100, "most of these find nothing")
        print(f"{replayed} findings of {seed} seeds replayed")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
