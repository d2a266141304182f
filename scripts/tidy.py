"""Keeps the tree tidy: what design 2 and style 2 ask of every file, as a test (tidy_test.py).

A pure structure: Check() takes {path: text} and returns complaints, one line each. Costs a few seconds for the tree.
Misses     names that are put together at run time, and includes behind macros.
Cries wolf on a string that happens to equal a strategy's name; give it another spelling, or a line in EXEMPT_NAMES.
"""

import json
import os
import re
import sys

# ---- Which room may include which (design 2). A room is the longest prefix that matches; its own files are always fine.
# Calls go down: workloads, locks > sdk > pci > kernel > engine.h. Facts go sideways: kernel, pci > observer.h > judge,
# measure. Results go up: run > result < reports, ci. cli is the roof.
ENGINE = "harness/kernel/engine.h"
OBSERVER = "harness/kernel/observer.h"
NAMED = "harness/kernel/named.h"
HAZARD = "harness/result/hazard.h"
HARDWARE = "harness/pci/hardware/hardware.h"
PLUGIN = "harness/sdk/plugin.h"
WORKER = "harness/run/worker.h"
LOADER = "harness/run/plugin_loader.h"

ARROWS = {
    "harness/result": [],
    "harness/kernel": [HAZARD],
    "harness/pci/topology": [],
    "harness/pci/hardware": [ENGINE, HAZARD, "harness/pci/topology"],
    "harness/pci/ops": ["harness/kernel", HAZARD, HARDWARE, "harness/pci/device.h"],
    "harness/pci": ["harness/kernel", HAZARD, HARDWARE, "harness/pci/ops"],
    "harness/sdk": ["harness/kernel", HAZARD, HARDWARE, "harness/pci/ops", "harness/pci/device.h"],
    "locks": ["harness/sdk", "harness/kernel", HARDWARE, "harness/pci/ops", "harness/pci/device.h"],
    "workloads": ["harness/sdk", "harness/kernel", HAZARD, HARDWARE, "harness/pci/ops", "harness/pci/device.h"],
    "harness/judge": [OBSERVER, ENGINE, "harness/result"],
    "harness/measure": [OBSERVER, ENGINE, "harness/result"],
    # The engines stand under the code under test and over the judges; a worker is an engine and one main().
    "harness/native": [ENGINE, OBSERVER, NAMED, "harness/result", "harness/judge", "harness/measure",
                       "harness/pci/hardware", "harness/pci/topology", PLUGIN, WORKER, LOADER],
    # The explorers are pure (a choice in, a choice out), so that the model can inline the one that it runs.
    "harness/model": [ENGINE, OBSERVER, NAMED, "harness/result", "harness/judge", "harness/measure",
                      "harness/pci/hardware", "harness/pci/topology", "harness/explore", PLUGIN, WORKER, LOADER],
    "harness/explore": ["harness/result"],
    "harness/run": ["harness/result", "harness/explore", "harness/pci/hardware", "harness/pci/topology", ENGINE, PLUGIN],
    "harness/cli": ["harness", "reports", "ci"],
    "reports": ["harness/result"],
    "ci": ["harness/result"],
}
# A test may stand further out than the code beside it.
TEST_ARROWS = {
    "ci": [PLUGIN],  # asks the plug-in for its strategies and probes: each has a cell
    "harness/pci/ops": ["harness/pci/hardware"],  # builds a machine to drive
}

# ---- The seam: these never say which engine runs them.
ABOVE_THE_SEAM = ["harness/kernel", "harness/pci/ops", "harness/pci/device.h", "harness/sdk", "locks", "workloads"]
ENGINE_WORDS = {"native", "model", "tsan", "libtsan"}
# Fence-based words say to libtsan what a fence orders, since it ignores fences (design 1, limits).
ALLOWED_IDENTIFIERS = {"__tsan_acquire", "__tsan_release"}
ENGINE_MACRO = re.compile(r"MODEL|NATIVE|TSAN|ENGINE|SANITIZE|__has_feature", re.IGNORECASE)

# ---- harness/ names no strategy, workload or report format. The roof has to name the formats that it writes.
FORMATS = {"html", "markdown", "sarif", "junit", "perfetto"}
EXEMPT_NAMES = {
    # (file prefix, literal): why
}

ROOMS = ["harness", "harness/result", "harness/kernel", "harness/pci", "harness/sdk", "harness/judge",
         "harness/measure", "harness/native", "harness/model", "harness/explore", "harness/run", "harness/cli", "locks",
         "workloads", "reports", "ci", "scripts"]
MAX_LINES = 600
SOURCES = (".cc", ".h", ".c", ".py", ".css", ".cmake", "CMakeLists.txt", ".sh")
CPP = (".cc", ".h", ".c")

TOKEN = re.compile(
    r"(?P<comment>//[^\n]*|/\*.*?\*/)"
    r'|(?P<raw>R"(?P<tag>[^()\\\s]{0,16})\((?P<rawtext>.*?)\)(?P=tag)")'
    r'|(?P<string>"(?:\\.|[^"\\\n])*")'
    r"|(?P<char>'(?:\\.|[^'\\\n])+')"
    r"|(?P<identifier>[A-Za-z_]\w*)"
    r"|(?P<number>\d[\w.']*)",
    re.DOTALL)


def IsUnder(path, prefix):
  return path == prefix or path.startswith(prefix.rstrip("/") + "/")


def IsTest(path):
  return path.endswith("_test.cc") or "/testdata/" in path


def RoomOf(path):
  """The longest room of ARROWS that holds path, or None."""
  found = [room for room in ARROWS if IsUnder(path, room)]
  return max(found, key=len) if found else None


def Lex(text):
  """Yields (kind, value, line): kind is identifier, string (without its quotes) or include; comments are dropped."""
  include = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', re.MULTILINE)
  includes = {match.start(1) - 1: match.group(1) for match in include.finditer(text)}
  for match in TOKEN.finditer(text):
    line = text.count("\n", 0, match.start()) + 1
    if match.group("string") is not None:
      if match.start() in includes:
        yield "include", includes[match.start()], line
      else:
        yield "string", match.group("string")[1:-1], line
    elif match.group("raw") is not None:
      yield "string", match.group("rawtext"), line
    elif match.group("identifier") is not None:
      yield "identifier", match.group("identifier"), line


def WordsOf(identifier):
  return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", identifier)}


def CheckArrows(path, tokens):
  room = RoomOf(path)
  if room is None:
    yield f"{path}: lies in no room of design 2"
    return
  allowed = ARROWS[room] + (TEST_ARROWS.get(room, []) if IsTest(path) else [])
  if "/testdata/" in path:  # a small plug-in to test with stands where plug-ins stand
    allowed = ARROWS["workloads"]
  for kind, value, line in tokens:
    if kind != "include" or RoomOf(value) is None:
      continue
    if RoomOf(value) != room and not any(IsUnder(value, prefix) for prefix in allowed):
      yield f"{path}:{line}: {room} may not include {value} (scripts/tidy.py, ARROWS)"


def CheckSeam(path, text, tokens):
  if not any(IsUnder(path, prefix) for prefix in ABOVE_THE_SEAM) or IsTest(path):
    return
  for number, line in enumerate(text.split("\n"), 1):
    if re.match(r"\s*#\s*(if|ifdef|ifndef|elif)\b", line):
      condition = re.sub(r"\w+_H_\b", "", line)  # include guards
      if ENGINE_MACRO.search(condition):
        yield f"{path}:{number}: asks which engine it runs on: {line.strip()}"
  for kind, value, line in tokens:
    if kind == "identifier" and value not in ALLOWED_IDENTIFIERS and WordsOf(value) & ENGINE_WORDS:
      yield f"{path}:{line}: names an engine: {value}"
    if kind == "string" and value.lower() in ENGINE_WORDS:
      yield f'{path}:{line}: names an engine: "{value}"'


def CheckNames(path, tokens, names):
  if not IsUnder(path, "harness") or IsTest(path):
    return
  forbidden = names | (set() if IsUnder(path, "harness/cli") else FORMATS)
  for kind, value, line in tokens:
    if kind == "string" and value in forbidden:
      if not any(IsUnder(path, prefix) and value == literal for prefix, literal in EXEMPT_NAMES):
        yield f'{path}:{line}: harness/ names no strategy, workload or format: "{value}"'


def NamesIn(files):
  """Names of strategies (of the expected table) and of programs (their files), as users write them."""
  names = set()
  table = files.get("ci/expected_verdicts.json")
  hazards = set(re.findall(r'\{Hazard::\w+, "([^"]+)"', files.get(HAZARD, "")))
  if table:
    for cell in json.loads(table)["cells"]:
      names |= {cell["strategy"], cell["probe"]}
  for path in files:
    if re.match(r"workloads/([a-z]+/)?[a-z0-9_]+\.cc$", path) and not IsTest(path):
      names.add(os.path.basename(path)[:-len(".cc")].replace("_", "-"))
  # A probe is often named after the hazard that it asks for, and a hazard may be named anywhere.
  return names - hazards


def Check(files):
  complaints = []
  names = NamesIn(files)
  for path, text in sorted(files.items()):
    if path.endswith(SOURCES):
      lines = text.count("\n")
      if lines > MAX_LINES:
        complaints.append(f"{path}: {lines} lines; beyond {MAX_LINES} look for the second idea")
    if path.endswith(CPP):
      tokens = list(Lex(text))
      complaints += CheckArrows(path, tokens)
      complaints += CheckSeam(path, text, tokens)
      complaints += CheckNames(path, tokens, names)
  for room in ROOMS:
    if f"{room}/README.md" not in files:
      complaints.append(f"{room}: has no README.md")
  return complaints


def ReadTree(root):
  files = {}
  for folder, folders, names in os.walk(root):
    inside = os.path.relpath(folder, root)
    folders[:] = [f for f in folders if not f.startswith(".") and
                  (inside != "." or f not in ("build", "out", "shared", "node_modules"))]
    for name in names:
      path = os.path.normpath(os.path.join(inside, name))
      if name.endswith(SOURCES + (".md", ".json")) and os.path.isfile(os.path.join(root, path)):
        with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
          files[path] = file.read()
  return files


if __name__ == "__main__":
  found = Check(ReadTree(sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), "..")))
  print("\n".join(found) if found else "tidy")
  sys.exit(1 if found else 0)
