// cfgtorture merge: results of several machines and days as one file.
#include "harness/run/merge.h"

#include <cstdio>

#include "absl/strings/str_cat.h"
#include "harness/cli/command.h"
#include "harness/cli/finding_text.h"
#include "harness/result/counted.h"
#include "harness/result/printable.h"

namespace cfgtorture::cli {
namespace {

class MergeCommand final : public Command {
 public:
  const char* name() const override { return "merge"; }
  const char* summary() const override { return "results of several machines and days as one"; }
  const char* examples() const override {
    return "  cfgtorture merge machine-*/result.json --out all.json\n"
           "  cfgtorture merge all.json tuesday --out all.json      a day more; tuesday is a folder that --out named\n"
           "  cfgtorture report all.json --format html --out report\n"
           "Whatever the order and the grouping, the same runs make the same file, and a run named twice counts once.\n"
           "Explored cells of one build add up: run the shards of a campaign with seeds of their own (--seed).\n"
           "Executions that two runs have both done count once. Cells of one id from different builds, and whatever "
           "ran "
           "on\n"
           "real threads, stay apart as ID@BUILD and ID@RUN: figures of two machines or two days never mix.\n"
           "A worker that died in one run is a cell that died; what a run has not done is listed in what was left "
           "out.\n"
           "The file holds the runs whole, so nothing is lost and it can be merged again. Exit status 0 says that it "
           "was "
           "written, nothing of what it says.\n";
  }
  std::vector<Option> options() override {
    return {
        {"RESULT", nullptr, "result.json files, or folders that --out named; merged ones too", nullptr, nullptr,
         &results_},
        {"--out", "FILE", "where to write; may be one of the RESULTs", &out_},
        {"--quiet", nullptr, "no text: the exit status tells", nullptr, &quiet_},
    };
  }

  absl::StatusOr<int> Run(const std::vector<std::string>&) override {
    if (results_.empty()) {
      return absl::InvalidArgumentError("merge: which RESULTs? result.json files, or the folders that --out named");
    }
    if (out_.empty()) return absl::InvalidArgumentError("merge: --out FILE says where to write");
    std::vector<RunResult> results;
    for (const std::string& path : results_) {
      absl::StatusOr<RunResult> result = Load(path);
      if (!result.ok()) return result.status();
      results.push_back(*std::move(result));
    }
    run::MergeCounts counts;
    const RunResult merged = run::MergeResults(results, &counts);
    if (absl::Status saved = Named("--out", Save(merged, out_)); !saved.ok()) return saved;
    if (quiet_) return 0;
    for (size_t i = 0; i < counts.runs; ++i) std::printf("%s\n", PrintableLine(merged.summary.left_out[i]).c_str());
    std::printf("%s of %s", Counted(merged.cells.size(), "cell").c_str(), Counted(counts.runs, "run").c_str());
    if (counts.repeated_runs > 0) std::printf(" (%zu named again)", counts.repeated_runs);
    std::printf(": %zu added up, %zu kept apart, %zu died; %s\n", counts.added_up, counts.apart, counts.died,
                PrintableLine(absl::StrCat(merged.summary.outcome, ": ", merged.summary.text)).c_str());
    for (size_t i = counts.runs; i < merged.summary.left_out.size() && i < counts.runs + kMostLines; ++i) {
      std::printf("left out  %s\n", PrintableLine(merged.summary.left_out[i]).c_str());
    }
    if (merged.summary.left_out.size() > counts.runs + kMostLines) {
      std::printf("left out  %zu lines more, in %s\n", merged.summary.left_out.size() - counts.runs - kMostLines,
                  PrintableLine(out_).c_str());
    }
    std::printf("next: cfgtorture report %s --out DIR\n", PrintableLine(CommandLine({out_})).c_str());
    return 0;
  }

 private:
  static constexpr size_t kMostLines = 10;
  std::vector<std::string> results_;
  std::string out_;
  bool quiet_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeMerge() { return std::make_unique<MergeCommand>(); }

}  // namespace cfgtorture::cli
