"""Runs the closed programs of testdata/programs.cc in the model worker: what must be found is, and nothing else.

usage: model_test.py WORKER PLUGIN
Each program is explored for a fixed number of executions of seed 1; a failure prints the command that repeats it.
"""
import json
import subprocess
import sys
import unittest

WORKER, PLUGIN = sys.argv[1:3]

# Program: hazards that must be found. Everything not listed must be absent, but for MAY.
EXPECTED = {
    "race-plain": {"data-race"},
    "ordered-by-flag": set(),
    "race-relaxed-flag": {"data-race"},
    "ordered-by-fences": set(),
    "race-memset": {"data-race"},
    "race-memcpy": {"data-race"},
    "no-race-in-neighbours": set(),
    "volatile-is-marked": set(),
    "race-volatile-against-plain": {"data-race"},
    "shared-pointer": set(),
    "atomic-16-bytes": set(),
    "static-initialiser": set(),
    "globals-are-restored": set(),
    "use-after-free": {"use-after-free", "data-race", "assertion"},
    "double-free": {"use-after-free"},
    "dead-frame": {"dead-entry"},
    "wild-pointer": {"crash"},
    "ab-ba-deadlock": {"deadlock", "lock-order"},
    "spin-ab-ba-deadlock": {"deadlock", "lock-order"},
    "lost-wakeup": {"lost-wakeup"},
    "wait-event": set(),
    "nobody-wakes": {"deadlock"},
    "completion-on-the-stack": set(),
    "rwsem": set(),
    "mutex": set(),
    "exchange-spinner": set(),
    "poll-three-times": set(),
    "poll-until-a-time": set(),
    "volatile-between-fences": set(),
    "crash-beside-a-deadlock": {"deadlock"},
    "spin-without-relax": {"livelock"},
    "race-with-handler": {"data-race"},
    "irqs-off-against-handler": set(),
    "handler-on-the-holders-cpu": {"deadlock", "lock-order"},
    "sleeping-handler": {"context"},
    "handler-runs": set(),
    "each-vector-is-pending": set(),
    "timer-fires": set(),
    "sleepers-wake-in-time": set(),
    "alone-use-after-free": {"use-after-free"},
    "alone-spins-for-ever": {"deadlock", "lock-order"},
    "dead-frame-after-the-end": {"dead-entry"},
    "race-with-one-not-joined": {"data-race"},
    "reads-after-the-end": set(),
    "timer-takes-what-a-task-holds": {"lock-order", "deadlock"},
    "timer-against-irqsave": set(),
    "irqs-come-on-with-a-lock-held": {"lock-order"},
    "ends-with-a-lock-held": {"owner"},
    "handler-returns-with-a-lock-held": {"owner"},
    "handler-keeps-a-sleeper-off": {"deadlock"},
    "releases-anothers-lock": {"owner"},
    "init-ends-with-a-lock-held": {"owner"},
    "ends-with-interrupts-off": {"context"},
    "ends-with-preemption-off": {"context"},
    "init-ends-with-interrupts-off": {"context"},
    "handler-returns-with-interrupts-off": set(),
    "frees-a-held-lock": {"owner"},
    "frees-an-awaited-lock": {"owner"},
    "frees-a-released-lock": set(),
    "leaves-a-function-blocked": {"owner"},
    "another-unblocks": set(),
    "leaves-a-linked-entry": {"list-corrupt"},
    "links-twice": {"list-corrupt"},
    "queue-ends-with-a-waiter": {"list-corrupt"},
    "parent-child-and-another-between": set(),
    "tries-what-it-reads": set(),
    "undoes-and-tries-again": {"livelock"},
    "writes-then-reads-for-ever": {"livelock"},
    "locks-for-long": set(),
    "adds-for-long": set(),
    "hands-over-for-long": set(),
    "joins-itself": {"deadlock"},
    "spins-ab-ba": {"deadlock"},
    "parks-with-preemption-off": {"context"},
    "last-write-decides": {"assertion"},
    "both-read-zero": set(),
}
MAY = {"dead-frame": {"data-race"}}

# g++ tells volatile accesses apart; clang 14 emits plain ones for them, which race.
with open(PLUGIN, "rb") as code:
    if b"__tsan_volatile_write4" not in code.read():
        EXPECTED.update({"volatile-is-marked": {"data-race"}, "volatile-between-fences": {"data-race"}})


def run(program, steps=False, **more):
    spec = {"id": program, "plugin": PLUGIN, "program": program, "kind": "scenario", "executions": 2000, **more}
    line = json.dumps(spec)
    done = subprocess.run([WORKER], input=line + "\n", capture_output=True, text=True, timeout=120)
    repeat = f"echo '{line}' | {WORKER}"
    if done.returncode != 0:
        raise AssertionError(f"exit {done.returncode}: {done.stderr}\n{repeat}")
    lines = [json.loads(text) for text in done.stdout.splitlines()]
    cell = next(entry["cell"] for entry in lines if entry["type"] == "cell")
    findings = [entry["finding"] for entry in lines if entry["type"] == "finding"]
    if not steps:
        return cell, findings, repeat
    return cell, findings, repeat, [entry["step"] for entry in lines if entry["type"] == "trace"]


def found(cell):
    return {name for name, outcome in cell["hazards"].items() if outcome["verdict"] == "found"}


class Programs(unittest.TestCase):
    def test_each_shows_what_it_must_and_nothing_else(self):
        for program, expected in EXPECTED.items():
            with self.subTest(program):
                executions = 1 if "livelock" in expected or program.endswith("for-long") else 2000
                cell, findings, repeat = run(program, executions=executions)
                extra = found(cell) - MAY.get(program, set())
                self.assertEqual(extra, expected, repeat + "\n" + "\n".join(f["title"] for f in findings))
                self.assertGreater(cell["accesses"], 0)

    # Tasks of one CPU with preemption off exclude each other, but nothing orders them for the detector: C++ code that
    # relies on it has to say so, as per-CPU data in the kernel does. The values must be right all the same.
    def test_preemption_off_keeps_the_cpu(self):
        cell, _, repeat = run("preempt-off")
        self.assertNotIn("assertion", found(cell), repeat)


class Rt(unittest.TestCase):
    def test_handlers_are_threads_unless_they_must_not_be(self):
        for program, expected in (("sleeping-handler", set()), ("sleeping-no-thread-handler", {"context"}),
                                  ("handler-runs", set())):
            with self.subTest(program):
                cell, _, repeat = run(program, flavour="rt")
                self.assertEqual(found(cell), expected, repeat)


class Findings(unittest.TestCase):
    def test_a_race_names_both_sides_with_stacks_and_tasks(self):
        _, findings, repeat = run("race-plain")
        self.assertEqual(len(findings[0]["accesses"]), 2, repeat)
        for access in findings[0]["accesses"]:
            self.assertTrue(access["stack"], repeat)
            self.assertTrue(access["stack"][0]["offset"] > 0)
            self.assertEqual(access["context"], "task")
        self.assertEqual({a["task"] for a in findings[0]["accesses"]}, {"a", "b"})
        self.assertEqual(sum(step["clash"] for step in findings[0]["schedule"]), 2, repeat)

    def test_a_use_after_free_has_the_stacks_of_both(self):
        _, findings, repeat = run("alone-use-after-free")
        finding = next(f for f in findings if f["hazard"] == "use-after-free")
        self.assertEqual(len(finding["accesses"]), 2, repeat)
        self.assertRegex(finding["accesses"][1]["what"], r"^free of [0-9]+ bytes?$", repeat)
        for access in finding["accesses"]:
            self.assertTrue(access["stack"], repeat)
        self.assertEqual(sum(step["clash"] for step in finding["schedule"]), 2, repeat)

    def test_a_deadlock_says_who_waits_for_what(self):
        _, findings, repeat = run("ab-ba-deadlock")
        detail = next(f["detail"] for f in findings if f["hazard"] == "deadlock")
        for text in ("waits on lock a", "waits on lock b", "holds lock a", "holds lock b"):
            self.assertIn(text, detail, repeat)

    def test_a_livelock_says_who_goes_round_what_and_what_did_not_happen(self):
        cell, findings, repeat = run("two-try-again", executions=1)
        self.assertEqual(found(cell), {"livelock"}, repeat)
        livelock = findings[0]
        self.assertIn("for 100000 steps; one, other loop", livelock["title"], repeat)
        self.assertIn("In the last 100000 of %d steps no task" % cell["points"], livelock["detail"], repeat)
        self.assertIn("took it again", livelock["detail"], repeat)
        self.assertIn("\nOthers: waiter on CPU3 sleeps until woken, waits on done.", livelock["detail"], repeat)
        self.assertEqual([access["task"] for access in livelock["accesses"]], ["one", "other"], repeat)
        for access in livelock["accesses"]:
            self.assertIn('takes tried, reads stack of task "init"', access["what"], repeat)
            self.assertTrue(access["stack"], repeat)
        self.assertEqual(len(findings), 1, repeat)

    # Locks of the program's own have no names: what it spins on is told, and where it stands.
    def test_a_deadlock_says_where_everybody_waits_and_for_what(self):
        for program, tasks, whats in (("spins-ab-ba", ["init", "ba"], ["second_lock", "first_lock"]),
                                      ("joins-itself", ["init"], ['waits for the end of "init"']),
                                      ("nobody-wakes", None, ["sleeps until woken"])):
            _, findings, repeat = run(program)
            finding = next(f for f in findings if f["hazard"] == "deadlock")
            if tasks is not None:
                self.assertEqual([wait["task"] for wait in finding["waiting"]], tasks, repeat)
            for wait, what in zip(finding["waiting"], whats, strict=tasks is not None):
                self.assertIn(what, wait["what"], repeat)
                self.assertTrue(wait["stack"], repeat)
                self.assertIn(wait["what"], finding["detail"], repeat)

    def test_who_sleeps_where_it_must_not_says_where(self):
        _, findings, repeat = run("parks-with-preemption-off")
        self.assertTrue(findings[0]["accesses"][0]["stack"], repeat)
        self.assertTrue(findings[0]["schedule"][-1]["clash"], repeat)

    # No choice lies between the last write and the read that follows it: init waits from then on.
    def test_each_ordering_is_told_and_names_its_variable(self):
        _, findings, repeat = run("last-write-decides")
        told = [tuple((side["task"], side["cpu"], side["what"].split()[1], side["location"].split("::")[-1])
                      for side in (ordering["before"], ordering["after"])) for ordering in findings[0]["orderings"]]
        self.assertEqual(told, [(("reader", 1, "read", "flag"), ("init", 0, "write", "flag")),
                                (("init", 0, "write", "data"), ("reader", 1, "read", "data"))], repeat)

    # That each load comes before the other's store reaches it is what decides, wherever that store stands itself.
    def test_a_load_past_a_store_is_drawn_and_must_come_first(self):
        for memory in ("tso", "c11"):
            _, findings, repeat = run("both-read-zero", memory=memory)
            finding = next(f for f in findings if f["title"] == "both read 0")
            sides = [order["before"] for order in finding["orderings"]]
            told = {(side["task"], side["what"].split()[1], side["location"].split("::")[-1]) for side in sides}
            both = {("one", "read", "data"), ("other", "read", "flag")}
            self.assertTrue(told == both if memory == "tso" else told and told <= both, f"{told}\n{repeat}")
            old = [step for step in finding["schedule"] if "not the newest" in step["text"]]
            arrivals = [order for order in finding["orderings"] if order["after"]["what"].startswith("arrival at")]
            self.assertTrue(old, repeat)
            self.assertGreaterEqual(len(arrivals), len(old), repeat)

    def test_a_lock_order_cycle_is_found_in_a_run_that_does_not_block(self):
        cell, findings, repeat = run("ab-ba-deadlock")
        cycle = next(f for f in findings if f["hazard"] == "lock-order")
        self.assertIn("lock a", cycle["title"], repeat)
        self.assertLessEqual(cell["hazards"]["lock-order"]["executions_to_first"], 20)


class LockReports(unittest.TestCase):
    def report_of(self, program, hazard):
        _, findings, repeat = run(program, executions=500)
        finding = next(f for f in findings if f["hazard"] == hazard)
        self.assertEqual(len(finding["lock_report"]), 1, repeat)
        return finding, finding["lock_report"][0], repeat

    def test_a_cycle_has_a_call_chain_for_each_edge_and_says_who(self):
        finding, report, repeat = self.report_of("ab-ba-deadlock", "lock-order")
        self.assertEqual(report["heading"], "possible circular locking dependency detected", repeat)
        self.assertEqual(len(report["chain"]), 2, repeat)
        for edge in report["chain"]:
            for lock in (edge["held"], edge["wanted"]):
                self.assertTrue(lock["taken"]["stack"], repeat)
                self.assertTrue(lock["taken"]["task"], repeat)
                self.assertEqual(lock["wait_type"], "4:4", repeat)
        self.assertEqual([lock["name"] for lock in report["held"]], [report["chain"][-1]["held"]["name"]], repeat)

    def test_a_use_that_is_unsafe_names_both_places(self):
        finding, report, repeat = self.report_of("timer-takes-what-a-task-holds", "lock-order")
        self.assertEqual((report["heading"], report["level"]), ("inconsistent lock state", "softirq"), repeat)
        self.assertEqual({use["context"] for use in report["irq_uses"]}, {"task", "softirq"}, repeat)
        self.assertEqual(report["wanted"][0]["usage"][2], "?", repeat)
        for use in report["irq_uses"]:
            self.assertTrue(use["stack"], repeat)

    def test_a_release_names_the_holder(self):
        finding, report, repeat = self.report_of("releases-anothers-lock", "owner")
        self.assertEqual(report["holder"], "init", repeat)
        self.assertIn("another's", finding["title"], repeat)

    def test_a_freed_lock_names_its_user_and_where_it_was_taken(self):
        for program, verb in (("frees-a-held-lock", "holds"), ("frees-an-awaited-lock", "waits for")):
            _, findings, repeat = run(program)
            by_title = {f["title"]: f for f in findings}
            finding = by_title[f'the memory of slot_lock goes away while "user" {verb} it']
            report = finding["lock_report"][0]
            self.assertEqual((report["heading"], report["holder"]), ("held lock freed!", "user"), repeat)
            self.assertTrue(report["wanted"][0]["taken"]["stack"], repeat)
            self.assertEqual([a["task"] for a in finding["accesses"]], ["init", "user"], repeat)

    def test_who_ends_with_interrupts_off_is_named_and_nobody_else(self):
        for program, who, how in (("ends-with-interrupts-off", "masker", "interrupts off"),
                                  ("ends-with-preemption-off", "holder", "preemption off"),
                                  ("init-ends-with-interrupts-off", "init", "interrupts off")):
            _, findings, repeat = run(program, executions=20)
            told = [(f["title"], f["accesses"][0]["task"]) for f in findings]
            title = f"sleeping function called from atomic context: do_exit in task context, {how}"
            self.assertEqual(told, [(title, who)], repeat)

    def test_a_block_that_is_left_names_its_taker(self):
        _, findings, repeat = run("leaves-a-function-blocked")
        self.assertIn("still blocked at the program's end", findings[0]["title"], repeat)
        self.assertEqual(findings[0]["accesses"][0]["task"], "reset", repeat)
        self.assertTrue(findings[0]["accesses"][0]["stack"], repeat)

    def test_a_race_says_what_the_write_changed(self):
        _, findings, repeat = run("race-plain")
        self.assertRegex(findings[0]["value_changed"], r"^0x0000000[0-2] -> 0x0000000[12]$", repeat)

    def test_what_is_left_over_in_a_dead_frame_is_no_value(self):
        _, findings, repeat = run("dead-frame-after-the-end")
        place = 'dead stack of task "a"'
        self.assertEqual(findings[0]["accesses"][0]["location"], place, repeat)
        self.assertEqual(findings[0]["schedule"][-1]["text"], f"plain read, 4 bytes, {place}", repeat)


class Replay(unittest.TestCase):
    def test_every_finding_replays_bit_for_bit_in_another_process(self):
        for program in ("race-plain", "use-after-free", "ab-ba-deadlock", "lost-wakeup", "dead-frame",
                        "handler-on-the-holders-cpu"):
            _, findings, repeat = run(program)
            for finding in findings:
                cell, again, _ = run(program, replay=finding["token"])
                self.assertEqual(cell["metrics"]["replay_identical"], 1, f"{repeat}\n{finding['token']}: {cell['reason']}")
                self.assertIn(finding["hazard"], {f["hazard"] for f in again}, finding["token"])

    def test_a_trace_has_every_access_with_its_value_order_and_place(self):
        _, findings, _ = run("last-write-decides")
        _, _, repeat, steps = run("token", replay=findings[0]["token"], trace=True, steps=True)
        told = [(step["task"], step["text"]) for step in steps if step["text"].startswith("atomic")]
        self.assertEqual([task for task, _ in told], ["reader", "init", "init", "reader"], repeat)
        for (_, text), (kind, arrow) in zip(told, (
                ("read", "flag (relaxed) -> 0x00000000"), ("write", "flag (relaxed) <- 0x00000001"),
                ("write", "data (relaxed) <- 0x00000001"), ("read", "data (relaxed) -> 0x00000001"))):
            self.assertTrue(text.startswith(f"atomic {kind}, 4 bytes"), text)
            self.assertIn(arrow, text)
        self.assertTrue(all(step["stack"] for step in steps if step["text"].startswith("atomic")), repeat)

    def test_two_processes_find_the_same(self):
        one, two = run("lost-wakeup"), run("lost-wakeup")
        self.assertEqual([f["token"] for f in one[1]], [f["token"] for f in two[1]])
        self.assertEqual(one[0]["points"], two[0]["points"])
        self.assertEqual(one[0]["distinct"], two[0]["distinct"])

    def test_a_token_of_another_build_says_which_part_differs(self):
        spec = {"id": "x", "plugin": PLUGIN, "program": "race-plain", "kind": "scenario", "replay": "ct1-0000"}
        done = subprocess.run([WORKER], input=json.dumps(spec) + "\n", capture_output=True, text=True)
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stderr.strip(), 'token "ct1-0000": cut short')

    def test_other_seeds_run_other_schedules(self):
        points = {run("lost-wakeup", seed=seed)[0]["points"] for seed in (1, 2, 3)}
        self.assertEqual(len(points), 3)


class Input(unittest.TestCase):
    def refused(self, text, **more):
        spec = {"id": "x", "plugin": PLUGIN, "program": "race-plain", "kind": "scenario", **more}
        done = subprocess.run([WORKER], input=json.dumps(spec) + "\n", capture_output=True, text=True)
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertIn(text, done.stderr)

    def test_a_program_whose_way_garbage_decides_is_told_so(self):
        self.refused("reads-what-it-has-not-written: execution 0 of seed 1 goes another way with other garbage on its stacks",
                     program="reads-what-it-has-not-written", executions=10)

    def test_what_this_build_does_not_have_is_refused_by_name(self):
        self.refused("memory \"power\"", memory="power")
        self.refused("explorer \"bpor\"", explorer="bpor")
        self.refused("flavour \"loud\"", flavour="loud")
        self.refused("no program \"nothing\"", program="nothing")

    def test_an_idle_program_exercises_nothing(self):
        cell, _, repeat = run("preempt-off", executions=1)
        self.assertEqual(run("double-free", executions=1)[0]["hazards"]["data-race"]["verdict"], "not-exercised", repeat)
        self.assertGreater(cell["accesses"], 0)

    # Who hears nothing for long takes the worker for one that hangs, and reports a crash.
    def test_an_execution_of_a_million_steps_says_that_it_runs(self):
        spec = {"plugin": PLUGIN, "program": "spin-without-relax", "kind": "scenario", "executions": 1, "ops": 20}
        done = subprocess.run([WORKER], input=json.dumps(spec) + "\n", capture_output=True, text=True, timeout=120)
        told = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual(told[1]["type"], "progress")
        self.assertEqual(told[1]["executions"], 0)
        self.assertIn("livelock", [entry["finding"]["hazard"] for entry in told if entry["type"] == "finding"])

    def test_what_a_long_execution_shows_is_shown_by_a_short_one(self):
        _, findings, repeat = run("fails-in-one-round-of-a-thousand", executions=30, ops=4000, until_any=True)
        reduction = findings[0]["reduction"]
        self.assertLess(reduction["ops"], 4000, repeat)
        self.assertLess(10 * findings[0]["preemptions"], reduction["preemptions_before"], repeat)
        self.assertEqual(run("token", kind="scenario", replay=findings[0]["token"])[0]["metrics"]["replay_identical"], 1)

    def test_a_plain_object_is_refused(self):
        self.refused("not instrumented", plugin=PLUGIN.replace("_instrumented", "_plain"))
        self.refused("not a shared object", plugin=__file__)
        self.refused("cannot be opened", plugin="/nowhere/x.so")

    def test_what_is_no_cell_is_refused(self):
        for text in ("", "hello", "[1]", "{\"seed\":\"x\"}"):
            done = subprocess.run([WORKER], input=text + "\n", capture_output=True, text=True)
            self.assertEqual(done.returncode, 2, text)
            self.assertEqual(done.stderr.count("\n"), 1, done.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
