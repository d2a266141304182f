#include "harness/result/replay_command.h"

namespace cfgtorture {

bool IsBuiltIn(std::string_view plugin) {
  return plugin.empty() || plugin.substr(plugin.rfind('/') + 1).starts_with(kBuiltInCode);
}

std::string ReplayCommand(std::vector<std::string> what, const std::string& plugin) {
  what.insert(what.begin(), {"cfgtorture", "replay"});
  if (!IsBuiltIn(plugin)) what.insert(what.end(), {"--plugin", plugin});
  return CommandLine(what);
}

std::string ReplayCommand(const RunResult& result, const std::string& token) {
  return ReplayCommand(std::vector{token}, result.cells.empty() ? "" : result.cells.front().spec.plugin);
}

}  // namespace cfgtorture
