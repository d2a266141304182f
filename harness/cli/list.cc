// cfgtorture list: what there is to name on a command line.
#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "harness/cli/claim.h"
#include "harness/cli/command.h"
#include "harness/cli/finding_text.h"
#include "harness/cli/parse.h"
#include "harness/cli/program_options.h"
#include "harness/pci/hardware/bridges.h"
#include "harness/pci/topology/topology.h"
#include "harness/result/catalogue.h"
#include "harness/result/printable.h"
#include "harness/run/describe.h"
#include "harness/run/environment.h"
#include "nlohmann/json.hpp"

namespace cfgtorture::cli {
namespace {

const char* const kTopologies = CFGT_SOURCE_DIR "/workloads/topologies";

// One line of a list.
struct Item {
  std::string name;
  std::string text;
};

std::string KnownOf(const std::vector<std::string>& words) { return absl::StrJoin(words, ", "); }

Item ItemOf(const CatalogueOption& option) {
  return {absl::StrCat("  ", option.name, "=", option.value),
          absl::StrCat(option.help, " (", option.least, " to ", option.most, ")")};
}

std::vector<Item> ProgramsOf(const Catalogue& catalogue, const std::string& kind) {
  std::vector<Item> items;
  for (const CatalogueProgram& program : catalogue.programs) {
    if (program.kind != kind) continue;
    std::string text = program.summary;
    if (!program.tag.empty()) {  // what its file says: where it is from, what must be found, and the commits
      const std::string must = program.must_find.empty() ? "clean" : absl::StrJoin(program.must_find, ",");
      text = absl::StrFormat("%-11s  %-26s  %s", program.tag, must, program.history);
      absl::StrAppend(&text, program.history.empty() ? "" : ": ", program.summary);
      items.push_back({program.name, text});
      continue;
    }
    if (!program.sides.empty()) absl::StrAppend(&text, " [sides: ", KnownOf(program.sides), "]");
    if (!program.hazards.empty()) absl::StrAppend(&text, " [can show: ", KnownOf(program.hazards), "]");
    items.push_back({program.name, text});
    // Under it, what --weights may say of it.
    for (const CatalogueOption& option : program.options) items.push_back(ItemOf(option));
  }
  if (kind != "workload" || catalogue.patterns.empty()) return items;
  items.push_back({"of all", "torture patterns; in a workload of parts, a part's weight is called PART.NAME"});
  for (const CatalogueOption& option : catalogue.patterns) items.push_back(ItemOf(option));
  return items;
}

// Fields that every function has (PCI Local Bus Specification 3.0, section 6.1).
uint16_t WordAt(const topology::FunctionImage& function, size_t at) {
  return static_cast<uint16_t>(function.config[at] | function.config[at + 1] << 8);
}

std::vector<Item> DevicesOf(const topology::Topology& topology) {
  std::vector<Item> items;
  for (const topology::FunctionImage& function : topology.functions) {
    const std::string name =
        absl::StrFormat("%04x:%02x:%02x.%d", function.domain, function.bus, function.devfn >> 3, function.devfn & 7);
    items.push_back({name, absl::StrFormat("%04x:%04x class %02x%02x type %d, %d bytes  %s", WordAt(function, 0),
                                           WordAt(function, 2), function.config[0x0b], function.config[0x0a],
                                           function.config[0x0e] & 0x7f, function.config.size(), function.title)});
  }
  return items;
}

std::vector<Item> BridgesOf(const Catalogue& catalogue) {
  std::vector<Item> items;
  for (const std::string& name : catalogue.bridges) {
    Item item{name, ""};
    for (const hw::BridgeText& bridge : hw::kBridges) {
      if (name == bridge.name) item.text = absl::StrCat(bridge.summary, " [latencies: ", bridge.latencies, "]");
    }
    items.push_back(item);
  }
  return items;
}

Json LatenciesOf(const std::string& bridge_name) {
  Json list = Json::array();
  for (const hw::BridgeText& bridge : hw::kBridges) {
    if (bridge_name != bridge.name) continue;
    const std::vector<std::string> names = absl::StrSplit(bridge.latencies, ',');
    for (const hw::LatencyText& latency : hw::kLatencyTable) {
      if (std::find(names.begin(), names.end(), latency.name) == names.end()) continue;
      list.push_back({{"name", latency.name},
                      {"value", latency.value},
                      {"unit", latency.unit},
                      {"basis", latency.basis},
                      {"source", latency.source}});
    }
  }
  return list;
}

// Words of 12 hex digits: the commits that a text names.
std::vector<std::string> CommitsIn(const std::string& text) {
  std::vector<std::string> commits;
  for (size_t at = 0; at < text.size();) {
    size_t end = at;
    while (end < text.size() && absl::ascii_isalnum(static_cast<unsigned char>(text[end]))) ++end;
    const std::string word = text.substr(at, end - at);
    if (word.size() == 12 && word.find_first_not_of("0123456789abcdef") == std::string::npos) commits.push_back(word);
    at = end + 1;
  }
  return commits;
}

void AddScenario(const CatalogueProgram& program, Json& item) {
  item["summary"] = program.summary;
  item["tag"] = program.tag;
  item["history"] = program.history;
  item["commits"] = CommitsIn(program.history);
  item["sides"] = program.sides;
  item["must_find"] = program.must_find;
  item["may_find"] = program.may_find;
  item["may_find_why"] = program.may_find_why;
}

std::vector<Item> Latencies() {
  std::vector<Item> items;
  for (const hw::LatencyText& latency : hw::kLatencyTable) {
    items.push_back(
        {latency.name, absl::StrCat(latency.value, " ", latency.unit, ", ", latency.basis, ": ", latency.source)});
  }
  return items;
}

// Who said what, and the rules that decide it.
int PrintClaims(bool as_json) {
  const absl::StatusOr<std::vector<Claim>> claims = BuiltInClaims();
  if (!claims.ok()) {
    std::fprintf(stderr, "%s\n", PrintableLine(std::string(claims.status().message())).c_str());
    return 3;
  }
  Json list = Json::array();
  for (const Claim& claim : *claims) {
    Json rules = Json::array();
    for (const ClaimRule& rule : claim.rules) {
      Json conditions = Json::array();
      for (const ClaimCondition& condition : rule.conditions) conditions.push_back(condition.text);
      rules.push_back({{"outcome", rule.outcome}, {"if", conditions}, {"because", rule.because}});
    }
    list.push_back({{"id", claim.id},
                    {"who", claim.who},
                    {"where", claim.where},
                    {"statement", claim.statement},
                    {"experiment", claim.experiment},
                    {"not_tested", claim.not_tested},
                    {"decides", rules}});
    if (as_json) continue;
    std::printf("%-4s %s: %s\n     %s\n", PrintableLine(claim.id).c_str(), PrintableLine(claim.who).c_str(),
                PrintableLine(claim.statement).c_str(),
                PrintableLine(claim.not_tested.empty() ? claim.experiment : "not tested: " + claim.not_tested).c_str());
    for (const ClaimRule& rule : claim.rules) {
      std::vector<std::string> conditions;
      for (const ClaimCondition& condition : rule.conditions) conditions.push_back(condition.text);
      std::printf("       %s, if %s\n", rule.outcome.c_str(), PrintableLine(absl::StrJoin(conditions, "; ")).c_str());
    }
  }
  if (as_json) std::printf("%s\n", list.dump(1, ' ', false, Json::error_handler_t::replace).c_str());
  return 0;
}

class List final : public Command {
 public:
  const char* name() const override { return "list"; }
  const char* summary() const override {
    return "strategies, workloads, probes, scenarios, claims, bridges, explorers, devices";
  }
  const char* examples() const override {
    return "  cfgtorture list strategies\n"
           "  cfgtorture list devices --topology machine.txt --dump | lspci -F /dev/stdin -vvv\n"
           "  cfgtorture list devices --topology /sys/bus/pci/devices\n";
  }
  std::vector<Option> options() override {
    return {{"WHAT", nullptr, "strategies, workloads, probes, scenarios, claims, bridges, explorers, spins or devices",
             &what_},
            {"--topology", "PATH", "for devices: text of lspci -xxxx, or a folder as /sys/bus/pci/devices", &topology_},
            {"--dump", nullptr, "for devices: write text that lspci -F reads", nullptr, &dump_},
            {"--plugin", "FILE.so", "code under test to ask instead of the built-in", &plugin_},
            {"--json", nullptr, "as JSON", nullptr, &json_}};
  }

  absl::StatusOr<int> Run(const std::vector<std::string>&) override {
    const std::vector<std::string> kinds = {"strategies", "workloads", "probes", "scenarios", "claims",
                                            "bridges",    "explorers", "spins",  "devices"};
    if (what_.empty()) {
      return absl::InvalidArgumentError(absl::StrCat("list: name one of ", absl::StrJoin(kinds, ", ")));
    }
    if (absl::Status status = CheckName("list", what_, kinds); !status.ok()) return status;
    if (what_ == "devices") return Devices();
    if (dump_ || !topology_.empty()) return absl::InvalidArgumentError("--topology and --dump go with list devices");
    if (what_ == "claims") return PrintClaims(json_);

    const std::string folder = run::OwnFolder();
    absl::StatusOr<Catalogue> catalogue = run::Describe(
        folder + "/cfgtorture-model", plugin_.empty() ? folder + "/libcfgt_code_instrumented.so" : plugin_);
    if (!catalogue.ok()) return catalogue.status();
    catalogue_ = *catalogue;
    std::vector<Item> items;
    if (what_ == "strategies") {
      for (const CatalogueStrategy& strategy : catalogue->strategies) {
        std::string text = strategy.summary;
        if (!strategy.refuses_bridges.empty()) {
          absl::StrAppend(&text, " [refuses ", KnownOf(strategy.refuses_bridges), ": ", strategy.refuses_reason, "]");
        }
        items.push_back({strategy.name, text});
      }
    } else if (what_ == "bridges") {
      items = BridgesOf(*catalogue);
      if (!json_) {
        Print(items);
        std::printf("\nLatencies of one register access that native workers wait for (the model explores without):\n");
        items = Latencies();
      }
    } else if (what_ == "explorers" || what_ == "spins") {
      for (const std::string& name : what_ == "explorers" ? catalogue->explorers : catalogue->spin_algorithms) {
        items.push_back({name, ""});
      }
    } else {
      items = ProgramsOf(*catalogue, what_.substr(0, what_.size() - 1));
    }
    Print(items);
    return 0;
  }

 private:
  absl::StatusOr<int> Devices() {
    std::string path = topology_;
    if (path.empty()) {
      // Without a file: those that come with the tool.
      if (dump_) return absl::InvalidArgumentError("list devices --dump needs a --topology");
      std::vector<Item> items;
      std::error_code error;
      for (const auto& entry : std::filesystem::directory_iterator(kTopologies, error)) {
        if (entry.path().extension() != ".txt") continue;
        absl::StatusOr<topology::Topology> topology = topology::Load(entry.path().string());
        if (!topology.ok()) return topology.status();
        items.push_back({entry.path().string(), absl::StrCat(topology->functions.size(), " functions")});
      }
      std::sort(items.begin(), items.end(), [](const Item& a, const Item& b) { return a.name < b.name; });
      Print(items);
      return 0;
    }
    absl::StatusOr<topology::Topology> topology = topology::Load(path);
    if (!topology.ok()) return absl::InvalidArgumentError(topology.status().message());
    for (const std::string& warning : topology->warnings) {
      std::fprintf(stderr, "warning: %s\n", PrintableLine(warning).c_str());
    }
    if (dump_) {
      const std::string text = topology::Dump(*topology);
      std::fwrite(text.data(), 1, text.size(), stdout);
    } else {
      Print(DevicesOf(*topology));
    }
    return 0;
  }

  void Print(const std::vector<Item>& items) {
    if (json_) {
      Json list = Json::array();
      for (const Item& item : items) list.push_back({{"name", item.name}, {"summary", item.text}});
      if (what_ == "scenarios") {
        for (size_t i = 0; i < list.size(); ++i)
          AddScenario(*catalogue_.FindProgram("scenario", items[i].name), list[i]);
      }
      if (what_ == "bridges") {
        for (Json& bridge : list) bridge["latencies"] = LatenciesOf(bridge["name"].get<std::string>());
      }
      std::printf("%s\n", list.dump(1, ' ', false, Json::error_handler_t::replace).c_str());
      return;
    }
    size_t width = 0;
    for (const Item& item : items) width = std::max(width, item.name.size());
    for (const Item& item : items) {
      std::string line = item.name;
      if (!item.text.empty()) {
        line.resize(width + 2, ' ');
        line += item.text;
      }
      std::printf("%s\n", PrintableLine(line).c_str());
    }
  }

  Catalogue catalogue_;  // of what lists a plug-in's
  std::string what_;
  std::string topology_;
  std::string plugin_;
  bool dump_ = false;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeList() { return std::make_unique<List>(); }

}  // namespace cfgtorture::cli
