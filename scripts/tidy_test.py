"""Goal: each rule of tidy.py fires, its nearest innocent neighbour does not; and this tree breaks none."""

import os
import sys
import unittest

import tidy

READMES = {f"{room}/README.md": "" for room in tidy.ROOMS}
TABLE = '{"cells": [{"strategy": "my-lock", "probe": "my-probe"}, {"strategy": "my-lock", "probe": "deadlock"}]}'
HAZARDS = 'x {Hazard::kDeadlock, "deadlock", "..."} y'


def ComplaintsOf(**files):
  tree = dict(READMES)
  tree.update({"ci/expected_verdicts.json": TABLE, "harness/result/hazard.h": HAZARDS})
  tree.update(files.pop("tree", {}))
  return tidy.Check(tree)


class Fires(unittest.TestCase):

  def assertFires(self, path, text, part):
    complaints = ComplaintsOf(tree={path: text})
    self.assertEqual(len(complaints), 1, complaints)
    self.assertIn(part, complaints[0])

  def testOnAnArrowThatGoesUp(self):
    self.assertFires("harness/kernel/x.h", '#include "harness/pci/device.h"\n', "harness/kernel/x.h:1")
    self.assertFires("harness/result/x.h", '\n#include "harness/kernel/engine.h"\n', "harness/result/x.h:2")
    self.assertFires("locks/x.cc", '#  include "harness/model/machine.h"\n', "may not include harness/model/machine.h")
    self.assertFires("harness/run/x.cc", '#include "reports/html/html.h"\n', "may not include reports")

  def testOnAPluginAmongTheTestDataThatReachesAnEngine(self):
    self.assertFires("harness/native/testdata/code.cc", '#include "harness/model/machine.h"\n', "machine.h")

  def testOnARoomInsideTheOwnRoom(self):
    self.assertFires("harness/pci/device.h", '#include "harness/pci/topology/topology.h"\n', "topology.h")

  def testOnASourceInNoRoom(self):
    self.assertFires("harness/utils/x.h", "", "no room")

  def testOnCodeAboveTheSeamThatAsksWhichEngineItRunsOn(self):
    self.assertFires("harness/kernel/x.h", "#ifdef __SANITIZE_THREAD__\n", "asks which engine")
    self.assertFires("workloads/x.cc", "#if !__has_feature(thread_sanitizer)\n", "asks which engine")
    self.assertFires("locks/x.cc", "if (RunsOnModel()) return;\n", "RunsOnModel")
    self.assertFires("locks/x.cc", 'if (engine == "tsan") return;\n', '"tsan"')

  def testOnAStrategyWorkloadOrFormatThatTheHarnessNames(self):
    self.assertFires("harness/run/x.cc", 'if (name == "my-lock") return;\n', '"my-lock"')
    self.assertFires("harness/run/x.cc", 'if (name == "my-probe") return;\n', '"my-probe"')
    self.assertFires("harness/run/x.cc", 'Write("html");\n', '"html"')
    complaints = ComplaintsOf(tree={"workloads/big_storm.cc": "", "harness/cli/x.cc": 'Run("big-storm");'})
    self.assertEqual(len(complaints), 1, complaints)

  def testOnALongFile(self):
    self.assertFires("locks/x.cc", "\n" * 601, "601 lines")

  def testOnARoomWithoutReadme(self):
    tree = dict(READMES)
    del tree["harness/judge/README.md"]
    self.assertEqual(tidy.Check(tree), ["harness/judge: has no README.md"])


class Silent(unittest.TestCase):

  def assertSilent(self, path, text):
    self.assertEqual(ComplaintsOf(tree={path: text}), [])

  def testOnArrowsOfTheDesign(self):
    self.assertSilent("harness/kernel/x.h", '#include "harness/kernel/engine.h"\n#include "harness/result/hazard.h"\n')
    self.assertSilent("locks/x.cc", '#include "harness/sdk/strategy.h"\n')
    self.assertSilent("harness/cli/x.cc", '#include "reports/html/html.h"\n#include "harness/run/worker.h"\n')
    self.assertSilent("reports/x.cc", '#include <string>\n#include "absl/strings/str_cat.h"\n')

  def testOnAPluginAmongTheTestData(self):
    self.assertSilent("harness/native/testdata/code.cc", '#include "harness/sdk/registry.h"\n')

  def testOnAnIncludeInACommentOrAString(self):
    self.assertSilent("harness/kernel/x.h", '// #include "harness/pci/device.h"\n')
    self.assertSilent("harness/kernel/x.h", 'const char* kText = "see harness/pci/device.h";\n')

  def testOnEnginesInProseAndInTests(self):
    self.assertSilent("locks/x.cc", "// the model engine and tsan see this\n/* native\n model */\n")
    self.assertSilent("locks/x_test.cc", 'Run("model");\n')
    self.assertSilent("harness/kernel/engine_x.h", "#ifndef HARNESS_KERNEL_ENGINE_H_\n")
    self.assertSilent("harness/kernel/seqcount.h", "__tsan_acquire(&sequence_);\n")

  def testOnAHazardThatIsAlsoTheNameOfAProbe(self):
    self.assertSilent("harness/run/x.cc", 'Report("deadlock");\n')

  def testOnStrategyNamesOutsideTheHarness(self):
    self.assertSilent("workloads/x.cc", 'Use("my-lock");\n')
    self.assertSilent("harness/cli/x.cc", 'Write("html");\n')


class Tree(unittest.TestCase):

  def testIsTidy(self):
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
    complaints = tidy.Check(tidy.ReadTree(root))
    self.assertEqual(complaints, [], "\n" + "\n".join(complaints))


if __name__ == "__main__":
  sys.dont_write_bytecode = True
  unittest.main()
