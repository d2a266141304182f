#!/usr/bin/env python3
"""Claims of the thread, run for real by the model alone: what comes out, and that it is the experiment that says so.

  claims_test.py CFGTORTURE CFGT_CHECK_RESULT CLAIMS

Each claim's outcome is looked at beside the figures that decide it; then the strategies (or sides) of its cells are
swapped and the outcome must change, or at least its reason (two halves of a claim may fail alike): if neither did, nothing
here would mean anything.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

MODEL_ONLY = ["C4", "C5", "C6", "C17", "C19", "C21", "C22"]


def Run(front_end, folder, words):
  path = pathlib.Path(folder) / "result.json"
  command = [front_end, "claims", *words, "--quiet", "--json", str(path)]
  done = subprocess.run(command, capture_output=True, text=True)
  if done.returncode not in (0, 4):
    sys.exit(f"{' '.join(command)}: exit {done.returncode}\n{done.stderr}")
  return json.loads(path.read_text(encoding="utf-8")), path


def Swapped(claim):
  """What was the broken form is the good one, and the other way round."""
  claim = json.loads(json.dumps(claim))
  cells = list(claim["cells"].values())
  strategies = sorted({cell["strategy"] for cell in cells if "strategy" in cell})
  for cell in cells:
    if "side" in cell:
      cell["side"] = "fixed" if cell["side"] == "buggy" else "buggy"
      cell.pop("until_found", None)
    elif len(strategies) == 2:
      cell["strategy"] = strategies[1 - strategies.index(cell["strategy"])]
  return claim


def main(front_end, check, claims):
  wrong = []
  with tempfile.TemporaryDirectory(prefix="cfgt_claims_") as folder:
    result, path = Run(front_end, folder, ["--claim", ",".join(MODEL_ONLY)])
    if subprocess.run([check, str(path)]).returncode != 0:
      wrong.append("the result does not agree with the schema")
    cells = {cell["id"]: cell for cell in result["cells"]}
    outcomes = {claim["id"]: (claim["outcome"], claim["because"]) for claim in result["claims"]}
    if sorted(outcomes) != sorted(MODEL_ONLY):
      wrong.append(f"not all claims are there: {sorted(outcomes)}")
    for claim in result["claims"]:
      print(claim["id"], claim["outcome"])
      if claim["outcome"] in ("undecided", "not tested"):
        wrong.append(f"{claim['id']}: {claim['outcome']}: {claim['because']}")
      found = [hazard for i in claim["cells"] for hazard in cells[i]["hazards"].values() if hazard["verdict"] == "found"]
      clean = [hazard for i in claim["cells"] for hazard in cells[i]["hazards"].values() if hazard["verdict"] == "clean"]
      if not found or not clean:
        wrong.append(f"{claim['id']}: is decided by one side alone")
      if not any(figure["token"] for figure in claim["figures"]):
        wrong.append(f"{claim['id']}: shows no schedule")
    text = "\n".join(json.dumps(Swapped(json.loads((pathlib.Path(claims) / f"C{int(i[1:]):02d}.json").read_text())))
                     for i in MODEL_ONLY)
    swapped = pathlib.Path(folder) / "swapped.json"
    swapped.write_text(text, encoding="utf-8")
    other, _ = Run(front_end, folder, ["--file", str(swapped)])
    for claim in other["claims"]:
      print(claim["id"], "swapped:", claim["outcome"])
      if (claim["outcome"], claim["because"]) == outcomes.get(claim["id"]):
        wrong.append(f"{claim['id']}: {claim['outcome']} with its cells swapped, too")
  for line in wrong:
    print(line)
  return 1 if wrong else 0


if __name__ == "__main__":
  sys.exit(main(*sys.argv[1:4]))
