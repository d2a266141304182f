#include "harness/cli/claim.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <set>
#include <sstream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "harness/cli/parse.h"
#include "harness/result/text_file.h"
#include "nlohmann/json.hpp"

namespace cfgtorture {
extern const std::string_view kClaimsText;  // scripts/cmake/embed.cmake
}

namespace cfgtorture::cli {
namespace {

constexpr std::array<const char*, 3> kOutcomes = {"borne out", "refuted", "it depends"};
constexpr std::array<const char*, 5> kVerdicts = {"found", "found-each", "clean", "not-found", "not-exercised"};
constexpr unsigned kMostRepetitions = 100;

template <class List>
bool Has(const List& list, const std::string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

// Where in which file something is wrong.
struct ClaimPlace {
  std::string path;
  std::string claim = "";
  std::string member = "";

  ClaimPlace In(const std::string& name) const { return {path, claim, member.empty() ? name : member + "." + name}; }
  absl::Status Bad(const std::string& what) const {
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", claim, claim.empty() || member.empty() ? "" : ": ",
                                                   member, claim.empty() && member.empty() ? "" : ": ", what));
  }
};

absl::Status CheckMembers(const Json& object, const std::vector<std::string>& known, const ClaimPlace& place) {
  if (!object.is_object()) return place.Bad("is not an object");
  for (const auto& [name, value] : object.items()) {
    if (!Has(known, name)) return place.In(name).Bad(absl::StrCat("unknown member", Suggestion(name, known)));
  }
  return absl::OkStatus();
}

absl::Status Text(const Json& object, const char* name, bool needed, const ClaimPlace& place, std::string* text) {
  const auto it = object.find(name);
  if (it == object.end()) {
    return needed ? place.In(name).Bad("is missing; a string is expected") : absl::OkStatus();
  }
  if (!it->is_string() || it->get<std::string>().empty()) {
    return place.In(name).Bad(absl::StrCat(it->dump(), " is not a string, or empty"));
  }
  *text = it->get<std::string>();
  return absl::OkStatus();
}

template <class Number>
absl::Status Count(const Json& object, const char* name, uint64_t most, const ClaimPlace& place, Number* value) {
  const auto it = object.find(name);
  if (it == object.end()) return absl::OkStatus();
  if (!it->is_number_unsigned() || it->get<uint64_t>() == 0 || it->get<uint64_t>() > most) {
    return place.In(name).Bad(absl::StrCat(it->dump(), " is not a whole number from 1 to ", most));
  }
  *value = static_cast<Number>(it->get<uint64_t>());
  return absl::OkStatus();
}

absl::StatusOr<ClaimCell> ParseCell(const std::string& label, const Json& json, const ClaimPlace& place) {
  static const std::vector<std::string> kKnown = {
      "engine", "strategy", "probe",       "workload",  "scenario", "side",       "bridge",   "flavour",
      "spin",   "explorer", "memory",      "weights",   "delay",    "latency",    "topology", "executions",
      "ops",    "threads",  "until_found", "until_any", "duration", "repetitions"};
  if (absl::Status status = CheckMembers(json, kKnown, place); !status.ok()) return status;
  if (label.empty() || label.find_first_of(" /") != std::string::npos) {
    return place.Bad("a label is one word without a slash");
  }
  ClaimCell cell;
  cell.label = label;
  std::string duration;
  for (const auto& [name, text] :
       {std::pair{"engine", &cell.spec.engine}, std::pair{"strategy", &cell.selection.strategy},
        std::pair{"probe", &cell.selection.probe}, std::pair{"workload", &cell.selection.workload},
        std::pair{"scenario", &cell.selection.scenario}, std::pair{"side", &cell.selection.side},
        std::pair{"bridge", &cell.selection.bridge}, std::pair{"flavour", &cell.selection.flavour},
        std::pair{"spin", &cell.selection.spin}, std::pair{"weights", &cell.selection.program.weights},
        std::pair{"delay", &cell.selection.program.delay}, std::pair{"latency", &cell.selection.latency},
        std::pair{"explorer", &cell.spec.explorer}, std::pair{"memory", &cell.spec.memory},
        std::pair{"topology", &cell.spec.topology}, std::pair{"duration", &duration}}) {
    if (absl::Status status = Text(json, name, false, place, text); !status.ok()) return status;
  }
  for (const absl::Status& status :
       {CheckName("engine", cell.spec.engine, {"model", "tsan", "checked", "native"}),
        Count(json, "executions", 1'000'000'000, place, &cell.spec.executions),
        Count(json, "ops", 100'000, place, &cell.spec.ops), Count(json, "threads", 64, place, &cell.spec.threads),
        Count(json, "repetitions", kMostRepetitions, place, &cell.repetitions)}) {
    if (status.ok()) continue;
    const std::string message(status.message());
    return message.starts_with(place.path) ? status : place.Bad(message);
  }
  for (const auto& [name, flag] :
       {std::pair{"until_found", &cell.spec.until_found}, std::pair{"until_any", &cell.spec.until_any}}) {
    const auto it = json.find(name);
    if (it == json.end()) continue;
    if (!it->is_boolean()) return place.In(name).Bad(absl::StrCat(it->dump(), " is not true or false"));
    *flag = it->get<bool>();
  }
  const bool model = cell.spec.engine == "model";
  if (model != (cell.spec.executions != 0) || model == !duration.empty()) {
    return place.Bad("model cells have \"executions\", all others \"duration\"");
  }
  if (!model) {
    absl::StatusOr<double> seconds = ParseSeconds("duration", duration);
    if (!seconds.ok()) return place.Bad(std::string(seconds.status().message()));
    cell.spec.duration_s = *seconds;
    cell.spec.warm_up_s = std::min(1.0, *seconds / 10);
  } else if (cell.repetitions != 1) {
    return place.In("repetitions").Bad("a model cell is the same each time");
  }
  const int programs =
      !cell.selection.probe.empty() + !cell.selection.workload.empty() + !cell.selection.scenario.empty();
  if (programs != 1) return place.Bad("needs one of \"probe\", \"workload\", \"scenario\"");
  return cell;
}

bool IsFigure(const std::string& name) {
  for (const std::string kind : {"share-of:", "rate-of:"}) {
    if (name.starts_with(kind)) return HazardFromName(name.substr(kind.size())).has_value();
  }
  return !name.empty();
}

absl::StatusOr<ClaimCondition> ParseCondition(const std::string& text, const std::set<std::string>& labels,
                                              const ClaimPlace& place) {
  const std::vector<std::string> words = absl::StrSplit(text, ' ');
  const auto bad = [&](const std::string& what) { return place.Bad(absl::StrCat("\"", text, "\": ", what)); };
  const auto known = [&](const std::string& label) { return labels.count(label) != 0; };
  ClaimCondition condition;
  condition.text = text;
  condition.cell = words[0];
  if (!known(words[0])) return bad(absl::StrCat("there is no cell \"", words[0], "\""));
  if (words.size() == 3) {
    if (!Has(kVerdicts, words[1]))
      return bad(absl::StrCat("\"", words[1], "\" is not one of ", absl::StrJoin(kVerdicts, ", ")));
    if (!HazardFromName(words[2])) return bad(absl::StrCat("\"", words[2], "\" is no hazard"));
    condition.verdict = words[1];
    condition.hazard = words[2];
    return condition;
  }
  const bool ratio = words.size() == 6 && words[1] == "/";
  if (words.size() != 4 && !ratio) {
    return bad("expected LABEL VERDICT HAZARD, LABEL FIGURE >= NUMBER or LABEL / LABEL FIGURE >= NUMBER");
  }
  const size_t at = ratio ? 3 : 1;
  if (ratio) {
    if (!known(words[2])) return bad(absl::StrCat("there is no cell \"", words[2], "\""));
    condition.to = words[2];
  }
  condition.figure = words[at];
  if (!IsFigure(condition.figure)) return bad(absl::StrCat("\"", condition.figure, "\" is no figure"));
  if (words[at + 1] != ">=" && words[at + 1] != "<=")
    return bad(absl::StrCat("\"", words[at + 1], "\" is not >= or <="));
  condition.at_least = words[at + 1] == ">=";
  if (!absl::SimpleAtod(words[at + 2], &condition.bound) || !(condition.bound >= 0)) {
    return bad(absl::StrCat("\"", words[at + 2], "\" is not a number of 0 or more"));
  }
  return condition;
}

absl::StatusOr<ClaimRule> ParseRule(const Json& json, const std::set<std::string>& labels, const ClaimPlace& place) {
  if (absl::Status status = CheckMembers(json, {"outcome", "if", "because"}, place); !status.ok()) return status;
  ClaimRule rule;
  for (const auto& [name, text] : {std::pair{"outcome", &rule.outcome}, std::pair{"because", &rule.because}}) {
    if (absl::Status status = Text(json, name, true, place, text); !status.ok()) return status;
  }
  if (!Has(kOutcomes, rule.outcome)) {
    return place.In("outcome").Bad(
        absl::StrCat("\"", rule.outcome, "\" is not one of ", absl::StrJoin(kOutcomes, ", ")));
  }
  const auto conditions = json.find("if");
  if (conditions == json.end() || !conditions->is_array() || conditions->empty()) {
    return place.In("if").Bad("is no list, or empty: an outcome without a condition would be written in advance");
  }
  for (const Json& item : *conditions) {
    if (!item.is_string()) return place.In("if").Bad(absl::StrCat(item.dump(), " is not a string"));
    absl::StatusOr<ClaimCondition> condition = ParseCondition(item.get<std::string>(), labels, place.In("if"));
    if (!condition.ok()) return condition.status();
    rule.conditions.push_back(*std::move(condition));
  }
  return rule;
}

absl::StatusOr<Claim> ParseClaim(const Json& json, const std::string& path) {
  Claim claim;
  ClaimPlace place{path};
  if (!json.is_object()) return place.Bad("a claim is an object");
  if (absl::Status status = Text(json, "id", true, place, &claim.id); !status.ok()) return status;
  place.claim = claim.id;
  if (absl::Status status = CheckMembers(
          json, {"id", "who", "where", "statement", "experiment", "not_tested", "cells", "decides"}, place);
      !status.ok()) {
    return status;
  }
  const bool tested = json.find("not_tested") == json.end();
  for (const auto& [name, text, needed] :
       {std::tuple{"who", &claim.who, true}, std::tuple{"where", &claim.where, true},
        std::tuple{"statement", &claim.statement, true}, std::tuple{"experiment", &claim.experiment, tested},
        std::tuple{"not_tested", &claim.not_tested, !tested}}) {
    if (absl::Status status = Text(json, name, needed, place, text); !status.ok()) return status;
  }
  const auto cells = json.find("cells"), rules = json.find("decides");
  if (!tested) {
    if (cells != json.end() || rules != json.end())
      return place.In("not_tested").Bad("goes with no cells and no rules");
    return claim;
  }
  if (cells == json.end() || !cells->is_object()) return place.In("cells").Bad("is no object of cells");
  std::set<std::string> labels, unused;
  for (const auto& [label, cell] : cells->items()) {
    absl::StatusOr<ClaimCell> parsed = ParseCell(label, cell, place.In("cells." + label));
    if (!parsed.ok()) return parsed.status();
    claim.cells.push_back(*std::move(parsed));
    labels.insert(label);
  }
  if (rules == json.end() || !rules->is_array() || rules->empty())
    return place.In("decides").Bad("is no list of rules");
  unused = labels;
  for (const Json& item : *rules) {
    absl::StatusOr<ClaimRule> rule =
        ParseRule(item, labels, place.In(absl::StrCat("decides.", claim.rules.size() + 1)));
    if (!rule.ok()) return rule.status();
    for (const ClaimCondition& condition : rule->conditions) {
      unused.erase(condition.cell);
      unused.erase(condition.to);
    }
    claim.rules.push_back(*std::move(rule));
  }
  if (!unused.empty()) return place.In("cells." + *unused.begin()).Bad("no rule looks at it");
  return claim;
}

}  // namespace

absl::StatusOr<std::vector<Claim>> ParseClaims(std::string_view text, const std::string& path) {
  std::vector<Claim> claims;
  std::istringstream stream{std::string(text)};
  std::set<std::string> ids;
  while (stream >> std::ws, stream.peek() != std::istringstream::traits_type::eof()) {
    Json json;
    try {
      stream >> json;
    } catch (const Json::exception& error) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": after ", claims.size(), " claims: is not JSON: ", error.what()));
    }
    absl::StatusOr<Claim> claim = ParseClaim(json, path);
    if (!claim.ok()) return claim.status();
    if (!ids.insert(claim->id).second) return ClaimPlace{path, claim->id, "id"}.Bad("is given twice");
    claims.push_back(*std::move(claim));
  }
  return claims;
}

absl::StatusOr<std::vector<Claim>> LoadClaims(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadText(path);
  if (!text.ok()) return text.status();
  absl::StatusOr<std::vector<Claim>> claims = ParseClaims(*text, path);
  if (claims.ok() && claims->empty()) return absl::InvalidArgumentError(absl::StrCat(path, ": holds no claim"));
  return claims;
}

absl::StatusOr<std::vector<Claim>> BuiltInClaims() { return ParseClaims(kClaimsText, "workloads/claims"); }

}  // namespace cfgtorture::cli
