#!/usr/bin/env python3
"""Results of the real workers agree with the schema, and findings of the model name their places in the source.

usage: real_result_test.py CFGTORTURE CFGT_CHECK_RESULT
"""
import json
import os
import subprocess
import sys
import tempfile


def main():
    front_end, check = sys.argv[1:3]
    beside = os.path.dirname(os.path.abspath(front_end))
    runs = [("model", ["explore", "--strategy", "all", "--probe", "dead-entry,torn-pair", "--executions", "2000"]),
            ("native", ["stress", "--strategy", "all", "--workload", "dstate", "--duration", "50ms"]),
            ("checked", ["stress", "--strategy", "global-raw-spinlock", "--workload", "irq-msi", "--engine", "checked",
                         "--duration", "50ms"]),
            ("tsan", ["stress", "--strategy", "waitqueue-v5.9", "--workload", "dstate", "--engine", "tsan",
                      "--duration", "50ms"]),
            ("native", ["stress", "--strategy", "null", "--workload", "config-scan", "--bridge", "ecam", "--duration",
                        "50ms", "--latency", "ecam=20000"])]
    with tempfile.TemporaryDirectory(prefix="cfgt_real_") as folder:
        for engine, words in runs:
            if not os.path.exists(os.path.join(beside, "cfgtorture-" + engine)):
                print("skipped: no %s worker in this build" % engine)  # libtsan and another sanitizer exclude each other
                continue
            path = os.path.join(folder, engine + ".json")
            done = subprocess.run([front_end, *words, "--quiet", "--json", path], stderr=subprocess.PIPE, text=True)
            if done.returncode not in (0, 1, 4):  # whether something is found is for other tests
                sys.exit("%s: exit %d\n%s" % (words, done.returncode, done.stderr))
            if subprocess.run([check, path]).returncode != 0:
                sys.exit(engine + ": the result does not agree with the schema")
            with open(path) as file:
                cells = json.load(file)["cells"]
            if any(cell["status"] not in ("done", "not-run") for cell in cells):
                sys.exit("%s: %s" % (engine, [cell["reason"] for cell in cells]))
            if "--latency" in words:  # no access can be over before its latency is
                operations = [operation for cell in cells for operation in cell["operations"]]
                if not operations or any(operation["p50_ns"] < 20000 for operation in operations):
                    sys.exit("--latency ecam=20000: " + json.dumps(operations)[:2000])
            if engine == "checked":
                sites = [site for cell in cells for lock in cell["locks"] for site in lock["sites"]]
                if not sites or not any(frame["function"] for site in sites for frame in site["stack"]):
                    sys.exit("no lock statistics, or none with a caller: " + json.dumps(cells, indent=1)[:2000])
            if engine == "model":
                findings = [finding for cell in cells for finding in cell["findings"]]
                races = [finding for finding in findings if finding["hazard"] == "data-race"]
                if not races or not all(access["stack"] and access["stack"][0]["file"].startswith("harness/")
                                        and access["stack"][0]["line"] > 0 and access["stack"][0]["function"]
                                        for race in races for access in race["accesses"]):
                    sys.exit("a data race without function, file and line: " + json.dumps(races, indent=1)[:2000])


if __name__ == "__main__":
    main()
