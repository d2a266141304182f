#include "harness/sdk/program.h"

#include "harness/kernel/delay_point.h"
#include "harness/kernel/start.h"

namespace cfgtorture {
namespace {

// The kernel's words must stand before the first lock is made, which may be the strategy's.
const char* AfterStart(const ProgramParams& params) {
  if (params.argument[0] != '\0') engine::EndExecution("takes no argument");
  if (!StartKernel(params.spin)) engine::EndExecution("no such spin algorithm in this object");
  if (params.options[0] != '\0') {
    const auto ns = [&params](const char* name) { return uint64_t{OptionOf(params, nullptr, name)} * 1000; };
    SetDelay(DelayPoint::kWakeCallback, ns("delay-wake-callback-us"),
             OptionOf(params, nullptr, "delay-wake-callback-every"));
    SetDelay(DelayPoint::kConfigAccess, ns("long-hold-us"), OptionOf(params, nullptr, "long-hold-every"));
  }
  return params.strategy;
}

ConfigOps::Locking LockingOf(const StrategyHolder& strategy) {
  if (strategy.get() == nullptr) engine::EndExecution("no such strategy in this object");
  return strategy->ops_locking();
}

}  // namespace

Stage::Stage(const ProgramParams& params)
    : params_(params),
      strategy_(AfterStart(params)),
      world_(params.bridge, LockingOf(strategy_)),
      caller_(*strategy_) {}

}  // namespace cfgtorture
