// reports/markdown/sections.h: the parts of the text that stand in answer.cc and gate.cc. Each appends to `page`, and
// nothing where the run has nothing of the kind.
#ifndef CFGTORTURE_REPORTS_MARKDOWN_SECTIONS_H_
#define CFGTORTURE_REPORTS_MARKDOWN_SECTIONS_H_

#include <string>

#include "harness/result/run_result.h"

namespace cfgtorture::reports::markdown {

void AppendGate(std::string& page, const RunResult& result);
void AppendAnswer(std::string& page, const RunResult& result);
void AppendContention(std::string& page, const RunResult& result);
void AppendIrqsOff(std::string& page, const RunResult& result);
void AppendAgreement(std::string& page, const RunResult& result);

}  // namespace cfgtorture::reports::markdown

#endif  // CFGTORTURE_REPORTS_MARKDOWN_SECTIONS_H_
