#include "harness/sdk/program.h"

#include "harness/kernel/start.h"

namespace cfgtorture {
namespace {

// The kernel's words must stand before the first lock is made, which may be the strategy's.
std::unique_ptr<Strategy> StartWithStrategy(const ProgramParams& params) {
  if (!StartKernel(params.spin)) engine::EndExecution("no such spin algorithm in this object");
  std::unique_ptr<Strategy> strategy = MakeStrategy(params.strategy);
  if (strategy == nullptr) engine::EndExecution("no such strategy in this object");
  return strategy;
}

}  // namespace

Stage::Stage(const ProgramParams& params)
    : params_(params),
      strategy_(StartWithStrategy(params)),
      world_(params.bridge, strategy_->ops_locking()),
      caller_(*strategy_) {}

}  // namespace cfgtorture
