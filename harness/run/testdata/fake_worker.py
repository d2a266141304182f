#!/usr/bin/env python3
"""Speaks the protocol of a worker (harness/result/cell.h) and misbehaves as the cell's program says. For tests."""
import json
import os
import signal
import sys
import time

CATALOGUE = {
    "abi": 1,
    "build_id": "fake-1",
    "strategies": [
        {"name": "broken", "summary": "the control", "refuses_bridges": "", "refuses_reason": ""},
        {"name": "sound", "summary": "a lock", "refuses_bridges": "", "refuses_reason": ""},
        {"name": "ecam-only", "summary": "no latch", "refuses_bridges": "x86,indirect,cf8", "refuses_reason": "needs ECAM"},
    ],
    "programs": [
        {"kind": "probe", "name": "torn-pair", "summary": "a latch", "sides": "", "hazards": "torn-pair",
         "flavours": "preempt", "bridges": "x86,indirect", "needs_strategy": True},
        {"kind": "probe", "name": "context-rt", "summary": "wait types", "sides": "", "hazards": "context",
         "flavours": "rt", "bridges": "", "needs_strategy": True},
        {"kind": "workload", "name": "steady", "summary": "work", "sides": "", "hazards": "data-race,torn-pair",
         "flavours": "preempt", "bridges": "", "needs_strategy": True,
         "options": [{"name": "reads", "value": 8, "least": 0, "most": 100, "help": "reads of a round"}]},
        {"kind": "scenario", "name": "counter", "summary": "a counter", "sides": "buggy,fixed", "hazards": "data-race",
         "flavours": "preempt", "bridges": "", "needs_strategy": False},
    ],
    "patterns": [{"name": "delay-wake-callback-us", "value": 0, "least": 0, "most": 1000000, "help": "a delay"},
                 {"name": "onoff-us", "value": 0, "least": 0, "most": 1000000, "help": "CPUs go away"}],
    "spin_algorithms": ["tas", "ticket"],
}


def emit(line):
    print(json.dumps(line), flush=True)


def progress(executions, hazard="data-race"):
    emit({"type": "progress", "executions": executions, "points": 10 * executions, "findings": 0, "wall_s": 0.1,
          "hazards": {hazard: {"hits": 0, "opportunities": 7, "verdict": "clean"}}, "metrics": {"m": 1.5}})


def finding(ident, hazard="data-race"):
    emit({"type": "finding", "finding": {"id": ident, "hazard": hazard, "title": "a race", "token": "ct1-x",
                                         "preemptions": 1, "replay": "cfgtorture replay ct1-x"}})


def operations():
    if "FAKE_WORKER_P50" not in os.environ:
        return []
    return [{"operation": "read", "count": 1000, "p50_ns": float(os.environ["FAKE_WORKER_P50"])}]


def answer(spec, verdict="clean", hazard="data-race", **more):
    if spec["engine"] == "native":
        more["operations"] = operations()
    outcome = {"hits": int(verdict == "found"), "opportunities": 3, "verdict": verdict}
    emit({"type": "cell", "cell": dict({"id": "other", "engine": spec["engine"], "strategy": spec["strategy"],
                                        "program": spec["program"], "kind": spec["kind"], "status": "done",
                                        "bridge": spec["bridge"], "flavour": spec["flavour"],
                                        "executions": int(os.environ.get("FAKE_WORKER_EXECUTIONS", 100)),
                                        "points": 1000, "accesses": 5, "wall_s": 0.1,
                                        "params": {k: spec[k] for k in ("seed", "threads", "argument", "options")},
                                        "hazards": {hazard: outcome}}, **more)})


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "--describe":
        if "plain" in sys.argv[2] and os.path.basename(sys.argv[0]) == "cfgtorture-model":
            print(sys.argv[2] + ": is not instrumented", file=sys.stderr)
            return 2
        emit(CATALOGUE)
        return 0
    slices = sys.argv[1:2] == ["--slices"]
    if slices and "FAKE_WORKER_OLD" in os.environ:
        print("a worker of cfgtorture", file=sys.stderr)
        return 2
    spec = json.loads(sys.stdin.readline())
    emit({"type": "hello", "build_id": "fake-1", "worker": spec["engine"]})
    how = os.environ.get("FAKE_WORKER_HOW", spec["argument"])
    if how.startswith("only:"):  # "only:STRATEGY:how": the others behave
        _, strategy, how = how.split(":", 2)
        how = how if spec["strategy"] == strategy else ""
    hazard = spec["program"] if spec["program"] in ("torn-pair",) else "context" if spec["program"] == "context-rt" else "data-race"
    if how == "segv":
        progress(42)
        finding("f1")
        print("the last words", file=sys.stderr, flush=True)
        os.kill(os.getpid(), signal.SIGSEGV)
    elif how == "kill-9":
        progress(42)
        os.kill(os.getpid(), signal.SIGKILL)
    elif how == "hang":
        progress(42)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(600)
    elif how == "starved":  # as one that gets no CPU for eight seconds
        progress(42)
        if os.fork() == 0:
            os.closerange(0, 3)
            time.sleep(8)
            os.kill(os.getppid(), signal.SIGCONT)
            os._exit(0)
        os.kill(os.getpid(), signal.SIGSTOP)
        answer(spec)
        return 0
    elif how == "spins":
        progress(42)
        while True:
            pass
    elif how == "until-stopped":
        stop = []
        signal.signal(signal.SIGTERM, lambda *_: stop.append(1))
        while not stop:
            progress(42)
            time.sleep(0.05)
        answer(spec, status="stopped")
        return 0
    elif how == "slow":  # gets on, and has no ear for signals
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        finding("f1", "dead-entry")
        for executions in range(10, 6000):
            progress(executions)
            time.sleep(0.05)
    elif how == "rubbish":
        sys.stdout.write("\x00\xff rubbish\n{\"type\":\"finding\"}\n[1]\n{\"type\":7}\n{\"type\":\"progress\"}\n")
        answer(spec)
        return 0
    elif how == "silent-exit":
        return 0
    elif how == "bad-input":
        print("strategy \"x\": unknown", file=sys.stderr)
        return 2
    elif how == "harness":
        print("cfgtorture-model: assertion failed", file=sys.stderr)
        return 3
    elif how == "asan":
        print("noise\nSUMMARY: AddressSanitizer: heap-use-after-free x.cc:1 in f", file=sys.stderr)
        return 1
    elif how == "much-stderr":
        sys.stderr.write("x" * 300000 + "\nEND\n")
        sys.stderr.flush()
        os.abort()
    elif how == "unfinished-line":
        sys.stdout.write('{"type":"cell","cell":{"status":"done"')
        sys.stdout.flush()
        os._exit(0)
    elif how == "blind":
        answer(spec, accesses=0)
        return 0
    elif how == "personality":
        with open("/proc/self/personality") as file:
            answer(spec, reason=file.read().strip())
        return 0
    elif how == "race":
        for ident in ("f1", "f2"):  # one cause, met twice
            finding(ident)
        answer(spec, "found")
        return 0
    elif how == "unsteady":
        answer(spec, points=os.getpid())
        return 0
    elif how == "deadlock":  # which is an answer, with a reason
        answer(spec, reason="no task moved for 3 s")
        return 0
    elif how == "differs":
        answer(spec, "found" if spec["strategy"] == "ecam-only" else "clean", hazard)
        return 0
    else:
        while slices:  # until the end of stdin
            emit({"type": "slice", "operations": operations()})
            slices = sys.stdin.readline() != ""
        # As a table would have it: the control is convicted, the lock is not.
        found = spec["strategy"] == "broken" and spec["kind"] == "probe"
        if found:
            finding("f1", hazard)
        answer(spec, "found" if found else "clean", hazard)
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
