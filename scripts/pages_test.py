"""Goal: pages and mails under reports/ hold together: a page a hazard, names that exist, links that arrive, lines of a mail.

  pages_test.py
"""

import re
import unittest

import mails

ROOT = mails.ROOT
HAZARDS = ROOT / "reports" / "hazards"
HEADINGS = ["How it comes about", "A real bug", "How it is found here", "What the fix looks like", "See it"]
LINK = re.compile(r"\[[^\]\n]+\]\(([^)\s]+)\)")


def Read(path):
  return path.read_text(encoding="utf-8")


def HazardNames():
  return re.findall(r'\{Hazard::k\w+, "([a-z-]+)"', Read(ROOT / "harness" / "result" / "hazard.h"))


def NamesOf(folder):
  """Of what is registered there: .name = "x"."""
  found = set()
  for path in (ROOT / "workloads" / folder).glob("*.cc"):
    found |= set(re.findall(r'\.name = "([a-z0-9-]+)"', Read(path)))
  return found


def Complaints(name, text, scenarios, probes, pages):
  """What is wrong with one page."""
  lines = text.split("\n")
  if lines[0] != f"# {name}":
    yield f"begins with {lines[0]!r}"
  if re.findall(r"^## (.*)$", text, re.MULTILINE) != HEADINGS:
    yield f"its headings are not {HEADINGS}"
  commands = re.findall(r"^    cfgtorture explore .*$", text, re.MULTILINE)
  named = [found for command in commands for found in re.findall(r"--scenario ([a-z0-9-]+)", command)]
  if not named:
    yield "shows no scenario"
  for scenario in named:
    if scenario not in scenarios:
      yield f"there is no scenario {scenario}"
  for probe in re.findall(r"--probe ([a-z0-9-]+)", text):
    if probe not in probes:
      yield f"there is no probe {probe}"
  for target in LINK.findall(text):
    if target not in pages and target != f"../hazards.md#{name}":
      yield f"a link leads nowhere: {target}"
  if not re.search(r"\b[0-9a-f]{12}\b|PR \d+|not merged|none with a commit", text):
    yield "its bug has no history"
  for word in ("- Misses: ", "- Cries wolf: "):
    if word not in text:
      yield f"does not say: {word}"
  for line in lines:
    if line.startswith("- ") and line[2:].startswith("- "):
      yield f"a list in a list: {line}"


class HazardPages(unittest.TestCase):
  def setUp(self):
    self.scenarios, self.probes = NamesOf("scenarios"), NamesOf("probes")
    self.pages = {path.name for path in HAZARDS.glob("*.md")}

  def test_every_hazard_has_a_page_and_every_page_a_hazard(self):
    self.assertGreaterEqual(len(HazardNames()), 18)
    self.assertEqual(self.pages, {f"{name}.md" for name in HazardNames()})

  def test_pages_name_what_exists(self):
    self.assertGreaterEqual(len(self.scenarios), 41)
    wrong = [f"{page}: {complaint}" for page in sorted(self.pages)
             for complaint in Complaints(page[:-3], Read(HAZARDS / page), self.scenarios, self.probes, self.pages)]
    self.assertEqual(wrong, [])

  def test_scenarios_that_must_show_a_hazard_are_named_on_its_page(self):
    missing = []
    for path in sorted((ROOT / "workloads" / "scenarios").glob("*.cc")):
      for name, must in re.findall(r'SCENARIO\([^"]*?\.name = "([a-z0-9-]+)".*?\.must_find = "([a-z,-]+)"', Read(path),
                                   re.DOTALL):
        pages = [Read(HAZARDS / f"{hazard}.md") for hazard in must.split(",")]
        if not any(re.search(rf"{name}\b", page) for page in pages):
          missing.append(f"{name} is on none of the pages of {must}")
    self.assertEqual(missing, [])

  def test_a_wrong_page_is_seen(self):
    good = Read(HAZARDS / "torn-pair.md")
    for wrong in (good.replace("# torn-pair", "# torn"), good.replace("## A real bug", "## Bugs"),
                  good.replace("--scenario cf8-unlocked", "--scenario cf9"), good.replace("](lost", "](last"),
                  good.replace("- Misses: ", "- ")):
      self.assertNotEqual(wrong, good)
      self.assertTrue(list(Complaints("torn-pair", wrong, self.scenarios, self.probes, self.pages)), wrong[:200])

  def test_the_page_of_schedules_and_these_lead_to_each_other(self):
    schedules = Read(ROOT / "reports" / "hazards.md")
    shown = re.findall(r"^## ([a-z-]+)$", schedules, re.MULTILINE)
    self.assertTrue(shown)
    for name in shown:
      self.assertIn(f"(hazards/{name}.md)", schedules)
      self.assertIn("(../hazards.md#", Read(HAZARDS / f"{name}.md"))


class Mails(unittest.TestCase):
  TEXT = "claim\n\n[schedule: explore --scenario x\n  --side buggy; torn-pair]\nold\n[end of schedule]\nend\n"

  def test_lines_have_72_columns(self):
    for path in (ROOT / "reports" / "mails").glob("*.txt"):
      self.assertEqual(mails.TooLong(path.name, Read(path)), [])
      self.assertIn("fingerprint ", Read(path), f"{path.name}: run scripts/mails.py")
      for part in ("To: ", "Cc: ", "Subject: ", "What would fix it", "What this does not prove", "How to repeat"):
        self.assertIn(part, Read(path))
    self.assertEqual(len(mails.TooLong("x", "a" * 72 + "\n" + "a" * 73)), 1)

  def test_the_schedule_alone_is_replaced(self):
    asked = []
    filled = mails.Filled(self.TEXT, lambda words, hazard: asked.append((words, hazard)) or "new\n")
    self.assertEqual(filled, self.TEXT.replace("old\n", "new\n"))
    self.assertEqual(asked, [(["explore", "--scenario", "x", "--side", "buggy"], "torn-pair")])

  def test_a_mail_without_an_end_of_its_schedule_is_refused(self):
    for text in ("claim\n", self.TEXT.replace("[end of schedule]\n", "")):
      with self.assertRaises(SystemExit):
        mails.Filled(text, lambda words, hazard: "new\n")

  def test_takes_the_finding_that_was_asked_for(self):
    text = "x\nfinding  a: b\n step CPU0\n 1 w\nfails under  x; fingerprint 01.\nrepeat: t\n"
    text += "\nfinding  c: d\n step CPU0\n 2 " + "word " * 20 + "\nfails under  x; fingerprint 02.\n"
    self.assertEqual(mails.Drawn(text, "01"), " step CPU0\n 1 w\nfingerprint 01\n")
    self.assertEqual(mails.TooLong("x", mails.Drawn(text, "02")), [])
    self.assertIsNone(mails.Drawn(text, "03"))


if __name__ == "__main__":
  unittest.main()
