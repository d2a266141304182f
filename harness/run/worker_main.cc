// The one main() of the four workers: a cell in on stdin, lines of JSON out on stdout (harness/result/cell.h).
//
//   worker                    reads one CellSpec, runs it
//   worker --slices N         the same, in slices (worker.h)
//   worker --describe FILE    prints the tables of a plug-in
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <iostream>
#include <string>

#include "harness/run/plugin_loader.h"
#include "harness/run/worker.h"
#include "nlohmann/json.hpp"

namespace cfgtorture::run {
namespace {

volatile std::sig_atomic_t stop = 0;

void Stop(int) { stop = 1; }

// The front end may be gone: then there is nobody to work for.
void Emit(const Json& line) {
  const std::string text = line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) std::_Exit(3);
}

Json CountsOf(const std::vector<Finding>& findings) {
  Json counts = Json::object();
  for (const Finding& finding : findings) counts[finding.id] = finding.count;
  return counts;
}

double MonotonicSeconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

int Fail(int code, const std::string& text) {
  std::fprintf(stderr, "%s\n", text.c_str());
  return code;
}

const char* KindName(ProgramKind kind) {
  switch (kind) {
    case ProgramKind::kWorkload:
      return "workload";
    case ProgramKind::kProbe:
      return "probe";
    case ProgramKind::kScenario:
      return "scenario";
  }
  return "?";
}

Json OptionsOf(const OptionText* texts, uint32_t count) {
  Json options = Json::array();
  for (uint32_t i = 0; i < count; ++i) {
    options.push_back({{"name", texts[i].name},
                       {"value", texts[i].value},
                       {"least", texts[i].least},
                       {"most", texts[i].most},
                       {"help", texts[i].help}});
  }
  return options;
}

int Describe(const std::string& path) {
  absl::StatusOr<LoadedPlugin> loaded = LoadPlugin(path, kWantsInstrumented);
  if (!loaded.ok()) return Fail(2, std::string(loaded.status().message()));
  const Plugin& plugin = *loaded->plugin;
  Json json;
  json["abi"] = plugin.abi;
  json["build_id"] = OwnBuildId().substr(0, 12) + "-" + loaded->build_id.substr(0, 12);
  json["strategies"] = Json::array();
  for (uint32_t i = 0; i < plugin.strategy_count; ++i) {
    const StrategyText& text = plugin.strategies[i];
    json["strategies"].push_back({{"name", text.name},
                                  {"summary", text.summary},
                                  {"refuses_bridges", text.refuses_bridges},
                                  {"refuses_reason", text.refuses_reason}});
  }
  json["programs"] = Json::array();
  for (uint32_t i = 0; i < plugin.program_count; ++i) {
    const ProgramText& text = plugin.programs[i];
    json["programs"].push_back({{"kind", KindName(text.kind)},
                                {"name", text.name},
                                {"summary", text.summary},
                                {"sides", text.sides},
                                {"hazards", text.hazards},
                                {"flavours", text.flavours},
                                {"bridges", text.bridges},
                                {"needs_strategy", text.needs_strategy},
                                {"tag", text.tag},
                                {"history", text.history},
                                {"must_find", text.must_find},
                                {"may_find", text.may_find},
                                {"may_find_why", text.may_find_why},
                                {"options", OptionsOf(text.options, text.option_count)}});
  }
  json["patterns"] = OptionsOf(plugin.patterns, plugin.pattern_count);
  json["spin_algorithms"] = Json::array();
  for (uint32_t i = 0; i < plugin.spin_algorithm_count; ++i)
    json["spin_algorithms"].push_back(plugin.spin_algorithms[i]);
  Emit(json);
  return 0;
}

int RunOneCell(uint64_t slice_operations) {
  if (slice_operations != 0) std::setvbuf(stdin, nullptr, _IONBF, 0);  // what comes after the cell is for later
  std::string line;
  if (!std::getline(std::cin, line)) return Fail(2, "worker: expected one line of JSON, a cell, on stdin");
  const Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return Fail(2, "worker: stdin is not a JSON object");
  CellSpec spec;
  try {
    spec = json.get<CellSpec>();
  } catch (const nlohmann::json::exception& error) {
    return Fail(2, std::string("worker: cell: ") + error.what());
  }
  absl::StatusOr<LoadedPlugin> loaded = LoadPlugin(spec.plugin, kWantsInstrumented);
  if (!loaded.ok()) return Fail(2, std::string(loaded.status().message()));

  struct sigaction action = {};
  action.sa_handler = Stop;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  signal(SIGPIPE, SIG_IGN);

  Emit({{"type", "hello"},
        {"build_id", OwnBuildId().substr(0, 12) + "-" + loaded->build_id.substr(0, 12)},
        {"worker", kWorkerName}});
  WorkerOutput output(slice_operations);
  CellResult result = RunCell(spec, *loaded, output);
  const Json counts = CountsOf(result.findings);
  result.findings.clear();  // each was a line of its own
  Json cell = result;
  Emit({{"type", "cell"}, {"cell", std::move(cell)}, {"finding_counts", counts}});
  return 0;
}

}  // namespace

void WorkerOutput::Progress(const CellResult& so_far) {
  static double last = 0;
  const double now = MonotonicSeconds();
  if (now - last < 0.25) return;
  last = now;
  Json line = {
      {"type", "progress"}, {"executions", so_far.executions}, {"points", so_far.points}, {"wall_s", so_far.wall_s}};
  line["hazards"] = Json::object();
  for (const auto& [name, outcome] : so_far.hazards) line["hazards"][name] = outcome;
  line["metrics"] = so_far.metrics;
  if (!so_far.distinct_sketch
           .empty()) {  // what a share of a cell needs to be added up, and a later run to go on with it
    line["accesses"] = so_far.accesses;
    line["distinct"] = so_far.distinct;
    line["distinct_sketch"] = so_far.distinct_sketch;
    line["self_checks"] = so_far.self_checks;
    line["tree"] = so_far.tree;
  }
  line["finding_counts"] = CountsOf(so_far.findings);
  Emit(line);
}

void WorkerOutput::Found(const Finding& finding) { Emit({{"type", "finding"}, {"finding", finding}}); }

void WorkerOutput::Trace(const Step& step) { Emit({{"type", "trace"}, {"step", step}}); }

bool WorkerOutput::EndSlice(const std::vector<OperationMetric>& operations) {
  Json list = Json::array();
  for (const OperationMetric& metric : operations) {
    list.push_back({{"operation", metric.operation}, {"count", metric.count}, {"p50_ns", metric.p50_ns}});
  }
  Emit({{"type", "slice"}, {"operations", std::move(list)}});
  // Not std::cin, which a signal does not end.
  char next = 0;
  while (!stop_requested()) {
    const ssize_t n = read(STDIN_FILENO, &next, 1);
    if (n == 0 || (n < 0 && errno != EINTR)) return false;
    if (n == 1 && next == '\n') return true;
  }
  return false;
}

bool WorkerOutput::stop_requested() const { return stop != 0; }

}  // namespace cfgtorture::run

int main(int argc, char** argv) {
  if (argc == 3 && std::strcmp(argv[1], "--describe") == 0) return cfgtorture::run::Describe(argv[2]);
  uint64_t slice_operations = 0;
  if (argc == 3 && std::strcmp(argv[1], "--slices") == 0) slice_operations = std::strtoull(argv[2], nullptr, 10);
  if (argc != 1 && slice_operations == 0) {
    std::fprintf(stderr, "%s: a worker of cfgtorture; run `cfgtorture --help` instead\n", argv[0]);
    return 2;
  }
  return cfgtorture::run::RunOneCell(slice_operations);
}
