// harness/model/search.h: the explorer of a cell, and what it has shown by coming to an end.
//
// random, pct and pos draw each execution from its number. dfs and dpor go from one execution to the next, keep the
// choices of the last one so that it can be run again, begin anew when the program has got new scheduling points, and
// come to an end: what has not been found by then is not there, within the cell's bounds.
#ifndef CFGTORTURE_HARNESS_MODEL_SEARCH_H_
#define CFGTORTURE_HARNESS_MODEL_SEARCH_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "harness/explore/dfs.h"
#include "harness/explore/dpor.h"
#include "harness/explore/pct.h"
#include "harness/explore/pos.h"
#include "harness/model/machine.h"
#include "harness/result/cell.h"

namespace cfgtorture::model {

class Search {
 public:
  // InvalidArgument if this build has no such explorer, or not with this memory.
  absl::Status Init(const CellSpec& spec) {
    if (spec.explorer == "pct") {
      explorer_ = std::make_unique<explore::PctExplorer>(spec.seed);
    } else if (spec.explorer == "pos") {
      explorer_ = std::make_unique<explore::PosExplorer>(spec.seed);
    } else if (spec.explorer == "dfs") {
      auto dfs = std::make_unique<explore::DfsExplorer>();
      dfs_ = dfs.get();
      explorer_ = std::move(dfs);
    } else if (spec.explorer == "dpor") {
      auto dpor = std::make_unique<explore::DporExplorer>();
      dpor_ = dpor.get();
      explorer_ = std::move(dpor);
      if (spec.memory == "tso") {
        return absl::InvalidArgumentError(
            "--explorer dpor: not with --memory tso, whose store buffers it has no rules for; expected sc or c11");
      }
    } else if (spec.explorer != "random") {
      return absl::InvalidArgumentError(
          absl::StrCat("explorer \"", spec.explorer, "\": this build has random, pct, pos, dfs and dpor"));
    }
    return absl::OkStatus();
  }

  explore::Explorer* explorer() { return explorer_.get(); }  // null: random
  // The number of an execution alone does not make it.
  bool exhaustive() const { return dfs_ != nullptr || dpor_ != nullptr; }

  void BeginExecution() {
    if (!exhaustive()) return;
    machine.choice().Record(&ranks_);
  }
  void EndExecution(EndReason reason) {
    ++(reason == EndReason::kPruned ? pruned_ : executions_);
    cut_ |= reason == EndReason::kStopped || reason == EndReason::kStepLimit || reason == EndReason::kLivelock;
  }
  const std::vector<uint32_t>& ranks() const { return ranks_; }  // of the last execution, if exhaustive
  // False: nothing is left. `racy_sites`: how many scheduling points the program has got by its races.
  bool GoOn(size_t racy_sites) {
    if (!exhaustive()) return true;
    if (racy_sites != racy_sites_) {
      racy_sites_ = racy_sites;
      dfs_ != nullptr ? dfs_->StartAnew() : dpor_->StartAnew();
    } else if (!explorer_->End(ranks_.size())) {
      exhausted_ = true;
      return false;
    }
    if (dpor_ != nullptr && dpor_->starts() != starts_) {
      starts_ = dpor_->starts();
      executions_ = pruned_ = 0;
      cut_ = false;
    }
    return true;
  }

  // An execution that was cut short hides what would have followed.
  bool exhausted() const { return exhausted_ && !cut_; }
  uint64_t pruned() const { return pruned_; }
  std::string Strength() const {
    if (!exhausted()) return "";
    return absl::StrFormat("exhausted: %d executions%s", dfs_ != nullptr ? dfs_->executions() : executions_,
                           pruned_ != 0 ? absl::StrFormat(", %d more begun", pruned_) : "");
  }

 private:
  std::unique_ptr<explore::Explorer> explorer_;
  // The same, if it is one of those.
  explore::DfsExplorer* dfs_ = nullptr;
  explore::DporExplorer* dpor_ = nullptr;
  std::vector<uint32_t> ranks_;
  uint64_t executions_ = 0;  // since the explorer last began anew
  uint64_t pruned_ = 0;      // cut short by it, because they could only repeat others
  uint64_t starts_ = 0;
  size_t racy_sites_ = 0;
  bool exhausted_ = false;
  bool cut_ = false;
};

}  // namespace cfgtorture::model

#endif  // CFGTORTURE_HARNESS_MODEL_SEARCH_H_
