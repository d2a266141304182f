// harness/cli/resume.h: from the folder of an interrupted exploration to the command that goes on with it.
//
// result.json in the folder is all there is: the command line, and what each cell has found and which execution numbers
// it has used (harness/run/shares.h). It is replaced as a whole once a second, so whatever ended the run, at most its
// last second is lost.
#ifndef CFGTORTURE_HARNESS_CLI_RESUME_H_
#define CFGTORTURE_HARNESS_CLI_RESUME_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "harness/cli/command.h"
#include "harness/result/run_result.h"

namespace cfgtorture::cli {

inline constexpr const char* kResumeOption = "--resume";

// The options that a command line gives, in order: name and value ("" for a flag).
using Given = std::vector<std::pair<std::string, std::string>>;
Given GivenOptions(const std::vector<std::string>& words, const std::vector<Option>& options);

// The words of `begun`, with what `words` says of limits, jobs and output instead. Errors: `words` gives another option
// than `begun` did, or another value for it: that would be another campaign.
absl::StatusOr<std::vector<std::string>> ResumedCommand(const std::vector<std::string>& begun,
                                                        const std::vector<std::string>& words,
                                                        const std::vector<Option>& options, const std::string& folder);

// Puts the values of `words` into the options.
void Apply(const std::vector<std::string>& words, const std::vector<Option>& options);

// The result in `folder`. Errors: there is none, or it is not of `command`.
absl::StatusOr<RunResult> LoadCampaign(const std::string& folder, const std::string& command);

// `cells` as they are now to be run, with what the campaign in `folder` has of each. Errors: it was another build.
absl::StatusOr<std::vector<CellResult>> GoOn(std::vector<CellResult> cells, const RunResult& campaign,
                                             const std::string& build_id, const std::string& folder);

}  // namespace cfgtorture::cli

#endif  // CFGTORTURE_HARNESS_CLI_RESUME_H_
