"""Executions until dpor and dfs have seen everything: EXHAUSTION.md of harness/explore, whose quick rows it runs again.

usage: exhaustion_test.py WORKER CODE LOCKS [--update]
CODE and LOCKS are the plug-ins with the scenarios and with testdata/locks.cc. The counts of rows that dpor ends within
5,000 executions must be those of the page; a changed count means a changed explorer. --update runs all rows, up to 60
seconds for each figure, and rewrites the table. A failure prints the command that repeats it.
"""
import json
import pathlib
import re
import subprocess
import sys
import unittest

UPDATE = "--update" in sys.argv
WORKER, CODE, LOCKS = sys.argv[1:4]
PAGE = pathlib.Path(__file__).parents[1] / "explore" / "EXHAUSTION.md"
QUICK = 5000
SECONDS = 60
COLUMNS = [("dpor", "sc"), ("dpor", "c11"), ("dfs", "sc"), ("dfs", "c11")]

# What, program, its argument, spin locks within it, and the executions that peers need for the like (issue 5).
SPIN = [("tas", "2x2", ""), ("tas", "3x1", ""), ("tas", "3x2", "GenMC 90"),
        ("ticket", "2x2", ""), ("ticket", "3x1", ""), ("ticket", "3x2", "GenMC 90; Nidhugg 90, 474 blocked"),
        ("ticket", "3x3", "GenMC 1,680"), ("ticket", "3x4", "GenMC 34,650"),
        ("mcs", "2x2", "GenMC 78"), ("mcs", "3x1", "GenMC 66"), ("mcs", "3x2", "GenMC 17,670"),
        ("clh", "2x2", ""), ("clh", "3x1", ""), ("qspinlock", "2x2", ""), ("qspinlock", "3x1", "")]
ROWS = [(f"{lock} {shape}", {"plugin": CODE, "program": "lock-counter", "argument": f"{lock}:{shape}"}, peers)
        for lock, shape, peers in SPIN]
ROWS += [(f"{what}, {spin} within", {"plugin": LOCKS, "program": program, "spin": spin}, peers)
         for what, program, spin, peers in (
             ("seqcount", "seqcount", "tas", ""), ("completion", "completion", "tas", ""),
             ("wait queue, woken twice", "wait-queue", "tas", "GenMC 9, a smaller one"),
             ("rwsem, 2 readers, 1 writer", "rwsem", "tas", "GenMC 34, 10 blocked, of a spinning rwlock"),
             ("percpu-rwsem, 2 readers, 1 writer", "percpu-rwsem", "tas", ""),
             ("mutex 3x2", "mutex", "tas", ""), ("SRCU", "srcu", "tas", ""))]
ROWS += [(f"wait queue v5.9, 1 waiter, 2 unblockers, {spin} within",
          {"plugin": CODE, "program": "cfg-wait-corruption", "side": "fixed", "strategy": "waitqueue-v5.9", "spin": spin},
          "") for spin in ("tas", "ticket", "qspinlock")]


def run(cell, explorer, memory, **more):
    line = json.dumps({"id": "x", "kind": "scenario", "explorer": explorer, "memory": memory, **cell, **more})
    repeat = f"echo '{line}' | {WORKER}"
    done = subprocess.run([WORKER], input=line + "\n", capture_output=True, text=True, timeout=1200)
    if done.returncode != 0:
        raise AssertionError(f"exit {done.returncode}: {done.stderr}\n{repeat}")
    cell = next(entry["cell"] for entry in map(json.loads, done.stdout.splitlines()) if entry["type"] == "cell")
    return cell, repeat


def figure(cell):
    strength = next(iter(cell["hazards"].values()))["strength"]
    ended = re.match(r"exhausted: (\d+) executions", strength)
    if ended:
        begun = re.search(r"(\d+) more begun", strength)
        return f"{int(ended[1]):,}" + (f" + {int(begun[1]):,}" if begun else "")
    estimate = f", of 2^{cell['tree']['log2_mean']:.0f} schedules" if cell["params"]["explorer"] == "dfs" else ""
    return f"not in {cell['executions']:,}{estimate}"


def figures_of_page():
    figures = {}
    for line in PAGE.read_text().splitlines():
        parts = [part.strip() for part in line.strip("|").split("|")]
        if line.startswith("|") and len(parts) == 6:
            figures[parts[0]] = parts[1:5]
    return figures


class Exhaustion(unittest.TestCase):
    def test_the_quick_rows_take_as_many_executions_as_the_page_says(self):
        page = figures_of_page()
        checked = 0
        for what, cell, _ in ROWS:
            for told, (explorer, memory) in zip(page[what], COLUMNS):
                count = re.match(r"([\d,]+)", told)
                if count is None or int(count[1].replace(",", "")) > QUICK:
                    continue
                with self.subTest(f"{what} {explorer} {memory}"):
                    got, repeat = run(cell, explorer, memory, executions=20 * QUICK)
                    # How many are begun besides depends on what the compiler made of the code; the page says g++.
                    self.assertEqual(figure(got).split(" + ")[0], told.split(" + ")[0], repeat)
                    checked += 1
        self.assertGreater(checked, 30)

    def test_every_row_is_on_the_page_and_no_other(self):
        named = [what for what in figures_of_page() if what not in ("program", "---")]
        self.assertEqual(named, [what for what, _, _ in ROWS])


def update():
    lines = ["| program | dpor, sc | dpor, c11 | dfs, sc | dfs, c11 | peers |", "|---|---|---|---|---|---|"]
    for what, cell, peers in ROWS:
        told = [figure(run(cell, explorer, memory, time_s=SECONDS if explorer == "dpor" else 3)[0])
                for explorer, memory in COLUMNS]
        lines.append(f"| {what} | " + " | ".join(told) + f" | {peers} |")
        print(lines[-1], flush=True)
    page = PAGE.read_text()
    begin, end = page.index("<!-- table -->\n") + len("<!-- table -->\n"), page.index("<!-- end -->")
    PAGE.write_text(page[:begin] + "\n".join(lines) + "\n" + page[end:])


if __name__ == "__main__" and UPDATE:
    update()
elif __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
