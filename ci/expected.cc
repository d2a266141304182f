#include "ci/expected.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "harness/result/text_file.h"
#include "nlohmann/json.hpp"

namespace cfgtorture {
extern const std::string_view kExpectedVerdictsText;  // scripts/cmake/embed.cmake
}

namespace cfgtorture::ci {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kSchema = "cfgtorture-expected-verdicts-1";

bool Contains(const std::vector<Hazard>& hazards, Hazard hazard) {
  return std::find(hazards.begin(), hazards.end(), hazard) != hazards.end();
}

bool Covers(const ExpectedCell& cell, std::string_view bridge) {
  return cell.bridges.empty() || std::find(cell.bridges.begin(), cell.bridges.end(), bridge) != cell.bridges.end();
}

// Debian's absl::string_view is not std::string_view: messages are built from std::string.
absl::Status Bad(std::string_view path, const std::string& where, const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat(std::string(path), ": ", where, ": ", what));
}

// The member `key` of `object` as a string, or null if it is absent or of another type.
const std::string* StringIn(const Json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_string() ? it->get_ptr<const std::string*>() : nullptr;
}

absl::StatusOr<std::vector<std::string>> StringsIn(const Json& object, const char* key, std::string_view path,
                                                   const std::string& where) {
  std::vector<std::string> strings;
  const auto it = object.find(key);
  if (it == object.end()) return strings;
  if (!it->is_array()) return Bad(path, where, absl::StrCat("\"", key, "\" is not a list"));
  for (const Json& item : *it) {
    if (!item.is_string()) return Bad(path, where, absl::StrCat("\"", key, "\" holds something that is not a string"));
    strings.push_back(item.get<std::string>());
  }
  return strings;
}

absl::StatusOr<std::vector<Hazard>> HazardsIn(const Json& object, const char* key, std::string_view path,
                                              const std::string& where) {
  absl::StatusOr<std::vector<std::string>> names = StringsIn(object, key, path, where);
  if (!names.ok()) return names.status();
  std::vector<Hazard> hazards;
  for (const std::string& name : *names) {
    const std::optional<Hazard> hazard = HazardFromName(name);
    if (!hazard)
      return Bad(path, where, absl::StrCat("\"", name, "\" in \"", key, "\" is no hazard (hazard.h lists them)"));
    hazards.push_back(*hazard);
  }
  return hazards;
}

std::optional<Want> WantFromVerdict(std::string_view verdict) {
  for (const Want want : {Want::kFound, Want::kClean, Want::kNotApplicable}) {
    if (NameOf(want) == verdict) return want;
  }
  return std::nullopt;
}

absl::StatusOr<ExpectedCell> ParseCell(const Json& json, std::string_view path, const std::string& where) {
  if (!json.is_object()) return Bad(path, where, "is not an object");
  ExpectedCell cell;
  std::string verdict;
  const std::pair<const char*, std::string*> required[] = {{"strategy", &cell.strategy},
                                                           {"probe", &cell.probe},
                                                           {"flavour", &cell.flavour},
                                                           {"verdict", &verdict},
                                                           {"reason", &cell.reason}};
  for (const auto& [key, field] : required) {
    const std::string* text = StringIn(json, key);
    if (text == nullptr || text->empty()) return Bad(path, where, absl::StrCat("needs a string \"", key, "\""));
    *field = *text;
  }
  for (const auto& [key, value] : json.items()) {
    static constexpr std::string_view kKnown[] = {"strategy", "probe",   "flavour", "bridges",
                                                  "hazards",  "verdict", "reason",  "may_find"};
    if (std::find(std::begin(kKnown), std::end(kKnown), key) == std::end(kKnown)) {
      return Bad(path, where, absl::StrCat("unknown member \"", key, "\""));
    }
  }
  const std::optional<Want> want = WantFromVerdict(verdict);
  if (!want) {
    return Bad(path, where, absl::StrCat("verdict \"", verdict, "\"; expected found, clean or not-applicable"));
  }
  cell.want = *want;

  absl::StatusOr<std::vector<std::string>> bridges = StringsIn(json, "bridges", path, where);
  if (!bridges.ok()) return bridges.status();
  cell.bridges = *std::move(bridges);
  absl::StatusOr<std::vector<Hazard>> hazards = HazardsIn(json, "hazards", path, where);
  if (!hazards.ok()) return hazards.status();
  if (hazards->empty()) return Bad(path, where, "needs at least one hazard in \"hazards\"");
  cell.hazards = *std::move(hazards);
  absl::StatusOr<std::vector<Hazard>> may_find = HazardsIn(json, "may_find", path, where);
  if (!may_find.ok()) return may_find.status();
  cell.may_find = *std::move(may_find);
  for (const Hazard hazard : cell.may_find) {
    if (Contains(cell.hazards, hazard)) {
      return Bad(path, where,
                 absl::StrCat(std::string(cfgtorture::NameOf(hazard)), " is in both \"hazards\" and \"may_find\""));
    }
  }
  return cell;
}

bool Overlap(const ExpectedCell& a, const ExpectedCell& b) {
  if (a.strategy != b.strategy || a.probe != b.probe || a.flavour != b.flavour) return false;
  if (a.bridges.empty() || b.bridges.empty()) return true;
  return std::any_of(a.bridges.begin(), a.bridges.end(), [&](const std::string& bridge) { return Covers(b, bridge); });
}

}  // namespace

Expectation Expected::Of(std::string_view strategy, std::string_view probe, std::string_view bridge,
                         std::string_view flavour, Hazard hazard) const {
  for (const ExpectedCell& cell : cells_) {
    if (cell.strategy != strategy || cell.probe != probe || cell.flavour != flavour || !Covers(cell, bridge)) continue;
    if (Contains(cell.hazards, hazard)) return {cell.want, cell.reason};
    if (Contains(cell.may_find, hazard)) return {Want::kMayBeFound, cell.reason};
    return {Want::kAbsent, cell.reason};
  }
  return {};
}

Expectation Expected::InWorkload(std::string_view strategy, std::string_view bridge, std::string_view flavour,
                                 Hazard hazard) const {
  Expectation result;
  for (const ExpectedCell& cell : cells_) {  // what this bridge cannot do, no probe's side effect does either
    if (cell.strategy != strategy || cell.flavour != flavour || cell.bridges.empty() || !Covers(cell, bridge)) continue;
    if (cell.want == Want::kNotApplicable && Contains(cell.hazards, hazard)) return {cell.want, cell.reason};
  }
  for (const ExpectedCell& cell : cells_) {
    if (cell.strategy != strategy) continue;
    if (result.want == Want::kNothing) result = {Want::kAbsent, "no probe of this strategy finds it"};
    if (cell.flavour != flavour || !Covers(cell, bridge)) continue;
    if ((cell.want == Want::kFound && Contains(cell.hazards, hazard)) || Contains(cell.may_find, hazard)) {
      return {Want::kMayBeFound, cell.reason};
    }
    if (cell.want == Want::kNotApplicable && Contains(cell.hazards, hazard)) result = {cell.want, cell.reason};
  }
  return result;
}

std::string_view Expected::WhyNotExercised(std::string_view workload, Hazard hazard) const {
  for (const NotExercised& entry : not_exercised_) {
    if (entry.workload == workload && Contains(entry.hazards, hazard)) return entry.reason;
  }
  return "";
}

Agreement Judge(Want want, std::string_view verdict) {
  const bool found = verdict == "found";
  const bool unknown = verdict == "undecided" || verdict.empty();
  switch (want) {
    case Want::kNothing:
    case Want::kMayBeFound:
      return Agreement::kUnjudged;
    case Want::kFound:
      return found ? Agreement::kAgrees : unknown ? Agreement::kUndecided : Agreement::kDisagrees;
    case Want::kClean:
      return verdict == "clean" ? Agreement::kAgrees : unknown ? Agreement::kUndecided : Agreement::kDisagrees;
    case Want::kNotApplicable:
    case Want::kAbsent:
      return found ? Agreement::kDisagrees : Agreement::kAgrees;
  }
  return Agreement::kUnjudged;
}

std::string_view NameOf(Want want) {
  switch (want) {
    case Want::kNothing:
      return "";
    case Want::kFound:
      return "found";
    case Want::kClean:
      return "clean";
    case Want::kNotApplicable:
      return "not-applicable";
    case Want::kMayBeFound:
      return "may-be-found";
    case Want::kAbsent:
      return "absent";
  }
  return "";
}

absl::StatusOr<Expected> ParseExpected(std::string_view text, std::string_view path) {
  const Json json = Json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return Bad(path, "top level", "is not a JSON object");
  const std::string* schema = StringIn(json, "schema");
  if (schema == nullptr || *schema != kSchema) {
    return Bad(path, "schema", absl::StrCat("expected \"", std::string(kSchema), "\""));
  }

  Expected expected;
  const auto control = json.find("control");
  if (control == json.end() || !control->is_object()) return Bad(path, "control", "is missing");
  const std::string* name = StringIn(*control, "strategy");
  if (name == nullptr || name->empty()) return Bad(path, "control", "needs a string \"strategy\"");
  expected.control_ = *name;
  absl::StatusOr<std::vector<Hazard>> convicted = HazardsIn(*control, "convicted_of", path, "control");
  if (!convicted.ok()) return convicted.status();
  if (convicted->empty()) return Bad(path, "control", "needs at least one hazard in \"convicted_of\"");
  expected.control_hazards_ = *std::move(convicted);

  const auto cells = json.find("cells");
  if (cells == json.end() || !cells->is_array()) return Bad(path, "cells", "is not a list");
  for (const Json& item : *cells) {
    const std::string where = absl::StrCat("cell ", expected.cells_.size() + 1);
    absl::StatusOr<ExpectedCell> cell = ParseCell(item, path, where);
    if (!cell.ok()) return cell.status();
    for (size_t i = 0; i < expected.cells_.size(); ++i) {
      if (Overlap(expected.cells_[i], *cell)) {
        return Bad(path, where,
                   absl::StrCat("speaks of the same as cell ", i + 1, " (", cell->strategy, ", ", cell->probe, ", ",
                                cell->flavour, ")"));
      }
    }
    expected.cells_.push_back(*std::move(cell));
  }

  const auto not_exercised = json.find("not_exercised");
  if (not_exercised == json.end()) return expected;
  if (!not_exercised->is_array()) return Bad(path, "not_exercised", "is not a list");
  for (const Json& item : *not_exercised) {
    const std::string where = absl::StrCat("not_exercised ", expected.not_exercised_.size() + 1);
    const std::string* workload = StringIn(item, "workload");
    const std::string* reason = StringIn(item, "reason");
    if (workload == nullptr || reason == nullptr || reason->empty()) {
      return Bad(path, where, "needs strings \"workload\" and \"reason\"");
    }
    absl::StatusOr<std::vector<Hazard>> hazards = HazardsIn(item, "hazards", path, where);
    if (!hazards.ok()) return hazards.status();
    expected.not_exercised_.push_back({*workload, *std::move(hazards), *reason});
  }
  return expected;
}

absl::StatusOr<Expected> LoadExpected(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadText(path);
  return text.ok() ? ParseExpected(*text, path) : text.status();
}

absl::StatusOr<Expected> BuiltInExpected() {
  return ParseExpected(kExpectedVerdictsText, "built-in expected verdicts");
}

}  // namespace cfgtorture::ci
