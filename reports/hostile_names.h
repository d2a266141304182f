// reports/hostile_names.h: for tests of the renderers: a run whose every name would like to be something else.
#ifndef CFGTORTURE_REPORTS_HOSTILE_NAMES_H_
#define CFGTORTURE_REPORTS_HOSTILE_NAMES_H_

#include <string>
#include <vector>

#include "reports/sample_result.h"

namespace cfgtorture::reports {

// Markup, quotes, links and placeholders, control and bidirectional characters, what is not UTF-8, 10,000 characters.
inline const std::vector<std::string>& HostileNames() {
  static const std::vector<std::string> kNames = {"<script>alert(1)</script>",
                                                  "\"'&<>]]><!--",
                                                  "[a](1) {0} {lambda()#1} \\[b](javascript:x)",
                                                  "a\x01\x02\x1b[31mb\x7f",
                                                  "\xff\xfe\xc0\xaf",
                                                  "\xe2\x80\xae"
                                                  "drawkcab\xe2\x80\xac",
                                                  "\xef\xbf\xbe\xef\xbf\xbf",
                                                  std::string("nul\0l", 5),
                                                  "*) (* \" C x",
                                                  "../../etc/passwd",
                                                  "a | b",
                                                  "::error file=x::y",
                                                  "##vso[task.complete]",
                                                  "one\n::error::two",
                                                  std::string(10'000, 'x')};
  return kNames;
}

// SampleResult() with these names in turn everywhere that a plug-in, a program or a machine may put a name.
inline RunResult HostileResult() {
  RunResult result = SampleResult();
  size_t turn = 0;
  const auto name = [&] { return HostileNames()[turn++ % HostileNames().size()]; };
  result.tool.build_id = name();
  result.environment.cpu_model = name();
  result.command.push_back(name());
  for (CellResult& cell : result.cells) {
    cell.spec.strategy = name();
    cell.spec.program = name();
    cell.spec.id += name();
    cell.reason = name();
    for (OperationMetric& metric : cell.operations) metric.operation = name();
    for (Finding& finding : cell.findings) {
      finding.title = name();
      finding.detail = name();
      finding.replay = name();
      finding.token = name();
      for (Access& access : finding.accesses) {
        access.task = name();
        access.location = name();
        for (std::string& lock : access.locks_held) lock = name();
        for (Frame& frame : access.stack) {
          frame.function = name();
          frame.file = name();
        }
      }
      for (Step& step : finding.schedule) {
        step.task = name();
        step.text = name();
        step.object = name();
      }
    }
  }
  return result;
}

}  // namespace cfgtorture::reports

#endif  // CFGTORTURE_REPORTS_HOSTILE_NAMES_H_
