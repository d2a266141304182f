#!/usr/bin/env python3
"""Whole programs in C as plug-ins: the verdicts of c_programs.c, what is refused, and a project that is built outside
this tree, against what was installed.

usage: c_programs_test.py CFGTORTURE C_PROGRAMS.so BUILD_FOLDER
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

FRONT_END, PLUGIN, BUILD = None, None, None

# Program: what must be found; "" is nothing. A mutant may show more.
VERDICTS = {
    "c-twins": "data-race",
    "c-dependency": "data-race",
    "c-dereference": "",
    "c-marked": "",
    "c-joins-none": "assertion",
    "c-no-such-irq-cpu": "assertion",
    "c-ticket": "",
    "c-ticket-released-once": "data-race",
    "c-ticket-drawn-twice": "assertion",
    "c-passing": "",
    "c-passing-fenced": "",
    "c-passing-once": "data-race",
    "c-park": "",
    "c-irq-off": "",
    "c-irq-on": "data-race",
    "c-joins-nobody": "assertion",
    "c-no-such-cpu": "assertion",
    "c-globals": "data-race",
}

CMAKE = """cmake_minimum_required(VERSION 3.25)
project(mine LANGUAGES C CXX)
find_package(cfgtorture REQUIRED)
cfgtorture_add_programs(mine mine.c)
"""
PROGRAM = """#include "harness/sdk/closed_program.h"
static int guarded, taken;
static void add(void* unused) {
  (void)unused;
  while (__atomic_exchange_n(&taken, 1, __ATOMIC_ACQUIRE)) cfgt_cpu_relax();
  ++guarded;
  __atomic_store_n(&taken, 0, %s);
}
static void run(void) {
  const cfgt_task a = cfgt_task_start("a", -1, add, 0), b = cfgt_task_start("b", -1, add, 0);
  cfgt_task_join(a);
  cfgt_task_join(b);
  cfgt_assert(guarded == 2);
}
const struct cfgt_program cfgt_programs[] = {{"mine", "a lock of mine", run}, {0, 0, 0}};
"""


def run(*words, **more):
    return subprocess.run(words, capture_output=True, text=True, timeout=300, **more)


class Programs(unittest.TestCase):
    def test_each_has_its_verdict(self):
        for program, hazard in VERDICTS.items():
            with self.subTest(program):
                done = run(FRONT_END, "explore", "--plugin", PLUGIN, "--scenario", program, "--executions", "3000",
                           "--expect", "found:" + hazard if hazard else "clean")
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


    def findings(self, program, status):
        done = run(FRONT_END, "explore", "--plugin", PLUGIN, "--scenario", program, "--executions", "3000",
                   "--json", "-")
        self.assertEqual(done.returncode, status, done.stderr)
        return json.loads(done.stdout)["cells"][0]["findings"]

    def test_a_misuse_says_what_there_is_and_an_assertion_is_where_the_user_wrote_it(self):
        for program, says in (("c-joins-nobody", "joins task 99"), ("c-no-such-cpu", "there are 0 to 7"),
                              ("c-no-such-irq-cpu", "raises an interrupt on CPU 8; there are 0 to 7"),
                              ("c-joins-none", "nobody joined"),
                              ("c-ticket-drawn-twice", "")):
            finding = next(f for f in self.findings(program, 1) if f["hazard"] == "assertion")
            self.assertIn(says, finding["title"])
            self.assertTrue(finding["accesses"][0]["stack"][0]["file"].endswith("c_programs.c"), finding["accesses"])

    def test_a_limit_is_told_in_one_line(self):
        done = run(FRONT_END, "explore", "--plugin", PLUGIN, "--scenario", "c-many-tasks", "--executions", "1",
                   "--quiet")
        self.assertEqual((done.returncode, done.stderr.count("\n")), (2, 1), done.stderr)
        self.assertIn("more than 62 tasks", done.stderr)

    def test_globals_have_their_names(self):
        places = {access["location"] for f in self.findings("c-globals", 1) for access in f["accesses"]}
        self.assertEqual(places, {"global beside + 8"})

    def test_functions_that_are_the_same_keep_their_names_and_c_names_are_no_types(self):
        race = next(f for f in self.findings("c-twins", 1) if f["hazard"] == "data-race")
        self.assertEqual({access["location"] for access in race["accesses"]}, {"global a"})
        self.assertEqual({access["stack"][0]["function"] for access in race["accesses"]}, {"rd", "wr"})
        self.assertRegex(race["title"], r"in (rd|wr) \(.*c_programs.c:\d+\) and (rd|wr) ")

    def test_the_command_that_repeats_a_finding_does_when_it_is_pasted(self):
        folder = tempfile.mkdtemp(prefix="cfgt_it's one_")
        self.addCleanup(shutil.rmtree, folder)
        plugin = shutil.copy(PLUGIN, folder)
        done = run(FRONT_END, "explore", "--plugin", plugin, "--scenario", "c-passing-once", "--executions", "1000",
                   "--out", folder)
        line = next(line for line in done.stdout.splitlines() if line.startswith("repeat:"))
        path = dict(os.environ, PATH=os.path.dirname(FRONT_END) + ":" + os.environ["PATH"])
        self.assertEqual(run("bash", "-c", line[len("repeat:"):], env=path).returncode, 0, line)
        self.assertEqual(run(FRONT_END, "replay", folder).returncode, 0, "a result knows its plug-in")
        other = run(FRONT_END, "replay", line.split()[3])
        self.assertEqual(other.returncode, 2)
        self.assertRegex(other.stderr, r'of "c-passing-once".*--plugin FILE\.so')


class Audit(unittest.TestCase):
    def audit(self, program, status, *more):
        done = run(FRONT_END, "audit", "--plugin", PLUGIN, "--scenario", program, "--executions", "500", "--json", "-",
                   *more)
        self.assertEqual(done.returncode, status, done.stderr)
        return {(row["kind"], row["what"], row["instead"]): row for row in json.loads(done.stdout)["audit"]}

    def test_both_orders_of_a_ticket_lock_are_needed_and_the_tokens_say_so(self):
        rows = self.audit("c-ticket", 0)
        self.assertEqual(set(rows), {("load", "acquire", "relaxed"), ("store", "release", "relaxed")})
        for row in rows.values():
            self.assertEqual((row["verdict"], row["hazard"]), ("needed", "data-race"))
            self.assertTrue(row["file"].endswith("c_programs.c"), row)
            done = run(FRONT_END, "replay", row["token"], "--plugin", PLUGIN)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("data-race", done.stdout)

    def test_orders_that_no_plain_data_hangs_on_are_spare(self):
        for row in self.audit("c-park", 1, "--memory", "sc").values():
            self.assertEqual(row["verdict"], "spare", row)

    def test_orders_of_marked_accesses_are_needed_unless_sc_is_asked_for(self):
        self.assertEqual({row["verdict"] for row in self.audit("c-marked", 0).values()}, {"needed"})

    def test_a_program_that_fails_as_it_is_decides_nothing(self):
        for row in self.audit("c-ticket-released-once", 4).values():
            if row["verdict"] != "needed":
                self.assertEqual(row["verdict"], "undecided")
                self.assertIn("the unchanged c-ticket-released-once already shows: ", row["reason"])


class Refused(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="cfgt_c_")
        self.addCleanup(shutil.rmtree, self.folder)

    def refused(self, text, *flags, says, after=()):
        source, plugin = os.path.join(self.folder, "x.c"), os.path.join(self.folder, "x.so")
        with open(source, "w") as file:
            file.write(text)
        built = run("cc", "-shared", "-fPIC", *flags, "-nostdlib", "-o", plugin, source, *after)
        self.assertEqual(built.returncode, 0, built.stderr)
        done = run(FRONT_END, "explore", "--plugin", plugin, "--scenario", "x")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertIn(says, done.stderr)

    def test_what_is_no_such_plug_in_is_told_what_is_missing(self):
        # Compiled with the sanitizer in one step, linked without it in another, as the CMake function does.
        reference = "void __tsan_init(void); int x(void) { __tsan_init(); return 0; }"
        self.refused("int x(void) { return 0; }", says="cfgtorture_add_programs()")
        self.refused(reference, says="exports no cfgt_plugin()")
        self.refused(reference + "int pthread_create(); int y(void) { return pthread_create(); }", says="cfgt_task_start()")
        self.refused(reference + "struct text { long kind; const char *name; long rest[15]; } texts[2] = {{0, \"x\"}, "
                     "{0, \"x\"}}; struct { int abi; void *s; int n; struct text *p; int m; long rest[9]; } tables = "
                     "{3, 0, 0, texts, 2}; void *cfgt_plugin(void) { return &tables; }",
                     says="two programs of the name \"x\"")
        self.refused(reference + "int printf(); int y(void) { return printf(); }", says="printf")


class Installed(unittest.TestCase):
    def test_a_project_of_its_own_builds_against_what_was_installed(self):
        folder = tempfile.mkdtemp(prefix="cfgt_installed_")
        self.addCleanup(shutil.rmtree, folder)
        prefix, source, build = (os.path.join(folder, name) for name in ("prefix", "mine", "build"))
        done = run("cmake", "--install", BUILD, "--prefix", prefix)
        self.assertEqual(done.returncode, 0, done.stderr)
        os.mkdir(source)
        with open(os.path.join(source, "CMakeLists.txt"), "w") as file:
            file.write(CMAKE)
        done = None
        for order, status in (("__ATOMIC_RELEASE", 0), ("__ATOMIC_RELAXED", 1)):
            with open(os.path.join(source, "mine.c"), "w") as file:
                file.write(PROGRAM % order)
            if done is None:
                done = run("cmake", "-S", source, "-B", build, "-DCMAKE_PREFIX_PATH=" + prefix)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            done = run("cmake", "--build", build, "--target", "mine_instrumented")
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            done = run(os.path.join(prefix, "bin", "cfgtorture"), "explore", "--plugin",
                       os.path.join(build, "libmine_instrumented.so"), "--scenario", "mine", "--executions", "2000")
            self.assertEqual(done.returncode, status, done.stdout + done.stderr)
            if status == 1:
                self.assertIn("mine.c:", done.stdout)
                page = next(line for line in done.stdout.splitlines() if line.startswith("about:")).split()[1]
                self.assertTrue(page.startswith(prefix) and os.path.exists(page), page)


if __name__ == "__main__":
    FRONT_END, PLUGIN, BUILD = sys.argv[1:4]
    unittest.main(argv=sys.argv[:1])
