#!/usr/bin/env python3
"""The real lspci decodes a topology and our dump of it to the same text.

Usage: lspci_roundtrip_test.py DUMP_COMMAND SOURCE_DIR [EXPECTED_FILES]
DUMP_COMMAND writes the dump of the file that is its last argument, e.g. "cfgt_topology_dump".
"""

import glob
import os
import shlex
import subprocess
import sys
import tempfile


def run(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode != 0:
        sys.exit(f"FAIL: {shlex.join(command)}: exit status {done.returncode}: {done.stderr.decode(errors='replace')}")
    return done.stdout


def main():
    dump, source = shlex.split(sys.argv[1]), sys.argv[2]
    shipped = sorted(glob.glob(os.path.join(source, "workloads/topologies/*.txt")))
    if len(shipped) < 3:
        sys.exit(f"FAIL: {len(shipped)} shipped topologies, expected at least 3")
    real_folder = os.path.join(source, "../shared/data/lspci")
    real = sorted(glob.glob(os.path.join(real_folder, "*")))
    if not real:
        print(f"note: {real_folder} is not here; the shipped topologies alone are compared")
    for path in shipped + real:
        with tempfile.NamedTemporaryFile(suffix=".txt") as copy:
            copy.write(run(dump + [path]))
            copy.flush()
            original = run(["lspci", "-F", path, "-vvv"])
            ours = run(["lspci", "-F", copy.name, "-vvv"])
            # And every byte: lspci prints what it has read.
            same_bytes = run(["lspci", "-F", path, "-xxxx"]) == run(["lspci", "-F", copy.name, "-xxxx"])
        if not original or original != ours or not same_bytes:
            sys.exit(f"FAIL: lspci decodes our dump of {path} to something else")
        print(f"same: {path}: {original.count(chr(10).encode())} lines")


if __name__ == "__main__":
    main()
