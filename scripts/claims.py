#!/usr/bin/env python3
"""The claims that deserve a page each, as Markdown: what was said, what was tried, what came of it, with the schedule.

  scripts/claims.py [CFGTORTURE]          writes reports/claims/*.md
  scripts/claims.py --check [CFGTORTURE]  writes nothing; exit status 1 if a page says another outcome than this run

The words at the head of a page say what the question is. Outcomes, figures and schedules are the tool's own output, of
one run of `cfgtorture claims` and a replay of each finding. Exit status 1 too if a claim is undecided. Half a minute.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
WIDTH = "110"

PAGES = {
    "pci-lock-and-d-states": (["C8", "C10", "C11"], "pci_lock and D-states", """
`PCI_LOCKLESS_CONFIG` compiles `pci_lock` out of the kernel's config accessors (x86 selects it). The thread asked whether
that is wrong in concept: a function that changes its D-state must not be accessed until its recovery time is over (PCIe
r5.0, section 5.9: 10 ms into or out of D3hot). The question has two halves: must accesses be kept out, and is it
`pci_lock` that does so? `pci_set_power_state()` writes PMCSR, then sleeps; it takes neither `pci_lock` over the sleep nor
the block of `pci_cfg_access_lock()`.

Each experiment is one function, one task that puts it into D3hot, and one that reads its configuration space. The
emulated hardware reports every access that arrives between the write of PMCSR and the end of the recovery time."""),
    "intx-helper-under-lockless": (["C15"], "The INTx helper under lockless config", """
`pci_check_and_set_intx_mask()` reads Command and Status as one dword, and writes Command back with INTx Disable set or
cleared. It holds `pci_lock` from the read to the write, which is why that lock was exported (a2e27787f893, v3.3). Could
it use ordinary accessors instead? And what does the lock give where `PCI_LOCKLESS_CONFIG` has taken it away from the
kernel's accessors, and not from the users'?

Each experiment is one function, an interrupt (or a task) that masks INTx, and somebody who writes Command at the same
time: a user (`setpci`, vfio), or the kernel in one plain write. A driver's own read and write pair is not looked at: no
lock in the accessors can protect it."""),
    "the-unnoticed-lost-wake-up": (["C22"], "The unnoticed lost wake-up", """
Two repairs of the crash were on the table in June 2020. A, Zheng's third patch: the waiter sets its state, drops
`pci_lock`, adds itself to the queue under the queue's lock, sleeps, and removes itself. B: `wait_event()`, merged as
2a7e32d0547f (v5.9). The thread held that both probably work.

The experiment is the smallest there is: a function that is blocked, one task that reads it through the user accessors
and must wait, one that unblocks it. Nobody else will ever unblock anything. Does the reader always come back?"""),
}


def Run(words, **options):
  return subprocess.run(words, capture_output=True, text=True, env={**os.environ, "COLUMNS": WIDTH}, **options)


def Claims(front_end):
  ids = sorted({i for claims, _, _ in PAGES.values() for i in claims}, key=lambda i: int(i[1:]))
  with tempfile.TemporaryDirectory(prefix="cfgt_claims_") as folder:
    path = os.path.join(folder, "result.json")
    done = Run([front_end, "claims", "--claim", ",".join(ids), "--quiet", "--json", path])
    if done.returncode not in (0, 4):
      sys.exit(f"claims: exit {done.returncode}\n{done.stderr}")
    with open(path, encoding="utf-8") as file:
      return {claim["id"]: claim for claim in json.load(file)["claims"]}


def Schedule(front_end, token):
  """The finding as the terminal shows it, without the token."""
  done = Run([front_end, "replay", token])
  start, end = done.stdout.find("finding  "), done.stdout.find("\nrepeat:")
  if done.returncode != 0 or start < 0 or end < start:
    sys.exit(f"replay {token}: exit {done.returncode}\n{done.stdout}{done.stderr}")
  return done.stdout[start:end].rstrip().replace("```", "'''")


def OutcomeLine(claim):
  return f"**{claim['id']}: {claim['outcome']}**: {claim['because']}."


def Page(front_end, claims, title, text):
  out = [f"# {title}", "", "Written by `scripts/claims.py`; outcomes, figures and schedules are the tool's output.", text,
         ""]
  shown = set()
  for claim in claims:
    out += [f"## {claim['id']}. {claim['who']}", "", f"> {claim['statement']}", "", f"({claim['where']})", "",
            f"Experiment: {claim['experiment']}", "", OutcomeLine(claim), "",
            f"`cfgtorture claims --claim {claim['id']}`", ""]
    out += [f"* {figure['what']}: {figure['text']}" for figure in claim["figures"]] + [""]
    for figure in claim["figures"]:
      schedule = Schedule(front_end, figure["token"]) if figure["token"] else ""
      body = schedule[:schedule.rfind("fails under")]
      if not schedule or body in shown:  # the same schedule, under another strategy
        continue
      shown.add(body)
      out += [f"{figure['what']}:", "", "```", schedule, "```", ""]
  out += ["What this does not show: these are models of the kernel's functions, on emulated hardware, under sequential "
          "consistency; clean is clean in the schedules tried. The command above repeats it.", ""]
  return "\n".join(out)


def main():
  words = [word for word in sys.argv[1:] if word != "--check"]
  front_end = words[0] if words else str(ROOT / "build" / "release" / "bin" / "cfgtorture")
  claims = Claims(front_end)
  wrong = [f"{claim['id']}: undecided: {claim['because']}" for claim in claims.values() if claim["outcome"] == "undecided"]
  for name, (ids, title, text) in PAGES.items():
    path = ROOT / "reports" / "claims" / f"{name}.md"
    if "--check" in sys.argv:
      page = path.read_text(encoding="utf-8")
      wrong += [f"{path.name} does not say: {OutcomeLine(claims[i])}" for i in ids if OutcomeLine(claims[i]) not in page]
    else:
      path.write_text(Page(front_end, [claims[i] for i in ids], title, text), encoding="utf-8")
  for line in wrong:
    print(line, file=sys.stderr)
  return 1 if wrong else 0


if __name__ == "__main__":
  sys.exit(main())
