#!/usr/bin/env python3
"""The real lspci decodes a topology and our dump of it to the same text; and the dump of a folder of its `config` files.

Usage: lspci_roundtrip_test.py DUMP_COMMAND SOURCE_DIR [EXPECTED_FILES]
DUMP_COMMAND writes the dump of the file that is its last argument, e.g. "cfgt_topology_dump".
"""

import glob
import os
import re
import shlex
import subprocess
import sys
import tempfile


def run(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode != 0:
        sys.exit(f"FAIL: {shlex.join(command)}: exit status {done.returncode}: {done.stderr.decode(errors='replace')}")
    return done.stdout


def config_files(text, folder):
    """Lays out the functions of lspci -F PATH -xxxx as /sys/bus/pci/devices is."""
    for block in text.decode(errors="replace").split("\n\n"):
        head = re.match(r"(?:[0-9a-f]{4}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]", block)
        if not head:
            continue
        os.makedirs(os.path.join(folder, head.group(0)))
        with open(os.path.join(folder, head.group(0), "config"), "wb") as file:
            for line in re.findall(r"^[0-9a-f]{2,3}: ((?:[0-9a-f]{2} ?){16})", block, re.MULTILINE):
                file.write(bytes.fromhex(line))


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
            bytes_of = run(["lspci", "-F", path, "-xxxx"])
            same_bytes = bytes_of == run(["lspci", "-F", copy.name, "-xxxx"])
        with tempfile.TemporaryDirectory() as folder, tempfile.NamedTemporaryFile(suffix=".txt") as copy:
            config_files(bytes_of, folder)
            copy.write(run(dump + [folder]))
            copy.flush()
            if bytes_of != run(["lspci", "-F", copy.name, "-xxxx"]):
                sys.exit(f"FAIL: lspci decodes our dump of a folder of the config files of {path} to something else")
        if not original or original != ours or not same_bytes:
            sys.exit(f"FAIL: lspci decodes our dump of {path} to something else")
        print(f"same: {path}: {original.count(chr(10).encode())} lines")


if __name__ == "__main__":
    main()
