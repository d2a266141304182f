#!/usr/bin/env python3
"""cfgtorture gate over a worker that misbehaves on request: each outcome and its exit status, files, bad input; and the
files of ci/templates: they parse, and their shell lines run, over the real command line and stand-ins for what installs
and builds.

usage: gate_test.py CFGTORTURE FAKE_WORKER CFGT_CHECK_RESULT
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import yaml

FRONT_END, FAKE_WORKER, CHECK = None, None, None
EXECUTIONS = 4000  # that a cell of the quick plan runs, of a probe
TEMPLATES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "templates")


def build(folder, p50=None, how=None, old=False):
    """A folder as build/bin is: the real front end (a copy: it looks beside itself), and the fake worker."""
    os.makedirs(folder)
    shutil.copy(FRONT_END, os.path.join(folder, "cfgtorture"))
    for worker in ("model", "tsan", "native", "checked"):
        path = os.path.join(folder, "cfgtorture-" + worker)
        with open(path, "w") as file:
            file.write("#!/bin/sh\nexport FAKE_WORKER_EXECUTIONS=%d\n" % EXECUTIONS)
            if p50 is not None:
                file.write("export FAKE_WORKER_P50=%s\n" % p50)
            if how is not None:
                file.write("export FAKE_WORKER_HOW=%s\n" % how)
            if old:
                file.write("export FAKE_WORKER_OLD=1\n")
            file.write('exec "%s" -B "%s" "$@"\n' % (sys.executable, FAKE_WORKER))
        os.chmod(path, 0o755)
    for code in ("instrumented", "plain", "observed"):
        open(os.path.join(folder, "libcfgt_code_%s.so" % code), "w").close()


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="cfgt_gate_")
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def gate(self, folder, *words, status):
        process = subprocess.run([self.path(folder) + "/cfgtorture", "gate", *words], stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, text=True, cwd=self.folder, timeout=300)
        self.assertEqual(process.returncode, status, "%s\n%s\n%s" % (words, process.stdout, process.stderr))
        return process.stdout, process.stderr

    def refused(self, *words, says):
        out, err = self.gate("change", *words, status=2)
        self.assertEqual((out, err.count("\n")), ("", 1), err)
        self.assertIn(says, err)

    def text(self, name):
        with open(self.path(name)) as file:
            return file.read()


class Baseline(Folder):
    # Three cells, of 17: a worker here takes a hundred times what a real one takes to start.
    FEW = ("--baseline", "b.json", "--strategy", "sound", "--workload", "none")

    def setUp(self):
        super().setUp()
        build(self.path("change"))

    def make_baseline(self):
        out, _ = self.gate("change", *self.FEW, "--update", status=0)
        self.assertIn("+ model/sound/torn-pair/x86/preempt", out)
        self.assertIn("commit b.json", out)
        return self.text("b.json")

    def test_holds_and_says_what_was_compared(self):
        before = self.make_baseline()
        out, err = self.gate("change", *self.FEW, "--json", "r.json", status=0)
        self.assertIn("3 cells run twice", out)
        self.assertIn("end of gate: holds", err)
        self.assertEqual(subprocess.run([CHECK, self.path("r.json")]).returncode, 0)
        self.gate("change", "--baseline", "b.json", "r.json", status=0)  # judged from the file, with nothing run
        self.gate("change", *self.FEW, "--update", status=0)
        self.assertEqual(self.text("b.json"), before, "the same once more writes the same bytes")

    def test_moved_unless_accepted(self):
        changed = json.loads(self.make_baseline())
        cells = next(iter(changed["toolchains"].values()))["quick"]
        cells["model/sound/torn-pair/x86/preempt"]["figures"]["steps"] *= 2
        with open(self.path("b.json"), "w") as file:
            json.dump(changed, file)
        out, err = self.gate("change", *self.FEW, "--json", "r.json", status=4)
        self.assertIn("end of gate: moved", err)
        self.assertIn("--update", out, "what is to be done")
        self.gate("change", "--baseline", "b.json", "r.json", "--accept", "moved", status=0)

    def test_regressed_where_a_hazard_was_not_found_before(self):
        self.make_baseline()
        build(self.path("race"), how="only:sound:race")
        out, err = self.gate("race", *self.FEW, "--json", "r.json", "--summary", "s.md", status=1)
        self.assertIn("end of gate: regressed", err)
        self.assertIn("finding", out, "the finding itself")
        self.assertEqual(subprocess.run([CHECK, self.path("r.json")]).returncode, 0)
        self.gate("race", "--baseline", "b.json", "r.json", "--summary", "s.md", status=1)
        self.assertEqual(self.text("s.md").count("cfgtorture gate: regressed"), 2, "each run below the last")

    def test_regressed_where_a_worker_dies(self):
        self.make_baseline()
        build(self.path("segv"), how="only:sound:segv")
        out, err = self.gate("segv", *self.FEW, status=1)
        self.assertIn("SIGSEGV", out)

    def test_two_runs_that_differ_prove_nothing_and_make_no_baseline(self):
        before = self.make_baseline()
        build(self.path("unsteady"), how="only:sound:unsteady")
        out, err = self.gate("unsteady", *self.FEW, "--update", status=3)
        self.assertIn("two runs of one build and seed differ", out)
        self.assertEqual(self.text("b.json"), before)

    def test_another_toolchain_has_no_baseline(self):
        with open(self.path("b.json"), "w") as file:
            json.dump({"schema": "cfgtorture-baseline-1", "toolchains": {"cc 1, pdp11, Release": {"quick": {}}}}, file)
        out, err = self.gate("change", *self.FEW, status=4)
        self.assertIn("for this toolchain", out)
        self.assertIn("cfgtorture gate --update", out)
        self.gate("change", *self.FEW, "--update", "--quiet", status=0)
        self.assertEqual(len(json.loads(self.text("b.json"))["toolchains"]), 2, "the other one's part is kept")

    def test_bad_input_is_one_line(self):
        open(self.path("bad.json"), "w").close()
        self.refused("--baseline", "bad.json", says="bad.json")
        self.refused("--baseline", "none.json", says="none.json")
        with open(self.path("cut.json"), "w") as file:
            file.write("{")
        self.refused("--baseline", "cut.json", says="line 1, column 2")
        self.refused("--native-only", says="--base-build")
        self.refused("--native-only", "--model-only", says="choose one")
        self.refused("--quick", "--full", says="choose one")
        self.refused("--native-only", "--base-build", ".", says="libcfgt_code_plain.so")
        self.refused("--budget", "8", says="unit")
        self.refused("--accept", "regressed", says="moved")
        self.refused("--strategy", "sond", says='did you mean "sound"?')
        self.refused("--summary", "no/such/folder", says="--summary")
        self.refused("none.json", says="none.json")
        self.refused("bad.json", "--strategy", "sound", says="--strategy")
        self.refused("bad.json", "--update", says="leave out one of them")

    def test_a_result_that_looked_further_is_no_regression_by_that(self):
        self.make_baseline()
        build(self.path("race"), how="only:sound:race")
        self.gate("race", *self.FEW, "--json", "r.json", status=1)
        result = json.loads(self.text("r.json"))
        result["command"] = ["cfgtorture", "compare"]
        for cell in result["cells"]:
            cell["params"]["executions"] = 0
            cell["executions"] *= 10
            for outcome in cell["hazards"].values():
                if outcome["verdict"] == "found" and not outcome["agreement"]:
                    outcome["executions_to_first"] = 9 * EXECUTIONS
        with open(self.path("further.json"), "w") as file:
            json.dump(result, file)
        out, err = self.gate("race", "--baseline", "b.json", "further.json", status=4)
        self.assertIn("looked further than the baseline: 40000 executions against 4000", out)
        self.assertIn("decides: cfgtorture gate without a result file", out)
        self.assertIn("end of gate: undecided", err)

    def damaged(self, name, change, source="r.json"):
        result = json.loads(self.text(source))
        change(result)
        with open(self.path(name), "w") as file:
            json.dump(result, file)

    def test_what_the_baseline_accepts_is_green_in_every_format(self):
        build(self.path("race"), how="only:sound:race")
        self.gate("race", *self.FEW, "--update", status=0)
        self.gate("race", *self.FEW, "--junit", "j.xml", "--sarif", "s.sarif", "--out", "out", status=0)
        self.assertIn(' failures="0" errors="0"', self.text("j.xml"))
        results = json.loads(self.text("s.sarif"))["runs"][0]["results"]
        self.assertTrue(results)
        for result in results:
            self.assertEqual(result["level"], "note")
            self.assertIn("baseline", result["suppressions"][0]["justification"])
        self.assertEqual(subprocess.run([CHECK, self.path("out/result.json")]).returncode, 0)
        self.gate("race", "--baseline", "b.json", "out", status=0)  # the folder, as report and merge take it

    def test_a_result_in_which_nothing_was_judged_proves_nothing(self):
        self.make_baseline()
        self.gate("change", *self.FEW, "--json", "r.json", status=0)
        self.damaged("none.json", lambda result: result.update(cells=[]))
        _, err = self.gate("change", "--baseline", "b.json", "none.json", status=3)
        self.assertIn("nothing was judged", err)
        self.assertIn("cfgtorture gate or compare", err)
        self.damaged("explored.json", lambda result: result.update(command=["cfgtorture", "explore"]))
        self.refused("--baseline", "b.json", "explored.json", says='a result of "explore"')

        def with_control(result):
            result["catalogue"]["strategies"].append(dict(result["catalogue"]["strategies"][0], name="null"))

        self.damaged("uncontrolled.json", with_control)
        _, err = self.gate("change", "--baseline", "b.json", "uncontrolled.json", status=3)
        self.assertIn("the control null was not run", err)

    def test_cells_that_are_gone_are_undecided_if_they_were_asked_for(self):
        self.make_baseline()
        self.gate("change", *self.FEW, "--json", "r.json", status=0)
        self.damaged("fewer.json", lambda result: result["cells"].pop())
        out, _ = self.gate("change", "--baseline", "b.json", "fewer.json", status=4)
        self.assertIn("1 cell of the baseline not in this run", out)
        gone = json.loads(self.text("b.json"))
        cells = next(iter(gone["toolchains"].values()))["quick"]
        for cell in ("model/sound/torn-pair/gone/preempt", "model/other/torn-pair/x86/preempt"):
            cells[cell] = cells["model/sound/torn-pair/x86/preempt"]
        with open(self.path("b.json"), "w") as file:
            json.dump(gone, file)
        out, _ = self.gate("change", *self.FEW, status=4)
        self.assertIn("1 cell of the baseline not in this run", out, "the other one is of no strategy asked for")

    def test_files_that_are_none_and_full_disks(self):
        self.make_baseline()
        self.gate("change", *self.FEW, "--json", "r.json", status=0)
        os.mkfifo(self.path("pipe"))
        with open(self.path("got"), "w") as got:
            reader = subprocess.Popen(["cat", self.path("pipe")], stdout=got)
        self.gate("change", "--baseline", "b.json", "r.json", "--junit", "pipe", status=0)
        self.assertEqual(reader.wait(timeout=60), 0)
        self.assertIn("<testsuites", self.text("got"))
        self.assertTrue(os.path.exists(self.path("pipe")) and not os.path.isfile(self.path("pipe")))
        for words in (("gate", "--baseline", "b.json", "r.json", "--json", "-"), ("list", "strategies", "--json")):
            with open("/dev/full", "w") as full:
                process = subprocess.run([self.path("change/cfgtorture"), *words], stdout=full, stderr=subprocess.PIPE,
                                         text=True, cwd=self.folder)
            self.assertEqual(process.returncode, 3, process.stderr)
            self.assertIn("cfgtorture: stdout: cannot be written: ", process.stderr)
        self.refused(*self.FEW[2:], "--update", "--baseline", "no/such/b.json", says="--baseline no/such/b.json")
        self.refused("--baseline", ".", says=".: is a folder")
        self.refused("--baseline", "none.json", says="cfgtorture gate --update --baseline none.json writes one")
        self.refused("change", says="a folder without a result.json")

    def test_no_name_drives_a_terminal_or_a_ci_system(self):
        self.make_baseline()
        hostile = "e\x1b[2J\n::error file=x::y.json"
        _, err = self.gate("change", *self.FEW, "--json", hostile, status=0)
        _, refusal = self.gate("change", hostile, "--update", status=2)

        def rename(result):
            result["cells"][0]["id"] = hostile
            result["command"] = ["cfgtorture", "gate", hostile]

        self.damaged("h.json", rename, hostile)
        out, foreign = self.gate("change", "--baseline", "b.json", "h.json", status=4)
        merged = subprocess.run([self.path("change/cfgtorture"), "merge", "h.json", "--out", "m.json"],
                                stdout=subprocess.PIPE, text=True, cwd=self.folder, check=True).stdout
        for text in (err, refusal, out, foreign, merged):
            self.assertNotIn("\x1b", text)
            self.assertNotIn("\n::error", text)

    def test_no_baseline_is_told_as_such(self):
        out, err = self.gate("change", *self.FEW[2:], "--json", "r.json", status=4)
        self.assertIn("there is no file ci/baseline.json here", out)
        self.assertIn("at the root of the tree", out)
        self.assertNotIn(": :", err)

    def test_interrupted(self):
        build(self.path("hangs"), how="only:sound:until-stopped")
        process = subprocess.Popen([self.path("hangs/cfgtorture"), "gate", "--json", "r.json", "--quiet"],
                                   cwd=self.folder)
        time.sleep(2)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=60), 130)
        self.assertEqual(subprocess.run([CHECK, self.path("r.json")]).returncode, 0)


class Native(Folder):
    # It ends when all is decided; a busy host may take its time.
    ONE = ("--native-only", "--base-build", "base", "--strategy", "sound", "--budget", "60s")

    def test_the_same_holds_and_slower_is_measured_twice(self):
        build(self.path("base/bin"), p50=1000)
        build(self.path("change"), p50=1040)
        out, err = self.gate("change", *self.ONE, status=0)
        self.assertIn("read p50  1000 ns -> 1040 ns  +4.0%", out)
        build(self.path("slow"), p50=1250)
        out, err = self.gate("slow", *self.ONE, "--json", "r.json", status=1)
        self.assertIn("+25.0%", out)
        self.assertIn("; again: ", out)
        self.assertEqual(subprocess.run([CHECK, self.path("r.json")]).returncode, 0)

    def test_what_cannot_be_compared_is_undecided_and_what_broke_is_not(self):
        build(self.path("base/bin"), p50=1000)
        build(self.path("rare"))  # runs without one operation
        out, err = self.gate("rare", *self.ONE, status=4)
        self.assertIn("undecided", out)
        build(self.path("segv"), p50=1000, how="segv")
        out, err = self.gate("segv", *self.ONE, status=1)
        self.assertIn("SIGSEGV", out)

        build(self.path("deadlocks"), p50=1000, how="deadlock")
        out, err = self.gate("deadlocks", *self.ONE, status=4)
        self.assertIn("no task moved", out)

    def test_what_differs_in_machine_code_is_measured_first(self):
        build(self.path("base/bin"), p50=1000)
        build(self.path("change"), p50=1000)
        source = self.path("ecam_only.c")
        with open(source, "w") as file:
            file.write("static __attribute__((noinline)) int f(int x) { return x * FACTOR; }\n"
                       "int g(int x) { return f(x); }\n")
        for folder, factor in (("base/bin", 3), ("change", 1000)):
            subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-DFACTOR=%d" % factor, source, "-o",
                            os.path.join(self.path(folder), "libcfgt_code_plain.so")], check=True)
        out, err = self.gate("change", "--native-only", "--base-build", "base", "--budget", "60s", status=0)
        self.assertIn("; first the 1 whose machine code differs", out)
        self.assertLess(out.index("native/ecam-only/steady"), out.index("native/sound/steady"))

    def test_a_base_whose_worker_takes_no_slices_is_run_by_the_change_s(self):
        build(self.path("base/bin"), p50=1000, old=True)
        build(self.path("change"), p50=1040)
        out, err = self.gate("change", *self.ONE, "--json", "r.json", status=0)
        self.assertIn("1040 ns -> 1040 ns", out)
        left_out = json.loads(self.text("r.json"))["summary"]["left_out"]
        self.assertTrue(any("takes no slices (a worker of cfgtorture)" in line for line in left_out), left_out)


class Templates(Folder):
    """The lines run in a checkout that has a build, with the real git; what would install or build is a stand-in that
    succeeds: of the base, by a copy of a build."""

    def setUp(self):
        super().setUp()
        build(self.path("build/release/bin"), p50=1000)
        self.stand_ins = self.path("stand-ins")
        os.makedirs(self.stand_ins)
        log = self.path("log")
        for name in ("apt-get", "cmake"):
            with open(os.path.join(self.stand_ins, name), "w") as file:
                file.write('#!/bin/sh\necho "%s $*" >> "%s"\n' % (name, log))
                if name == "cmake":
                    file.write('if [ "${PWD##*/}" = base ]; then mkdir -p build && cp -r "%s" build/; fi\n' %
                               self.path("build/release"))
            os.chmod(os.path.join(self.stand_ins, name), 0o755)
        os.makedirs(self.path("scripts"))
        shutil.copy(os.path.join(self.stand_ins, "apt-get"), self.path("scripts/setup"))
        os.makedirs(self.path("ci"))
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("-c", "user.name=t", "-c", "user.email=t@t", "commit", "--quiet", "--allow-empty", "--message=base")
        self.git("update-ref", "refs/remotes/origin/main", "HEAD")
        with open(self.path("ci/baseline.json"), "w") as file:
            json.dump({"schema": "cfgtorture-baseline-1", "toolchains": {}}, file)

    def git(self, *words):
        done = subprocess.run(["git", *words], cwd=self.folder, env=self.environment(), stdout=subprocess.PIPE, text=True,
                              check=True)
        return done.stdout.strip()

    def environment(self, **more):
        return dict(os.environ, PATH=self.stand_ins + ":" + os.environ["PATH"], HOME=self.folder, **more)

    # The next job in the same checkout, cleaned as git clean -ffdx does, and as it was left.
    def again(self, lines, **environment):
        for cleaned in (True, False):
            if cleaned:
                shutil.rmtree(self.path("base"))
            for line in lines:
                if "base" in line and "cfgtorture gate" not in line:
                    self.run_lines(line, **environment)
            self.assertTrue(os.path.exists(self.path("base/build/release/bin/cfgtorture-native")))

    # The baseline here is empty, so that the gate, if its words are right, is undecided.
    def run_lines(self, text, **environment):
        commands = subprocess.run([FRONT_END, "--help"], stdout=subprocess.PIPE, text=True).stdout
        if "cfgtorture report" in text and "\n  report " not in commands:
            self.skipTest("this build has no report command")
        process = subprocess.run(["bash", "-euo", "pipefail", "-c", text], cwd=self.folder, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, text=True, timeout=120,
                                 env=self.environment(**environment))
        self.assertEqual(process.returncode, 4 if "cfgtorture gate" in text else 0, text + "\n" + process.stdout)

    def test_github(self):
        with open(os.path.join(TEMPLATES, "github-workflow.yml")) as file:
            workflow = yaml.safe_load(file)
        self.assertIn("pull_request", workflow[True])  # YAML 1.1 reads `on` as a truth
        self.assertEqual(workflow["permissions"]["security-events"], "write")
        steps = workflow["jobs"]["gate"]["steps"]
        for step in steps:
            self.assertNotEqual("run" in step, "uses" in step, step)
        upload = next(step for step in steps if "upload-sarif" in step.get("uses", ""))
        self.assertIn("always()", upload["if"])
        self.assertIn("head.repo.full_name == github.repository", upload["if"], "a fork's token may only read")
        lines = [step["run"] for step in steps if "run" in step]
        for line in lines:
            self.run_lines(line, GITHUB_BASE_REF="main", GITHUB_STEP_SUMMARY=self.path("summary.md"))
        self.assertIn("cfgtorture gate: undecided", self.text("summary.md"))
        self.assertIn("native, native/sound/steady", self.text("summary.md").replace("\\", ""))
        self.assertTrue(os.path.exists(self.path(upload["with"]["sarif_file"])))
        self.again(lines, GITHUB_BASE_REF="main")
        self.assertIn("setup run", self.text("log").replace("apt-get run", "setup run"))

    def test_gitlab(self):
        with open(os.path.join(TEMPLATES, "gitlab-ci.yml")) as file:
            job = yaml.safe_load(file)["cfgtorture-gate"]
        base = self.git("rev-parse", "HEAD")
        for part in ("before_script", "script", "after_script"):
            for line in job[part]:
                self.run_lines(line, CI_MERGE_REQUEST_DIFF_BASE_SHA=base)
        self.again(job["script"], CI_MERGE_REQUEST_DIFF_BASE_SHA=base)
        for path in job["artifacts"]["paths"] + list(job["artifacts"]["reports"].values()):
            self.assertTrue(os.path.exists(self.path(path)), path)

    def test_pre_push(self):
        process = subprocess.run(["sh", os.path.join(TEMPLATES, "pre-push")], cwd=self.folder, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, text=True, env=self.environment())
        self.assertEqual(process.returncode, 4, process.stderr)
        self.assertIn("--no-verify", process.stderr)


if __name__ == "__main__":
    FRONT_END, FAKE_WORKER, CHECK = (os.path.abspath(path) for path in sys.argv[1:4])
    del sys.argv[1:4]
    unittest.main()
