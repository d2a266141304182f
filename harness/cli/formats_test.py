#!/usr/bin/env python3
"""What tools read, end to end: a real exploration as SARIF, JUnit, Perfetto, Google Benchmark and litmus tests, and
results merged, through the command line.

usage: formats_test.py CFGTORTURE CHECK_RESULT LITMUS_TEST
"""
import collections
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree

FRONT_END, CHECK_RESULT, LITMUS = None, None, None
COMPARE_PY = "/usr/share/benchmark/compare.py"  # of Debian's libbenchmark-tools, which needs scipy


def Run(*words, status=0):
    done = subprocess.run([FRONT_END, *words], capture_output=True, text=True, check=False)
    if done.returncode != status:
        sys.exit("%s: exit %d\n%s%s" % (" ".join(words), done.returncode, done.stdout, done.stderr))
    return done


class Formats(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="cfgt_formats_")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        for seed in ("1", "2"):
            Run("explore", "--strategy", "null,waitqueue-v4.11", "--probe", "capability-update,dead-entry,torn-pair",
                "--executions", "3000", "--seed", seed, "--json", cls.path("r%s.json" % seed), "--quiet", status=1)
        cls.measure()
        Run("report", cls.path("r1.json"), "--format", "sarif,junit,perfetto,benchmark,litmus", "--out", cls.path("out"))

    @classmethod
    def measure(cls):
        for duration in ("20ms", "200ms", "2s", "20s"):  # a busy host may give a short one no time
            Run("stress", "--strategy", "null", "--workload", "config-scan", "--threads", "1", "--duration", duration,
                "--json", cls.path("native.json"), "--quiet", status=4)  # one thread tears no pair
            with open(cls.path("native.json"), encoding="utf-8") as file:
                cells = json.load(file)["cells"]
            if all(cell["metrics"].get("operations_per_s", 0) > 0 for cell in cells):
                return
        raise AssertionError("nothing was measured in 20 s")

    @classmethod
    def path(cls, name):
        return os.path.join(cls.folder, name)

    def load(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return json.load(file)

    def refused(self, *words, says):
        done = Run(*words, status=2)
        self.assertEqual(done.stdout, "")
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertIn(says, done.stderr)

    # ---- formats ------------------------------------------------------------------------------------------------

    def test_sarif_points_into_this_tree(self):
        run = self.load("out/report.sarif")["runs"][0]
        root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        self.assertGreater(len(run["results"]), 3)
        shown = set()
        for result in run["results"]:
            place = result["locations"][0]["physicalLocation"]
            uri = place["artifactLocation"]["uri"]
            with open(os.path.join(root, uri), encoding="utf-8") as file:
                lines = file.read().count("\n")
            self.assertLessEqual(place.get("region", {}).get("startLine", 1), lines, uri)
            shown.add(uri)
            self.assertEqual(result["level"], "error", "explore expects nothing")
            orders = [step["executionOrder"] for flow in result["codeFlows"][0]["threadFlows"] for step in flow["locations"]]
            self.assertEqual(sorted(orders), list(range(1, len(orders) + 1)))
        self.assertIn("locks/waitqueue_v4_11.cc", shown)

    def test_sarif_names_causes_alike_in_another_run(self):
        Run("report", self.path("r2.json"), "--format", "sarif", "--out", self.path("again"))
        causes = []
        for name in ("out/report.sarif", "again/report.sarif"):
            causes.append({(result["ruleId"], result["partialFingerprints"]["primaryLocationLineHash"])
                           for result in self.load(name)["runs"][0]["results"]})
        # A race or a dead entry may be met at another site by another seed; this one has a single site.
        lost = [{cause for cause in of if cause[0] == "lost-update"} for of in causes]
        self.assertEqual(len(lost[0]), 1)
        self.assertEqual(lost[0], lost[1])

    def test_junit_has_a_case_a_cell(self):
        root = ElementTree.parse(self.path("out/junit.xml")).getroot()
        cells = {cell["id"]: cell for cell in self.load("r1.json")["cells"]}
        cases = {case.get("name"): case for case in root.iter("testcase")}
        self.assertEqual(set(cases), set(cells))
        for suite in root:
            for tag, attribute in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
                self.assertEqual(len(list(suite.iter(tag))), int(suite.get(attribute)))
            self.assertEqual(len(list(suite.iter("testcase"))), int(suite.get("tests")))
        for name, case in cases.items():
            found = any(h["verdict"] == "found" for h in cells[name]["hazards"].values())
            self.assertEqual(case.find("failure") is not None, found, name)
        self.assertTrue(any("repeat: cfgtorture replay" in case.find("failure").text for case in cases.values()
                            if case.find("failure") is not None))

    def test_perfetto_has_a_trace_a_finding_whose_slices_nest(self):
        traces = [name for name in os.listdir(self.path("out")) if name.endswith(".perfetto.json")]
        with_schedule = {finding["fingerprint"] for cell in self.load("r1.json")["cells"] for finding in cell["findings"]
                         if finding["schedule"]}
        self.assertEqual(len(traces), len(with_schedule))
        for name in traces:
            tracks, waits, flows, last = collections.defaultdict(list), collections.Counter(), collections.Counter(), 0
            for event in self.load("out/" + name)["traceEvents"]:
                if event["ph"] == "M":
                    continue
                self.assertGreaterEqual(event["ts"], last, name)
                last = event["ts"]
                track = tracks[(event["pid"], event["tid"])]
                if event["ph"] == "B":
                    track.append(event["name"])
                elif event["ph"] == "E":
                    self.assertEqual(track.pop(), event["name"], name)
                elif event["ph"] in "be":
                    waits[event["id"], event["name"]] += 1 if event["ph"] == "b" else -1
                elif event["ph"] in "sf":
                    self.assertTrue(track, "a flow that no slice holds: " + name)
                    flows[event["id"]] += 1 if event["ph"] == "s" else -1
                else:
                    self.assertEqual(event["ph"], "i")
            self.assertTrue(all(not track for track in tracks.values()), name)
            self.assertTrue(all(count == 0 for count in waits.values()), name)
            self.assertTrue(all(count >= 0 for count in flows.values()), name)

    def read_as_compare_py_does(self, one, two):
        """The fields that tools/compare.py reads, of google/benchmark main and 1.7.1: load_benchmark_results() and
        sort_benchmark_results() of gbench/util.py, partition_benchmarks(), get_difference_report() and calculate_geomean()
        of gbench/report.py. Returns real_time of both by name. A missing field is a KeyError."""
        for file in (one, two):
            self.assertEqual(file["context"]["json_schema_version"], 1)
            order = [(entry["family_index"], entry["per_family_instance_index"], entry["repetition_index"])
                     for entry in file["benchmarks"]]
            self.assertEqual(order, sorted(set(order)), "it sorts by these, and reports in that order")
            for entry in file["benchmarks"]:
                self.assertTrue(entry["run_name"] or entry["name"], "--benchmark_filter looks at it")
                self.assertEqual(entry["run_type"], "iteration", "an aggregate is no sample")
                self.assertNotIn("aggregate_name", entry)
                self.assertIn(entry["time_unit"], ("s", "ms", "us", "ns"), "get_timedelta_field_as_seconds()")
                self.assertLess(entry["repetition_index"], entry["repetitions"])
        times = {}
        for name in dict.fromkeys(entry["name"] for entry in one["benchmarks"]):
            unit = next(entry["time_unit"] for entry in one["benchmarks"] if entry["name"] == name)
            partition = [[entry for entry in file["benchmarks"] if entry["name"] == name and entry["time_unit"] == unit]
                         for file in (one, two)]
            self.assertEqual([len(side) for side in partition], [1, 1], name + ": more would be taken for repetitions")
            times[name] = [float(side[0]["real_time"]) for side in partition]
            self.assertEqual(times[name], [float(side[0]["cpu_time"]) for side in partition])
        return times

    def test_benchmark_is_read_by_compare_py(self):
        fast = self.load("native.json")
        slow = json.loads(json.dumps(fast))
        for cell in slow["cells"]:
            cell["metrics"]["operations_per_s"] /= 2
        files = []
        for name, result in (("fast", fast), ("slow", slow)):
            with open(self.path(name + ".json"), "w", encoding="utf-8") as file:
                json.dump(result, file)
            Run("report", self.path(name + ".json"), "--format", "benchmark", "--out", self.path(name))
            files.append(self.load(name + "/benchmark.json"))
        times = self.read_as_compare_py_does(*files)
        cell = fast["cells"][0]["id"]
        self.assertAlmostEqual(times[cell][1] / times[cell][0], 2, places=6)
        self.assertTrue(any(name.startswith(cell + "/") and a == b for name, (a, b) in times.items()), "its latencies")

    def test_benchmark_holds_what_was_measured_alone(self):
        self.assertEqual(self.load("out/benchmark.json")["benchmarks"], [], "explored cells")
        Run("report", self.path("native.json"), "--format", "benchmark", "--out", self.path("measured"))
        entries = self.load("measured/benchmark.json")["benchmarks"]
        self.assertGreater(len(entries), 1)
        for entry in entries:
            self.assertTrue(entry["name"].startswith("native/"))
            self.assertGreater(entry["real_time"], 0)
        if not os.path.exists(COMPARE_PY) or importlib.util.find_spec("scipy") is None:
            return
        file = self.path("measured/benchmark.json")
        done = subprocess.run([sys.executable, COMPARE_PY, "benchmarks", file, file], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(entries[0]["name"], done.stdout)

    def test_litmus_tests_hold_what_they_promise(self):
        tests = [self.path("out/" + name) for name in sorted(os.listdir(self.path("out"))) if name.endswith(".litmus")]
        self.assertTrue(any("/data-race+" in name for name in tests) and any("/lost-update+" in name for name in tests), tests)
        done = subprocess.run([sys.executable, "-B", LITMUS, *tests], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        with open(self.path("out/litmus.txt"), encoding="utf-8") as file:
            index = file.read().splitlines()
        self.assertTrue(any(line.startswith("torn-pair+null+") and ": no litmus test: a device" in line for line in index))
        self.assertEqual(sum(line.endswith(".litmus") for line in index), len(tests))

    def test_hostile_names_stay_text(self):
        names = ["<script>alert(1)</script>", "\"'&<>]]><!--", "[a](1) {0}", "a\x00\x01\x1b[31m\x7f\ufffe", "\u202edrawkcab",
                 "../../etc/passwd", "x" * 10000]
        turn = iter(names * 10000)

        def renamed(value, key=""):
            if isinstance(value, dict):
                return {name: renamed(inner, name) for name, inner in value.items()}
            if isinstance(value, list):
                return [renamed(inner, key) for inner in value]
            free = key in ("strategy", "program", "title", "detail", "task", "text", "object", "function", "file", "location",
                           "reason", "replay", "token", "locks_held", "command", "cpu_model", "build_id", "fingerprint")
            return next(turn) if free and isinstance(value, str) else value

        with open(self.path("hostile.json"), "w", encoding="utf-8") as file:
            json.dump(renamed(self.load("r1.json")), file)
        out = self.path("hostile")
        Run("report", self.path("hostile.json"), "--format", "sarif,junit,perfetto,benchmark,litmus", "--out", out)
        root = ElementTree.parse(os.path.join(out, "junit.xml")).getroot()
        self.assertEqual({element.tag for element in root.iter()} - {"testsuites", "testsuite", "properties", "property",
                                                                     "testcase", "failure", "skipped", "system-out"}, set())
        self.assertTrue(any("<script>" in (case.text or "") for case in root.iter("failure")), "it is text")
        files = os.listdir(out)
        self.assertEqual(sorted(os.listdir(self.folder)), sorted(set(os.listdir(self.folder)) - {"etc"}))
        for name in files:
            self.assertLess(len(name), 200)
            if name.endswith((".json", ".sarif")):
                self.load("hostile/" + name)
        tests = [os.path.join(out, name) for name in files if name.endswith(".litmus")]
        done = subprocess.run([sys.executable, "-B", LITMUS, *tests], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_one_finding_by_its_fingerprint(self):
        known = sorted({finding["fingerprint"] for cell in self.load("r1.json")["cells"] for finding in cell["findings"]})
        self.assertGreater(len(known), 1)
        out = Run("report", self.path("r1.json"), "--finding", known[0]).stdout
        folder = self.path("finding-" + known[0])
        self.assertIn(folder, out, "beside the result, whose own files stay as they are")
        self.assertEqual([name[:8] for name in os.listdir(folder)], ["mail-f1-"])
        one = self.path("one")
        Run("report", self.path("r1.json"), "--finding", known[0], "--format", "all", "--out", one)
        self.assertFalse(os.path.exists(os.path.join(one, "report.html")), "that is of a whole result")
        self.assertTrue(any(name.endswith(".perfetto.json") for name in os.listdir(one)))
        where = (self.path("r1.json"), "--out", one)
        self.refused("report", *where, "--format", "pdf", says="Formats: html, md, text, mail, sarif")
        self.refused("report", self.path("r1.json"), "--format", "--out", one, says="--format: --out is no value")
        self.refused("report", *where, "--finding", "zz", says="it has no such finding")
        self.refused("report", *where, "--finding", known[0], "--format", "html", says="mail, perfetto, litmus")
        self.refused("report", *where, self.path("r2.json"), "--finding", known[0], says="of one result")
        self.refused("replay", self.path("r1.json"), says="which of its findings? --finding ")

    def test_summary_is_what_one_pastes(self):
        Run("report", self.path("r1.json"), "--format", "text", "--out", self.path("text"))
        with open(self.path("text/summary.txt"), encoding="ascii") as file:
            lines = file.read().split("\n")
        self.assertLessEqual(max(map(len, lines)), 72)
        self.assertIn("dead-entry", lines)

    def test_help_teaches(self):
        out = Run("report", "--help").stdout
        for word in ("sarif", "junit", "perfetto", "benchmark", "litmus", "summary.txt", "--finding FINGERPRINT"):
            self.assertIn(word, out)
        out = Run("merge", "--help").stdout
        self.assertIn("cfgtorture merge machine-*/result.json --out all.json", out)
        self.assertIn("count once", out)

    # ---- merge --------------------------------------------------------------------------------------------------

    def merged(self, name, *inputs):
        done = Run("merge", *(self.path(one) for one in inputs), "--out", self.path(name))
        subprocess.run([CHECK_RESULT, self.path(name)], check=True, capture_output=True)
        with open(self.path(name), encoding="utf-8") as file:
            return file.read(), done.stdout

    def test_merge_adds_up_and_grouping_makes_no_difference(self):
        whole, text = self.merged("m.json", "r1.json", "r2.json", "native.json")
        self.assertIn("next: cfgtorture report", text)
        self.assertIn("6 added up", text)
        cells = {cell["id"]: cell for cell in json.loads(whole)["cells"]}
        one, two = self.load("r1.json"), self.load("r2.json")
        for first, second in zip(one["cells"], two["cells"]):
            self.assertEqual(cells[first["id"]]["executions"], first["executions"] + second["executions"])
            for hazard, outcome in cells[first["id"]]["hazards"].items():
                self.assertEqual(outcome["hits"], first["hazards"][hazard]["hits"] + second["hazards"][hazard]["hits"])
        self.merged("two.json", "native.json", "r2.json")
        self.assertEqual(self.merged("again.json", "two.json", "r1.json", "r2.json")[0], whole)
        self.assertEqual(self.merged("m.json", "m.json", "two.json")[0], whole, "onto itself")
        Run("report", self.path("m.json"), "--format", "all", "--out", self.path("m"))
        self.assertTrue(os.path.exists(self.path("m/report.html")))

    def test_figures_of_merged_runs_name_the_run_that_they_are_of(self):
        later = self.load("native.json")
        later["environment"]["started_utc"] = "2099-10-24T12:00:00Z"
        with open(self.path("later.json"), "w", encoding="utf-8") as file:
            json.dump(later, file)
        whole, text = self.merged("days.json", "native.json", "later.json")
        self.assertIn("%d kept apart" % (2 * len(later["cells"])), text)
        runs = [cell["id"].split("@")[1] for cell in json.loads(whole)["cells"]]
        Run("report", self.path("days.json"), "--format", "html,md", "--out", self.path("days"))
        for name in ("report.html", "report.md"):
            with open(self.path("days/" + name), encoding="utf-8") as file:
                page = file.read()
            cost = page[page.index(">Cost</h2>" if name.endswith("html") else "# Cost"):]
            for run in runs:
                self.assertIn("1 thread, run " + run, cost, "its row of the cost table")
                self.assertIn("merged from run " + run + ": ", page, "which machine and day that is")

    def test_merge_shows_what_died_and_what_is_missing(self):
        died = self.load("r2.json")
        died["environment"]["started_utc"] = "2019-10-24T12:00:00Z"
        died["cells"] = died["cells"][1:]
        died["cells"][0].update(status="crashed", reason="signal 11")
        with open(self.path("died.json"), "w", encoding="utf-8") as file:
            json.dump(died, file)
        whole, text = self.merged("d.json", "r1.json", "died.json")
        self.assertIn("1 died", text)
        cells = {cell["id"]: cell for cell in json.loads(whole)["cells"]}
        self.assertEqual(len(cells), 6)
        crashed = cells[died["cells"][0]["id"]]
        self.assertEqual(crashed["status"], "crashed")
        self.assertRegex(crashed["reason"], "in run [0-9a-f]{8}: signal 11")
        first = self.load("r1.json")["cells"][0]["id"]
        self.assertTrue(any("has no cell " + first in line for line in json.loads(whole)["summary"]["left_out"]))

    def test_merge_of_bad_input_is_one_line(self):
        out = ("--out", self.path("x.json"))
        self.refused("merge", *out, says="which RESULTs")
        self.refused("merge", self.path("r1.json"), says="--out FILE")
        self.refused("merge", self.path("absent.json"), *out, says="absent.json")
        self.refused("merge", self.path("r1.json"), self.path("out"), *out, says="result.json")
        with open(self.path("r1.json"), encoding="utf-8") as file:
            text = file.read()
        for name, damaged in (("cut.json", text[:len(text) // 2]), ("empty.json", ""), ("other.json", "{}"),
                              ("newer.json", text.replace("cfgtorture-result-1", "cfgtorture-result-9")),
                              ("typed.json", text.replace('"executions": ', '"executions": "many", "x": ', 1))):
            with open(self.path(name), "w", encoding="utf-8") as file:
                file.write(damaged)
            self.refused("merge", self.path("r1.json"), self.path(name), *out, says=name)
        self.refused("merge", self.path("r1.json"), "--out", "/nonexistent/x.json", says="--out /nonexistent/x.json")
        self.assertFalse(os.path.exists(self.path("x.json")))


if __name__ == "__main__":
    FRONT_END, CHECK_RESULT, LITMUS = sys.argv[1:4]
    del sys.argv[1:4]
    unittest.main()
