#!/usr/bin/env python3
"""A build of one change: the code under test with a patch applied to a copy of its sources, and the workers as they are.

usage: build_change.py BUILD PATCH|none OUT

BUILD is a finished build folder. OUT becomes a folder as BUILD/bin is, with front end, workers, and the code under test
in three builds: those objects compiled anew whose source the patch touches, the rest linked as they are. A patch may
touch sources alone, no header: what includes one is not looked for. "none" copies.
"""
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FRONT_END = ["cfgtorture", "cfgtorture-model", "cfgtorture-native", "cfgtorture-checked"]
CODE = ["libcfgt_code_%s.so" % build for build in ("plain", "observed", "instrumented")]


def touched(patch):
  with open(patch) as file:
    paths = re.findall(r"^\+\+\+ b/(\S+)", file.read(), re.MULTILINE)
  if not paths or not all(path.endswith(".cc") for path in paths):
    sys.exit("%s: expected a patch of .cc files, found %s" % (patch, paths))
  return paths


def build(folder, patch, out):
  os.makedirs(out, exist_ok=True)
  for name in FRONT_END + CODE:
    shutil.copy(os.path.join(folder, "bin", name), out)
  if patch == "none":
    return
  paths = touched(patch)
  with tempfile.TemporaryDirectory(prefix="cfgt_change_") as copy:
    for path in paths:
      os.makedirs(os.path.join(copy, os.path.dirname(path)), exist_ok=True)
      shutil.copy(os.path.join(ROOT, path), os.path.join(copy, path))
    subprocess.run(["git", "apply", os.path.abspath(patch)], cwd=copy, check=True)
    for name in CODE:
      commands = subprocess.run(["ninja", "-C", folder, "-t", "commands", "bin/" + name], check=True,
                                stdout=subprocess.PIPE, text=True).stdout.splitlines()
      link = commands[-1]
      for path in paths:
        source = os.path.join(ROOT, path)
        compile_it = [line for line in commands if line.rstrip().endswith("-c " + source)]
        if len(compile_it) != 1:
          sys.exit("%s: %d commands compile it into %s" % (path, len(compile_it), name))
        words = shlex.split(compile_it[0])
        made = words[words.index("-o") + 1]
        mine = os.path.join(copy, name + "." + path.replace("/", "_") + ".o")
        for option in ("-o", "-MF", "-MT"):
          if option in words:
            words[words.index(option) + 1] = mine + (".d" if option == "-MF" else "")
        words[-1] = os.path.join(copy, path)
        subprocess.run(words, cwd=folder, check=True)
        if made not in link:
          sys.exit("%s: no part of %s" % (made, name))
        link = link.replace(made, mine)
      link = link.replace("-o bin/" + name, "-o " + shlex.quote(os.path.abspath(os.path.join(out, name))))
      subprocess.run(link, shell=True, cwd=folder, check=True)


if __name__ == "__main__":
  if len(sys.argv) != 4:
    sys.exit(__doc__)
  build(*sys.argv[1:])
