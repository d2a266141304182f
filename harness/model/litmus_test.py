"""Runs testdata/litmus.cc under each memory model: what C++20 and the model allow shows, what they forbid does not.

usage: litmus_test.py WORKER PLUGIN [--update] [--programs N]
LITMUS.md beside this file is the table of what was reached; the test fails if it differs, --update rewrites it.
--programs: so many drawn programs (40) are run by dpor and by dfs, which must reach the same outcomes; after a change of
dpor or of a memory model, thousands.
A failure prints the command that repeats it.
"""
import json
import os
import pathlib
import subprocess
import sys
import unittest
from concurrent.futures import ThreadPoolExecutor

SHORTER = int(os.environ.get("CFGT_SHORTER", 1))  # test preset asan: workloads/verdicts_test.py
UPDATE = "--update" in sys.argv
DRAWN = int(sys.argv[sys.argv.index("--programs") + 1]) if "--programs" in sys.argv else 40 // SHORTER
WORKER, PLUGIN = sys.argv[1:3]
PAGE = pathlib.Path(__file__).with_name("LITMUS.md")
MEMORIES = ("sc", "tso", "c11")
EXECUTIONS = 4000 // SHORTER
DPOR_EXECUTIONS = 4000
DRAWN_EXECUTIONS = 20000  # dfs of a larger program is not waited for

# Program, what its digits are, the outcome ("*": any digit), allowed by C++20, and reachable here under sc, tso, c11.
# A handler counts as one more thread for C++20.
TABLE = """
corr                            r0 r1        1 0      no   no  no  no
coww                            r0 r1 x      2 1 *    no   no  no  no
coww                            r0 r1 x      * * 1    no   no  no  no
corw                            r0 x         2 *      no   no  no  no
corw                            r0 x         1 1      no   no  no  no
cowr                            r0 x         2 1      no   no  no  no
cowr                            r0 x         0 *      no   no  no  no
rmw                             r0 x         * 1      no   no  no  no
sb-relaxed                      r0 r1        0 0      yes  no  yes yes
sb-release-acquire              r0 r1        0 0      yes  no  yes yes
sb-seq_cst                      r0 r1        0 0      no   no  no  no
sb-seq_cst-stores               r0 r1        0 0      yes  no  no  yes
sb-seq_cst-loads                r0 r1        0 0      yes  no  yes yes
sb-acq_rel-fences               r0 r1        0 0      yes  no  yes yes
sb-seq_cst-fences               r0 r1        0 0      no   no  no  no
sb-one-seq_cst-fence            r0 r1        0 0      yes  no  yes yes
sb-exchange-acq_rel             r0 r1        0 0      yes  no  no  yes
sb-exchange-seq_cst             r0 r1        0 0      yes  no  no  yes
sb-locked-between               r0 r1        0 0      yes  no  no  yes
sb-forwarded                    r0 r1 r2 r3  1 0 1 0  yes  no  yes yes
n6                              r0 r1 x      1 0 1    yes  no  yes yes
unlock-against-trylock          r0 r1        0 1      yes  no  yes yes
mp-relaxed                      r0 r1        1 0      yes  no  no  yes
mp-release-relaxed              r0 r1        1 0      yes  no  no  yes
mp-relaxed-acquire              r0 r1        1 0      yes  no  no  yes
mp-release-acquire              r0 r1        1 0      no   no  no  no
mp-seq_cst                      r0 r1        1 0      no   no  no  no
mp-fences                       r0 r1        1 0      no   no  no  no
mp-release-fence-acquire        r0 r1        1 0      no   no  no  no
mp-release-acquire-fence        r0 r1        1 0      no   no  no  no
mp-plain-release-acquire        r0 r1        1 0      no   no  no  no
mp-plain-flag                   r0 r1        1 0      yes  no  no  yes
mp-through-rmw                  r0 r1        2 0      no   no  no  no
mp-through-rmw                  r0 r1        1 0      yes  yes yes yes
mp-overwritten                  r0 r1        2 0      yes  no  no  yes
mp-failed-cas                   r0 r1        1 0      yes  no  no  yes
lb-relaxed                      r0 r1        1 1      yes  no  no  no
lb-acquire-release              r0 r1        1 1      no   no  no  no
2+2w-relaxed                    x y          1 1      yes  no  no  no
2+2w-release                    x y          1 1      yes  no  no  no
2+2w-seq_cst                    x y          1 1      no   no  no  no
r-relaxed                       y r0         2 0      yes  no  yes yes
r-release-acquire               y r0         2 0      yes  no  yes yes
r-seq_cst                       y r0         2 0      no   no  no  no
r-one-seq_cst-fence             y r0         2 0      yes  no  yes yes
r-seq_cst-fences                y r0         2 0      no   no  no  no
s-relaxed                       r0 x         1 2      yes  no  no  no
s-release-acquire               r0 x         1 2      no   no  no  no
wrc-relaxed                     r0 r1 r2     1 1 0    yes  no  no  yes
wrc-release-acquire             r0 r1 r2     1 1 0    no   no  no  no
isa2-relaxed                    r0 r1 r2     1 1 0    yes  no  no  yes
isa2-release-acquire            r0 r1 r2     1 1 0    no   no  no  no
iriw-relaxed                    r0 r1 r2 r3  1 0 1 0  yes  no  no  yes
iriw-release-acquire            r0 r1 r2 r3  1 0 1 0  yes  no  no  yes
iriw-seq_cst                    r0 r1 r2 r3  1 0 1 0  no   no  no  no
iriw-seq_cst-fences             r0 r1 r2 r3  1 0 1 0  no   no  no  no
rwc-relaxed                     r0 r1 r2     1 0 0    yes  no  yes yes
rwc-seq_cst-fences              r0 r1 r2     1 0 0    no   no  no  no
sb-for-another-relaxed          r0 r1 r2     1 0 0    yes  no  no  yes
sb-for-another-release-acquire  r0 r1 r2     1 0 0    no   no  no  no
sb-own-handler                  r0 r1        0 0      yes  no  no  no
sb-handler-elsewhere            r0 r1        0 0      yes  no  yes yes
mp-own-handler                  r0 r1        1 0      yes  no  no  no
mp-handler-elsewhere            r0 r1        1 0      yes  no  no  yes
sb-one-cpu                      r0 r1        0 0      yes  no  no  no
sb-into-handler                 r0 r1        0 0      yes  no  no  yes
sb-out-of-handler               r0 r1 r2     0 0 1    yes  no  no  yes
sb-across-switch                r0 r1 r2     0 0 1    yes  no  no  yes
await                           r0           0        no   no  no  no
await                           r0           1        yes  yes yes yes
await                           r0           2        yes  yes yes yes
sb-once                         r0 r1        0 0      yes  no  yes yes
sb-once-fences                  r0 r1        0 0      no   no  no  no
mp-once                         r0 r1        1 0      yes  no  no  yes
mp-once-release-acquire         r0 r1        1 0      no   no  no  no
mp-once-into-atomic             r0 r1        1 0      yes  no  no  yes
corr-once                       r0 r1        1 0      no   no  no  no
await-once                      r0           0        no   no  no  no
await-once                      r0           1        yes  yes yes yes
await-once                      r0           2        yes  yes yes yes
mp-once-through-irqs-off        r0           0        no   no  no  no
"""
LAST = ("yes", "no")
RACY = ("mp-plain-flag",)


class Row:
    def __init__(self, line):
        words = line.split()
        self.program, words = words[0], words[1:]
        answers, words = words[-1 - len(MEMORIES):], words[:-1 - len(MEMORIES)]
        assert all(word in LAST for word in answers), line
        self.names, self.digits = words[:len(words) // 2], words[len(words) // 2:]
        self.allowed = answers[0]
        self.expected = dict(zip(MEMORIES, answers[1:]))

    def text(self):
        return " ".join(f"{name}={digit}" for name, digit in zip(self.names, self.digits) if digit != "*")

    def reached(self, outcomes):
        return "yes" if any(all(want in ("*", digit) for want, digit in zip(self.digits, outcome.split()))
                            for outcome in outcomes) else "no"


# clang 14 does not tell volatile accesses apart: they are plain there, and race.
VOLATILE_SEEN = b"__tsan_volatile_write4" in pathlib.Path(PLUGIN).read_bytes()
ROWS = [Row(line) for line in TABLE.strip().splitlines() if VOLATILE_SEEN or "-once" not in line]
PROGRAMS = list(dict.fromkeys(row.program for row in ROWS))


BETWEEN = [("either-flag", ["saw x first", "saw y first"], {}), ("differ", ["deadlock", "saw them differ"], {}),
           ("nested", ["deadlock", "ended"], {}), ("leak", ["deadlock", "both got it"], {}),
           ("voluntary-spin", ["deadlock", "ended"], {"flavour": "voluntary"}),
           ("relax-between", ["a=0 b=1", "a=1 b=0", "a=1 b=1"], {}), ("look-then-disable", ["preempted between"], {}),
           ("clock", ["time passed between"], {}), ("raise", ["handled twice after the store"], {}),
           ("freed", ["data-race", "use-after-free", "read in time or not"], {}), ("tries", ["0", "1"], {})]


def explore(program, memory, **more):
    line = json.dumps({"id": program, "plugin": PLUGIN, "program": program, "kind": "scenario", "memory": memory, **more})
    repeat = f"echo '{line}' | {WORKER}"
    done = subprocess.run([WORKER], input=line + "\n", capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        raise AssertionError(f"exit {done.returncode}: {done.stderr}\n{repeat}")
    entries = [json.loads(text) for text in done.stdout.splitlines()]
    findings = [entry["finding"] for entry in entries if entry["type"] == "finding"]
    exhausted = next(entry["cell"]["exhausted"] for entry in entries if entry["type"] == "cell")
    return {(f["title"] if f["hazard"] == "assertion" else f["hazard"]): f["token"] for f in findings}, exhausted, repeat


def run(program, memory):
    outcomes, _, repeat = explore(program, memory, executions=EXECUTIONS)
    return outcomes, repeat


with ThreadPoolExecutor(2) as pool:
    KEYS = [(program, memory) for program in PROGRAMS for memory in MEMORIES]
    REACHED = dict(zip(KEYS, pool.map(lambda key: run(*key), KEYS)))


class Litmus(unittest.TestCase):
    def test_what_is_allowed_shows_and_what_is_forbidden_does_not(self):
        for row in ROWS:
            for memory in MEMORIES:
                with self.subTest(f"{row.program} {row.text()} {memory}"):
                    outcomes, repeat = REACHED[row.program, memory]
                    self.assertEqual(row.reached(outcomes), row.expected[memory], repeat)

    def test_dpor_shows_the_same(self):
        for row in ROWS:
            for memory in ("sc", "c11"):
                with self.subTest(f"{row.program} {row.text()} {memory}"):
                    outcomes, exhausted, repeat = explore(row.program, memory, executions=DPOR_EXECUTIONS, explorer="dpor")
                    self.assertTrue(exhausted, repeat)
                    self.assertEqual(row.reached(outcomes), row.expected[memory], repeat)

    def test_dpor_reaches_each_outcome_of_a_drawn_program_that_dfs_does(self):
        def both(number, memory):
            program = ("drawn", "drawn-waits")[number // 2 % 2]
            how = {"argument": str(number), "executions": DRAWN_EXECUTIONS}
            return explore(program, memory, explorer="dfs", **how), explore(program, memory, explorer="dpor", **how)
        compared = 0
        with ThreadPoolExecutor(2) as pool:
            for dfs, dpor in pool.map(lambda number: both(number, ("sc", "c11")[number % 2]), range(DRAWN)):
                if not dfs[1]:
                    continue
                compared += 1
                self.assertTrue(dpor[1], dpor[2])
                self.assertEqual(set(dpor[0]), set(dfs[0]), f"{dpor[2]}\n{dfs[2]}")
        self.assertGreater(compared, DRAWN / 3)

    # Each was missed by an explorer that then said "exhausted".
    def test_what_shows_only_if_another_comes_in_between_shows(self):
        for program, outcomes, how in BETWEEN:
            for explorer in ("dfs", "dpor"):
                with self.subTest(f"{program} {explorer}"):
                    found, exhausted, repeat = explore(program, "sc", executions=200000, explorer=explorer, **how)
                    self.assertTrue(exhausted, repeat)
                    self.assertLessEqual(set(outcomes), set(found), repeat)

    def test_no_model_reaches_what_cxx20_forbids(self):
        for row in ROWS:
            if row.allowed == "no":
                self.assertEqual(set(row.expected.values()), {"no"}, row.program)

    # Also the completeness of the weaker models: whatever an interleaving shows, they show.
    def test_weaker_memory_shows_all_that_sequential_consistency_does(self):
        for program in PROGRAMS:
            for memory in MEMORIES[1:]:
                with self.subTest(f"{program} {memory}"):
                    outcomes, repeat = REACHED[program, memory]
                    self.assertLessEqual(set(REACHED[program, "sc"][0]), set(outcomes), repeat)

    def test_nothing_but_outcomes_shows(self):
        for (program, memory), (outcomes, repeat) in REACHED.items():
            for outcome in set(outcomes) - ({"data-race"} if program in RACY else set()):
                self.assertRegex(outcome, r"^[0-2]( [0-2]){3}$", f"{program} {memory}\n{repeat}")

    def test_a_weak_outcome_replays_bit_for_bit(self):
        for program, memory in (("sb-relaxed", "tso"), ("n6", "tso"), ("iriw-relaxed", "c11"), ("mp-failed-cas", "c11"),
                                ("sb-for-another-relaxed", "c11")):
            for title, token in REACHED[program, memory][0].items():
                spec = {"id": "x", "plugin": PLUGIN, "program": program, "kind": "scenario", "replay": token}
                done = subprocess.run([WORKER], input=json.dumps(spec) + "\n", capture_output=True, text=True)
                entries = [json.loads(text) for text in done.stdout.splitlines()]
                cell = next(entry["cell"] for entry in entries if entry["type"] == "cell")
                self.assertEqual(cell["metrics"]["replay_identical"], 1, f"{program} {token}: {cell['reason']}")
                self.assertIn(title, {e["finding"]["title"] for e in entries if e["type"] == "finding"})

    def test_the_page_tells_what_was_reached(self):
        page = PAGE.read_text() if PAGE.exists() else ""
        if not VOLATILE_SEEN:
            page = "".join(line for line in page.splitlines(keepends=True) if "-once" not in line)
        begin = page.find("\n| test ")
        lines = ["", "| test | outcome | allowed by C++20 | reached: " + " | ".join(MEMORIES) + " |",
                 "|---" * (3 + len(MEMORIES)) + "|"]
        for row in ROWS:
            reached = [row.reached(REACHED[row.program, memory][0]) for memory in MEMORIES]
            lines.append(f"| {row.program} | {row.text()} | {row.allowed} | " + " | ".join(reached) + " |")
        table = "\n".join(lines) + "\n"
        if UPDATE:
            PAGE.write_text(page[:begin] + table if begin >= 0 else page + table[1:])
        else:
            self.assertEqual(page[begin:], table, "litmus_test.py WORKER PLUGIN --update rewrites it")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
