#!/usr/bin/env python3
"""Puts the schedules into reports/mails/*.txt, or tells whether they are still the ones that the tool draws.

  scripts/mails.py [--check] [--bin CFGTORTURE] [MAIL...]

A mail is written by hand, but for what stands between two lines:

  [schedule: WORDS OF A CFGTORTURE COMMAND; HAZARD]      may go on in further lines, until the bracket closes
  [end of schedule]

There goes the command's simplest finding of that hazard, as the terminal draws it at 72 columns: schedule, the orders that
it needs, its fingerprint. The markers stay, as whoever sends the mail should know what is not his own; he takes them out.
--check changes nothing and fails if a schedule would change, or if a line is over 72 columns. A second or two.
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import textwrap

ROOT = pathlib.Path(__file__).resolve().parent.parent
WIDTH = 72  # of mail, by custom of the kernel's lists
MARKED = re.compile(r"^\[schedule: (?P<words>[^;\]]+); (?P<hazard>[a-z-]+)\]\n(?P<drawn>.*?)^\[end of schedule\]\n",
                    re.MULTILINE | re.DOTALL)


def Folded(line):
  """A line of the terminal's as lines of a mail. Rows of the schedule fit already."""
  if len(line) <= WIDTH:
    return [line]
  indent = line[:len(line) - len(line.lstrip())]
  return textwrap.wrap(line.strip(), WIDTH, initial_indent=indent, subsequent_indent=indent + "  ",
                       break_long_words=False, break_on_hyphens=False)


def Drawn(output, fingerprint):
  """Of the finding's text: from its schedule to its fingerprint; nothing of the way to it, and not the token."""
  for block in re.split(r"\n(?=finding  )", output):
    if not block.startswith("finding  ") or f"fingerprint {fingerprint}" not in block:
      continue
    lines = block.split("\n")
    begin = next(i for i, line in enumerate(lines) if line.startswith(" step "))
    end = next(i for i, line in enumerate(lines) if line.startswith("fails under "))
    folded = [part for line in lines[begin:end] for part in Folded(line.rstrip())]
    return "\n".join(folded) + f"\nfingerprint {fingerprint}\n"
  return None


def Schedule(front_end, words, hazard):
  with tempfile.TemporaryDirectory(prefix="cfgt_mails_") as folder:
    path = os.path.join(folder, "result.json")
    done = subprocess.run([front_end, *words, "--json", path], capture_output=True, text=True,
                          env={**os.environ, "COLUMNS": str(WIDTH)})
    if done.returncode not in (0, 1):
      sys.exit(f"{' '.join(words)}: exit {done.returncode}\n{done.stderr}")
    with open(path, encoding="utf-8") as file:
      result = json.load(file)
  found = [f for cell in result["cells"] for f in cell["findings"] if f["hazard"] == hazard]
  if not found:
    sys.exit(f"{' '.join(words)}: no {hazard} was found")
  simplest = min(found, key=lambda f: (f["preemptions"], len(f["schedule"])))
  drawn = Drawn(done.stdout, simplest["fingerprint"])
  if drawn is None:
    sys.exit(f"{' '.join(words)}: the finding is not in the text")
  return drawn


def Filled(text, schedule_of):
  """The mail with its schedules; schedule_of(words, hazard) draws one."""
  def Fill(match):
    head = match.group(0)[:match.start("drawn") - match.start(0)]
    return f"{head}{schedule_of(match.group('words').split(), match.group('hazard'))}[end of schedule]\n"
  filled, count = MARKED.subn(Fill, text)
  if count == 0 or text.count("[schedule:") != count:
    sys.exit("a mail has no schedule, or one that has no end")
  return filled


def TooLong(name, text):
  return [f"{name}:{number}: {len(line)} columns, a mail has {WIDTH}"
          for number, line in enumerate(text.split("\n"), 1) if len(line) > WIDTH]


def main():
  parser = argparse.ArgumentParser()
  parser.add_argument("--check", action="store_true")
  parser.add_argument("--bin", default=str(ROOT / "build" / "release" / "bin" / "cfgtorture"))
  parser.add_argument("mails", nargs="*", type=pathlib.Path)
  options = parser.parse_args()
  mails = options.mails or sorted((ROOT / "reports" / "mails").glob("*.txt"))
  complaints = [] if mails else ["there are no mails"]
  for path in mails:
    text = path.read_text(encoding="utf-8")
    filled = Filled(text, lambda words, hazard: Schedule(options.bin, words, hazard))
    if not options.check:
      path.write_text(filled, encoding="utf-8")
    elif filled != text:
      complaints.append(f"{path}: another schedule is drawn now; scripts/mails.py puts it in, and read the diff")
    complaints += TooLong(path, filled)
  for line in complaints:
    print(line, file=sys.stderr)
  return 1 if complaints else 0


if __name__ == "__main__":
  sys.exit(main())
