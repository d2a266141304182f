#!/usr/bin/env python3
"""How fast the model engine is on this machine, beside the floor of floor.cc, in turn in one run, as Markdown.

usage: speed.py [--bin FOLDER] [--rounds N]
Medians over the rounds (5); the ratio is the median of the rounds' own ratios, which a machine that is shared moves less
than the figures. Run it alone on the machine, best on two idle cores.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
LOCK = ["--scenario", "lock-counter:ticket", "--explorer", "random"]
CASES = [  # name, words of `explore`
    ("random, sc", LOCK + ["--executions", "1000000"]),
    ("random, tso", LOCK + ["--memory", "tso", "--executions", "500000"]),
    ("random, c11", LOCK + ["--memory", "c11", "--executions", "500000"]),
    ("dpor, ticket 3x4", ["--scenario", "lock-counter:ticket:3x4", "--explorer", "dpor"]),
    ("mixed, 10,000 operations", ["--strategy", "fail-fast", "--workload", "mixed", "--ops", "5000", "--threads", "2",
                                  "--executions", "12"]),
]


def floor(folder):
    done = subprocess.run([folder / "cfgtorture_model_floor", "--benchmark_format=json", "--benchmark_min_time=0.5"],
                          capture_output=True, text=True, check=True)
    entry = json.loads(done.stdout)["benchmarks"][0]
    return entry["items_per_second"], entry["points"]


def explore(folder, words, jobs=1):
    done = subprocess.run([folder / "cfgtorture", "explore", *words, "--jobs", str(jobs), "--quiet", "--json", "-"],
                          capture_output=True, text=True)
    if done.returncode not in (0, 1, 4):
        raise SystemExit(f"explore {' '.join(words)}: exit {done.returncode}\n{done.stderr}")
    cell = json.loads(done.stdout)["cells"][0]
    begun = cell["executions"] + cell["metrics"].get("executions_pruned", 0)
    return begun / cell["wall_s"], cell["metrics"]["points_per_s"]


def scaling(folder):
    """How much faster two processes are, the whole command's time."""
    took = []
    for jobs in (1, 2):
        start = time.monotonic()
        explore(folder, LOCK + ["--executions", "4000000"], jobs)
        took.append(time.monotonic() - start)
    return took[0] / took[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build/release/bin")
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    floors, seen, ratios = [], {name: [] for name, _ in CASES}, {name: [] for name, _ in CASES}
    for _ in range(args.rounds):
        for name, words in CASES:
            least = floor(args.bin)
            figures = explore(args.bin, words)
            floors.append(least)
            seen[name].append(figures)
            ratios[name].append(figures[1] / least[1])
    print("| | executions/s | points/s | of the floor's points/s |\n|---|---|---|---|")
    middle = [statistics.median(column) for column in zip(*floors)]
    print(f"| floor | {middle[0] / 1e6:.2f} M | {middle[1] / 1e6:.0f} M | 1 |")
    for name, _ in CASES:
        executions, points = (statistics.median(column) for column in zip(*seen[name]))
        print(f"| {name} | {executions:,.0f} | {points / 1e6:.1f} M | {statistics.median(ratios[name]):.2f} |")
    print(f"\n`--jobs 2`: {statistics.median(scaling(args.bin) for _ in range(args.rounds)):.2f} times one job.")


if __name__ == "__main__":
    main()
