#!/usr/bin/env python3
"""The front end over a worker that misbehaves on request: exit statuses, bad input in one line, partial results.

usage: cli_test.py CFGTORTURE FAKE_WORKER
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
import zlib

FRONT_END, FAKE_WORKER = None, None


def token_of(build, cell=("sound", "steady", "workload", *[""] * 10)):
    """Of an execution without choices (harness/explore/token.cc)."""
    text = [bytes([len(part)]) + part.encode() for part in (build, *cell)]
    data = text[0] + bytes([len(cell)]) + b"".join(text[1:]) + bytes(4) + bytes(8)
    data += zlib.crc32(data).to_bytes(4, "little")
    bits = "".join("{:08b}".format(byte) for byte in data)
    return "ct1-" + "".join("0123456789abcdefghjkmnpqrstvwxyz"[int(bits[i:i + 5].ljust(5, "0"), 2)]
                            for i in range(0, len(bits), 5))


class FrontEnd(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="cfgt_cli_")
        self.addCleanup(shutil.rmtree, self.folder)
        self.bin = os.path.join(self.folder, "bin")
        os.mkdir(self.bin)
        # The front end looks beside its own executable: a hard copy, not a link.
        shutil.copy(FRONT_END, os.path.join(self.bin, "cfgtorture"))
        for worker in ("model", "tsan", "native", "checked"):
            os.symlink(FAKE_WORKER, os.path.join(self.bin, "cfgtorture-" + worker))
        for build in ("instrumented", "plain", "observed"):
            open(os.path.join(self.bin, "libcfgt_code_%s.so" % build), "w").close()

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w") as file:
            file.write(text)
        return self.path(name)

    def start(self, *words, how="", **more):
        return subprocess.Popen([os.path.join(self.bin, "cfgtorture"), *words], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, cwd=self.folder,
                                env=dict(os.environ, FAKE_WORKER_HOW=how) if how else None, **more)

    def run_it(self, *words, status=0, how=""):
        process = self.start(*words, how=how)
        out, err = process.communicate(timeout=120)
        self.assertEqual(process.returncode, status, "%s\n%s\n%s" % (words, out, err))
        return out, err

    def refused(self, *words, says):
        out, err = self.run_it(*words, status=2)
        self.assertEqual(out, "")
        self.assertEqual(err.count("\n"), 1, err)
        self.assertIn(says, err)

    def result(self, name="result.json"):
        with open(self.path(name)) as file:
            return json.load(file)

    # ---- bad input: one line, exit 2 ----------------------------------------------------------------------------

    def test_unknown_names_get_the_nearest_match(self):
        self.refused("strss", says='did you mean "stress"?')
        self.refused("stress", "--stratgy", "sound", says='did you mean "--strategy"?')
        self.refused("stress", "--strategy", "sond", "--workload", "steady", says='did you mean "sound"?')
        self.refused("explore", "--strategy", "sound", "--workload", "stedy", says='did you mean "steady"?')
        self.refused("explore", "--strategy", "sound", "--probe", "torn", says='did you mean "torn-pair"?')
        self.refused("explore", "--strategy", "sound", "--workload", "steady", "--bridge", "ecma", says='"ecam"?')
        self.refused("explore", "--scenario", "counter", "--explorer", "randon", says='did you mean "random"?')
        self.refused("compare", "--strategy", "broke", says='did you mean "broken"?')
        self.refused("list", "strategy", says='did you mean "strategies"?')
        self.refused("claims", "--claim", "C2,C222", says='did you mean "C22"?')
        self.refused("claims", "--quick", "--full", says="choose one")
        self.refused("claims", "--claim", "C5", says="C5: cells.v3.3: --probe: unknown name")
        self.refused("claims", "--file", "/nonexistent", says="/nonexistent: cannot be read")
        self.refused("explore", "--scenario", "counter", "--expect", "found:data-rase", says='did you mean "data-race"?')

    # ---- report ------------------------------------------------------------------------------------------------

    def test_report_writes_beside_the_result_or_where_it_is_told(self):
        self.run_it("stress", "--strategy", "sound", "--workload", "steady", "--duration", "1s", "--out", "run")
        out, _ = self.run_it("report", "run")
        self.assertIn("wrote run/report.html", out)
        self.assertIn("next: run/report.html: open it in a browser", out)
        self.refused("replay", "run", says="no such finding")
        out, err = self.run_it("report", "run/result.json", "--format", "md", "--out", "a/b", "--json")
        self.assertEqual([(file["format"], file["file"]) for file in json.loads(out)["written"]], [("md", "a/b/report.md")])
        self.assertEqual(os.listdir(self.path("a/b")), ["report.md"])  # whole, and no temporary file
        self.assertIn("next:", err)
        self.assertEqual(self.run_it("report", "run", "--quiet"), ("", ""))

    def test_report_of_two_results_says_what_changed(self):
        for name, strategy in (("a", "sound"), ("b", "sound,broken")):
            self.run_it("explore", "--strategy", strategy, "--workload", "steady", "--executions", "50", "--out", name)
        out, _ = self.run_it("report", "a", "b", "--out", "both")
        self.assertIn("wrote both/report.md", out)
        with open(self.path("both/report.md")) as file:
            text = file.read()
        self.assertIn("1 cell is in B alone", text)
        self.assertIn("0 differ", text)

    def test_report_refuses_what_is_no_result_in_one_line(self):
        self.run_it("stress", "--strategy", "sound", "--workload", "steady", "--duration", "1s", "--json", "r.json")
        with open(self.path("r.json")) as file:
            whole = file.read()
        os.mkdir(self.path("empty"))
        self.refused("report", says="which RESULT?")
        self.refused("report", "nowhere.json", says="nowhere.json: cannot be read: No such file")
        self.refused("report", "empty", says="empty: a folder without a result.json")
        self.refused("report", self.write("cut.json", whole[:len(whole) // 2]), says="cut.json: is no JSON: parse error at line")
        self.refused("report", self.write("list.json", "[]"), says="list.json: is not a JSON object")
        self.refused("report", self.write("old.json", '{"schema": "cfgtorture-result-0"}'), says='"cfgtorture-result-0"')
        self.refused("report", self.write("odd.json", whole.replace('"seed": 1', '"seed": "x"')), says="odd.json: /seed: expected")
        self.refused("report", self.write("bare.json", '{"schema": "cfgtorture-result-1"}'), says='a member "tool"')
        self.refused("report", "r.json", "--format", "html,mdd", says='did you mean "md"?')
        self.refused("report", "r.json", "r.json", says="--out DIR says where")
        self.refused("report", "r.json", "r.json", "r.json", "--out", "o", says="3 results")
        self.refused("report", "r.json", "--out", self.write("file", ""), says="--out")

    def test_numbers_and_durations(self):
        one = ("stress", "--strategy", "sound", "--workload", "steady")
        self.refused(*one, "--threads", "0", says="from 1")
        self.refused(*one, "--duration", "-1s", says="more than 0")
        self.refused(*one, "--duration=-1s", says="more than 0")
        self.refused(*one, "--duration", "10", says="with a unit")
        self.refused(*one, "--duration", says="--duration")
        self.refused(*one, "--seed", "x", says="--seed")
        self.refused(*one, "--threads", "1000", says="--oversubscribe")
        self.refused("explore", "--scenario", "counter", "--executions", "0", says="--executions")
        self.refused("explore", "--scenario", "counter", "--threads", "2", says="counter is no workload")
        self.refused("audit", "--scenario", "counter", "--threads", "2", says="counter is no workload")
        self.refused("compare", "--quick", "--full", says="choose one")

    def test_stress_prints_the_lines_of_a_torture_test(self):
        one = ("stress", "--strategy", "sound", "--workload", "steady", "--duration", "1s", "--threads", "1")
        _, err = self.run_it(*one, "--weights", "reads=3", "--stutter", "2s", "--repetitions", "3")
        start = [line for line in err.splitlines() if line.startswith("cfgtorture:--- Start of test: ")]
        end = [line for line in err.splitlines() if line.startswith("cfgtorture:--- End of test: SUCCESS: ")]
        self.assertEqual((len(start), len(end)), (1, 1), err)
        for line in start + end:
            for parameter in ("strategy=sound", "workload=steady", "engine=native", "threads=1", "duration=1s",
                              "warm_up=0.1s", "stutter=2s", "shuffle_interval=0", "steady.reads=3", "steady.onoff-us=0"):
                self.assertIn(" " + parameter, line)
        _, err = self.run_it("stress", "--strategy", "broken", "--probe", "torn-pair", "--threads", "1", status=1)
        self.assertIn("cfgtorture:--- End of test: FAILURE: strategy=broken", err)
        self.refused(*one, "--stutter", "5", says="with a unit")
        self.refused(*one, "--repetitions", "0", says="from 1")

    def test_weights_and_patterns(self):
        one = ("stress", "--strategy", "sound", "--workload", "steady")
        self.refused(*one, "--weights", "raeds=3", says='did you mean "reads"?')
        self.refused(*one, "--weights", "reads=101", says="0 to 100")
        self.refused(*one, "--weights", "reads=-1", says="whole number")
        self.refused(*one, "--weights", "reads", says="NAME=NUMBER")
        self.refused(*one, "--weights", "reads=1,reads=2", says="given twice")
        self.refused(*one, "--delay", "wake-calback=1ms", says='did you mean "wake-callback"?')
        self.refused(*one, "--delay", "wake-callback=1", says="with a unit")
        self.refused(*one, "--delay", "wake-callback=300s", says="0 to 1000000")
        self.refused("explore", "--scenario", "counter:x", "--weights", "reads=1", says='unknown name "reads"')
        self.run_it("stress", "--duration", "1s", "--threads", "1", *one[1:], "--weights", "reads=3", "--onoff", "2ms",
                    "--delay", "wake-callback=3ms", "--json", self.path("w.json"))
        self.assertEqual(self.result("w.json")["cells"][0]["params"]["options"],
                         "reads=3,delay-wake-callback-us=3000,onoff-us=2000")

    def test_latencies(self):
        one = ("stress", "--strategy", "sound", "--workload", "steady", "--duration", "1s", "--threads", "1")
        self.refused(*one, "--latency", "ecan=5", says='did you mean "ecam"?')
        self.refused(*one, "--latency", "ecam", says="--latency ecam")
        self.refused(*one, "--latency", "ecam=-1", says="whole number")
        self.refused(*one, "--latency", "ecam=1,ecam=2", says="given twice")
        self.refused("explore", "--scenario", "counter", "--latency", "ecam=5", says="takes no time")
        _, err = self.run_it(*one, "--latency", "ecam=200,retry=0")
        self.assertIn(" latency=ecam:200+retry:0", err)

    def test_nothing_to_do(self):
        self.refused("stress", says="nothing to run")
        self.refused("stress", "--workload", "steady", says="needs a --strategy")
        self.refused("replay", says="token")
        _, err = self.run_it(status=2)
        self.assertIn("compare", err)

    def test_files(self):
        one = ("explore", "--scenario", "counter")
        self.refused("compare", "--out", "/proc/nowhere", says="--out /proc/nowhere")
        self.refused("compare", "--out", self.write("a-file", ""), says="--out")
        self.refused(*one, "--json", "/nonexistent/x.json", says="--json /nonexistent/x.json")
        self.refused(*one, "--plugin", "/nonexistent.so", says="--plugin /nonexistent.so")
        self.refused(*one, "--plugin", self.write("libmine_plain.so", ""), says="is not instrumented")
        self.refused("replay", self.write("empty.token", "\n"), says="is empty")
        self.refused("replay", "x", "--trace", "/nonexistent/t", says="--trace")
        self.refused("replay", "ct1-x", "--finding", "12", says="goes with a result")
        self.refused("replay", self.write("r.json", "{}"), says="r.json")

    def test_topologies(self):
        for command in (("explore", "--scenario", "counter"), ("list", "devices")):
            for name, text in (("empty", ""), ("no functions", "nothing\nhere\n"),
                               ("truncated", "00:00.0 Host bridge\n00: 86 80 00 12 06 00\n"),
                               ("bad hex", "00:00.0 Host bridge\n00: 86 8g 00 12 06 00 00 00 00 00 00 00 00 00 00 00\n")):
                self.refused(*command, "--topology", self.write(name + ".txt", text), says=name + ".txt")
            self.refused(*command, "--topology", self.path("absent.txt"), says="absent.txt")
            self.refused(*command, "--topology", self.bin, says="Expected the layout of /sys/bus/pci/devices")

    def test_a_folder_of_config_files_is_a_topology(self):
        os.makedirs(self.path("devices/0000:03:00.0"))
        with open(self.path("devices/0000:03:00.0/config"), "wb") as file:
            file.write(bytes.fromhex("86802115") + bytes(252))
        out, _ = self.run_it("list", "devices", "--topology", self.path("devices"))
        self.assertIn("0000:03:00.0  8086:1521", out)

    def test_what_only_the_worker_can_refuse(self):
        _, err = self.run_it("replay", token_of("fake-1"), how="bad-input", status=2)
        self.assertIn('strategy "x": unknown', err)

    def test_contention_is_the_checked_workers(self):
        one = ("stress", "--strategy", "sound", "--workload", "steady", "--threads", "1", "--duration", "1s")
        self.refused(*one, "--contention", says="--engine checked")
        self.refused(*one, "--perf-csv", self.path("p.csv"), says="--engine checked")
        self.refused(*one, "--engine", "checked", "--perf-csv", "/nonexistent/p.csv", says="--perf-csv /nonexistent/p.csv")
        self.run_it(*one, "--engine", "checked", "--contention", "--perf-csv", self.path("p.csv"))
        with open(self.path("p.csv")) as file:  # the fake worker hears of no lock
            self.assertEqual(file.read(), "# output: contended, total wait, max wait, avg wait, type, caller\n")

    # ---- exit statuses ------------------------------------------------------------------------------------------

    def test_compare_judges_by_the_table(self):
        # The fake catalogue's strategies are not in the table: nothing is judged, and there is no control.
        out, err = self.run_it("compare", "--quick", "--out", self.path("report"))
        self.assertIn("Probes, in the model", out)
        self.assertIn("torn-pair", out)
        self.assertIn("start of compare: seed 1, build fake-1: cfgtorture compare", err.splitlines()[0])
        self.assertIn("(exit 0): seed 1, build fake-1: cfgtorture compare", err.splitlines()[-1])
        result = self.result("report/result.json")
        self.assertEqual(result["summary"]["exit_status"], 0)
        self.assertEqual(result["command"][:2], ["cfgtorture", "compare"])
        self.assertTrue(any("control" in line for line in result["summary"]["left_out"]))
        for cell in result["cells"]:
            if cell["strategy"] == "ecam-only" and cell["program"] == "torn-pair" and cell["engine"] == "model":
                self.assertEqual((cell["status"], cell["hazards"]["torn-pair"]["verdict"]), ("not-run", "not-applicable"))
        for name in ("report.html", "report.md"):
            self.assertGreater(os.path.getsize(self.path("report/" + name)), 500)

    def test_stress_and_explore(self):
        self.run_it("stress", "--strategy", "sound", "--workload", "steady", "--duration", "1s", "--threads", "1")
        out, _ = self.run_it("explore", "--strategy", "broken", "--probe", "torn-pair", status=1)
        self.assertIn("finding  torn-pair", out)
        self.assertIn("next: cfgtorture replay", out)
        self.run_it("explore", "--strategy", "broken", "--probe", "torn-pair", "--expect", "found:torn-pair")
        self.run_it("explore", "--strategy", "sound", "--probe", "torn-pair", "--expect", "clean")
        self.run_it("explore", "--strategy", "sound", "--probe", "torn-pair", "--expect", "found:torn-pair", status=1)
        self.run_it("explore", "--strategy", "ecam-only", "--probe", "torn-pair", "--bridge", "x86", status=4)

    def test_harness_failures(self):
        for how in ("harness", "silent-exit", "blind"):
            self.run_it("explore", "--strategy", "sound", "--workload", "steady", how=how, status=3)
        self.run_it("explore", "--strategy", "sound", "--workload", "steady", how="segv", status=1)

    def test_a_crash_loses_no_other_cell(self):
        self.run_it("compare", "--out", self.path("r"), how="only:sound:kill-9", status=1)
        result = self.result("r/result.json")
        by_status = result["summary"]["cells"]
        self.assertGreater(by_status["crashed"], 3)
        for cell in result["cells"]:
            if cell["strategy"] == "sound":
                self.assertEqual(cell["status"], "crashed")
                self.assertIn("SIGKILL", cell["findings"][-1]["title"])
            else:
                self.assertIn(cell["status"], ("done", "not-run"))

    def test_a_token_that_cannot_be_replayed_is_told_before_anything_is_begun(self):
        mistyped = token_of("fake-1")[:-1]
        for token, says in (("x", "not a token"), ("ct1-nonsense", "is not base32"), (mistyped, "cut short"),
                            ("ct2-0", "reads \"ct1\""), (token_of("fake-1", ("sound",)), "malformed cell"),
                            (token_of("other-1"), "another build of the worker"),
                            (token_of("fake-2"), "another build of the code under test")):
            self.refused("replay", token, says=says)
            self.refused("replay", self.write("bad.token", token), says=says)

    def test_replay_compares_every_run(self):
        out, err = self.run_it("replay", token_of("fake-1"), "--times", "3", how="race", status=3)
        self.assertIn("end of replay: failed", err)  # the fake worker does not say that the replay was identical

    def test_json_on_stdout_is_pure(self):
        out, _ = self.run_it("explore", "--scenario", "counter", "--json", "-")
        self.assertEqual(json.loads(out)["schema"], "cfgtorture-result-1")

    def test_the_result_says_how_busy_the_machine_was(self):
        out, _ = self.run_it("explore", "--scenario", "counter", "--json", "-")
        environment = json.loads(out)["environment"]
        self.assertGreaterEqual(min(environment["load_before"], environment["load_after"]), 0)

    def test_quiet(self):
        self.assertEqual(self.run_it("explore", "--scenario", "counter", "--quiet"), ("", ""))

    def test_list(self):
        out, _ = self.run_it("list", "strategies")
        self.assertEqual([line.split()[0] for line in out.splitlines()], ["broken", "sound", "ecam-only"])
        out, _ = self.run_it("list", "scenarios", "--json")
        self.assertEqual(json.loads(out)[0]["name"], "counter")
        for what in ("workloads", "probes", "claims", "bridges", "explorers", "spins", "devices"):
            self.run_it("list", what)

    def test_every_latency_of_a_bridge_says_whether_it_was_measured_and_where(self):
        out, _ = self.run_it("list", "bridges", "--json")
        bridges = {bridge["name"]: bridge["latencies"] for bridge in json.loads(out)}
        for name, latencies in bridges.items():
            self.assertTrue(latencies, name)
            for latency in latencies:
                self.assertIn(latency["basis"], ("measured", "assumed"))
                self.assertTrue(latency["source"])
        out, _ = self.run_it("list", "bridges")
        for name, latencies in bridges.items():
            self.assertIn("\n" + name + " ", "\n" + out)
            for latency in latencies:
                self.assertIn(f"{latency['value']} {latency['unit']}, {latency['basis']}: {latency['source']}", out)

    def test_help_of_every_command(self):
        for command in ("compare", "stress", "explore", "replay", "claims", "list"):
            out, _ = self.run_it(command, "--help")
            self.assertIn("Examples:", out)
        out, _ = self.run_it("--help")
        self.assertIn("Exit status:", out)

    # ---- interruption -------------------------------------------------------------------------------------------

    def interrupted(self, number, status):
        process = self.start("compare", "--out", self.path("r"), how="only:sound:until-stopped")
        deadline = time.time() + 60
        while time.time() < deadline:  # until a checkpoint shows a cell that runs
            time.sleep(0.1)
            try:
                cells = self.result("r/result.json")["cells"]
            except FileNotFoundError:
                continue
            except ValueError:
                self.fail("a half-written result")
            if any(c["strategy"] == "sound" and c["reason"].startswith("still running") for c in cells):
                break
        self.refused("stress", "--strategy", "sound", "--workload", "steady", "--out", self.path("r"), says="another run")
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, status, err)
        result = self.result("r/result.json")
        self.assertEqual(result["summary"]["outcome"], "interrupted")
        self.assertIn("stopped", {cell["status"] for cell in result["cells"]})
        self.assertGreater(os.path.getsize(self.path("r/report.html")), 500)

    def test_control_c_leaves_a_valid_partial_result(self):
        self.interrupted(signal.SIGINT, 130)

    def test_termination_leaves_a_valid_partial_result(self):
        self.interrupted(signal.SIGTERM, 143)


if __name__ == "__main__":
    FRONT_END, FAKE_WORKER = (os.path.abspath(path) for path in sys.argv[1:3])
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
