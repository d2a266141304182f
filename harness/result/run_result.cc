#include "harness/result/run_result.h"

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "harness/result/fields.h"
#include "nlohmann/json.hpp"

namespace cfgtorture {

template <class Field>
static void ForEachField(Tool& tool, Field&& field) {
  field("version", tool.version);
  field("build_id", tool.build_id);
}

template <class Field>
static void ForEachField(Environment& environment, Field&& field) {
  field("os", environment.os);
  field("kernel", environment.kernel);
  field("architecture", environment.architecture);
  field("cpu_model", environment.cpu_model);
  field("cpus", environment.cpus);
  field("memory_bytes", environment.memory_bytes);
  field("compiler", environment.compiler);
  field("build_type", environment.build_type);
  field("started_utc", environment.started_utc);
  field("load_before", environment.load_before);
  field("load_after", environment.load_after);
}

template <class Field>
static void ForEachField(Disagreement& disagreement, Field&& field) {
  field("cell", disagreement.cell);
  field("hazard", disagreement.hazard);
  field("verdict", disagreement.verdict);
  field("expected", disagreement.expected);
  field("reason", disagreement.reason);
}

template <class Field>
static void ForEachField(Control& control, Field&& field) {
  field("strategy", control.strategy);
  field("must_find", control.must_find);
  field("missing", control.missing);
}

static void to_json(Json& json, const Tool& tool) { result_fields::Write(json, tool); }
static void from_json(const Json& json, Tool& tool) { result_fields::Read(json, tool); }
static void to_json(Json& json, const Environment& environment) { result_fields::Write(json, environment); }
static void from_json(const Json& json, Environment& environment) { result_fields::Read(json, environment); }
static void to_json(Json& json, const Disagreement& disagreement) { result_fields::Write(json, disagreement); }
static void from_json(const Json& json, Disagreement& disagreement) { result_fields::Read(json, disagreement); }
static void to_json(Json& json, const Control& control) { result_fields::Write(json, control); }
static void from_json(const Json& json, Control& control) { result_fields::Read(json, control); }

template <class Field>
static void ForEachField(AuditRow& row, Field&& field) {
  field("kind", row.kind);
  field("what", row.what);
  field("instead", row.instead);
  field("file", row.file);
  field("line", row.line);
  field("function", row.function);
  field("programs", row.programs);
  field("verdict", row.verdict);
  field("reason", row.reason);
  field("executions", row.executions);
  field("hazard", row.hazard);
  field("title", row.title);
  field("shown_by", row.shown_by);
  field("token", row.token);
  field("preemptions", row.preemptions);
  field("executions_to_first", row.executions_to_first);
  field("schedule", row.schedule);
}

static void to_json(Json& json, const AuditRow& row) { result_fields::Write(json, row); }
static void from_json(const Json& json, AuditRow& row) { result_fields::Read(json, row); }

template <class Field>
static void ForEachField(ClaimFigure& figure, Field&& field) {
  field("what", figure.what);
  field("text", figure.text);
  field("cells", figure.cells);
  field("token", figure.token);
}

static void to_json(Json& json, const ClaimFigure& figure) { result_fields::Write(json, figure); }
static void from_json(const Json& json, ClaimFigure& figure) { result_fields::Read(json, figure); }

template <class Field>
static void ForEachField(ClaimResult& claim, Field&& field) {
  field("id", claim.id);
  field("who", claim.who);
  field("where", claim.where);
  field("statement", claim.statement);
  field("experiment", claim.experiment);
  field("outcome", claim.outcome);
  field("because", claim.because);
  field("figures", claim.figures);
  field("cells", claim.cells);
}

static void to_json(Json& json, const ClaimResult& claim) { result_fields::Write(json, claim); }
static void from_json(const Json& json, ClaimResult& claim) { result_fields::Read(json, claim); }

template <class Field>
static void ForEachField(GateRow& row, Field&& field) {
  field("part", row.part);
  field("cell", row.cell);
  field("what", row.what);
  field("outcome", row.outcome);
  field("before", row.before);
  field("after", row.after);
  field("change", row.change);
  field("low", row.low);
  field("high", row.high);
  field("threshold", row.threshold);
  field("text", row.text);
  field("decide", row.decide);
}

static void to_json(Json& json, const GateRow& row) { result_fields::Write(json, row); }
static void from_json(const Json& json, GateRow& row) { result_fields::Read(json, row); }

template <class Field>
static void ForEachField(Summary& summary, Field&& field) {
  field("outcome", summary.outcome);
  field("exit_status", summary.exit_status);
  field("text", summary.text);
  field("cells", summary.cells);
  field("findings", summary.findings);
  field("wall_s", summary.wall_s);
  field("control", summary.control);
  field("disagreements", summary.disagreements);
  field("left_out", summary.left_out);
}

static void to_json(Json& json, const Summary& summary) { result_fields::Write(json, summary); }
static void from_json(const Json& json, Summary& summary) { result_fields::Read(json, summary); }

template <class Field>
static void ForEachField(RunResult& result, Field&& field) {
  field("schema", result.schema);
  field("tool", result.tool);
  field("environment", result.environment);
  field("command", result.command);
  field("seed", result.seed);
  field("catalogue", result.catalogue);
  field("cells", result.cells);
  field("audit", result.audit);
  field("claims", result.claims);
  field("gate", result.gate);
  field("summary", result.summary);
}

namespace {

bool IsPlain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::strchr("_-+=:,./@%", c) != nullptr;
}

}  // namespace

void to_json(Json& json, const RunResult& result) {
  result_fields::Write(json, result);
  if (!result.runs.empty()) json["runs"] = result.runs;
}

// What no result has ever been without, an interrupted one's included. The rest may be younger than the file.
static void RequireRun(const Json& json) {
  RequireMembers(json, {"tool", "environment", "command", "seed", "cells", "summary"});
  WithinStep("tool", [&] { RequireMembers(json["tool"], {"version", "build_id"}); });
  WithinStep("environment", [&] { RequireMembers(json["environment"], {"cpus", "compiler", "started_utc"}); });
  WithinStep("summary", [&] { RequireMembers(json["summary"], {"outcome", "exit_status", "text"}); });
  WithinStep("cells", [&] {
    if (!json["cells"].is_array()) throw Misfit("an array", json["cells"]);
    size_t i = 0;
    for (const Json& cell : json["cells"]) {
      WithinStep(std::to_string(i++), [&] { RequireMembers(cell, {"id", "engine", "program", "status", "hazards"}); });
    }
  });
}

static void ReadRun(const Json& json, RunResult& result) {
  if (json.contains("runs"))  // no deeper, however deep a file may be
    throw Misfit("a result of this schema, not merged itself", json);
  RequireRun(json);
  result_fields::Read(json, result);
  if (result.schema != kResultSchema) throw Misfit("a result of this schema", json);
}

void from_json(const Json& json, RunResult& result) {
  result_fields::Read(json, result);
  const auto runs = json.find("runs");
  if (runs == json.end() || runs->is_null()) return;
  WithinStep("runs", [&] {
    if (!runs->is_array()) throw Misfit("an array", *runs);
    for (const Json& run : *runs) {
      WithinStep(std::to_string(result.runs.size()), [&] { ReadRun(run, result.runs.emplace_back()); });
    }
  });
}

std::string CommandLine(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) {
    if (!line.empty()) line += ' ';
    bool plain = !word.empty();
    for (const char c : word) plain = plain && c != '\0' && IsPlain(c);
    if (plain) {
      line += word;
      continue;
    }
    line += '\'';
    for (const char c : word) {
      if (c == '\'') {
        line += "'\\''";
      } else {
        line += c;
      }
    }
    line += '\'';
  }
  return line;
}

static std::string Dump(const Json& json) {
  return json.dump(1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

std::string Serialize(const RunResult& result) { return Dump(result) + "\n"; }

namespace {

struct WriteAllButCells {
  result_fields::WriteField write;
  template <class T>
  void operator()(const char* name, const T& value) const {
    write(name, value);
  }
  void operator()(const char* name, const std::vector<CellResult>&) const { write.json[name] = Json::array(); }
};

}  // namespace

std::string ResultText::Of(const RunResult& result, const std::vector<size_t>& changed) {
  Json rest = Json::object();
  ForEachField(const_cast<RunResult&>(result), WriteAllButCells{{rest}});  // which takes its values const
  std::string text = Dump(rest) + "\n";
  if (result.cells.empty()) return text;

  const auto dump = [](const CellResult& cell) {
    return absl::StrReplaceAll(Dump(cell), {{"\n", "\n  "}});  // the depth at which it stands; strings hold no newline
  };
  for (const size_t i : changed) {
    if (i < cells_.size()) cells_[i] = dump(result.cells[i]);
  }
  for (size_t i = cells_.size(); i < result.cells.size(); ++i) cells_.push_back(dump(result.cells[i]));
  const std::string empty = "\n \"cells\": []";  // at this depth there is one
  const size_t at = text.find(empty);
  if (at == std::string::npos) std::abort();
  std::string whole = text.substr(0, at) + "\n \"cells\": [\n  ";
  absl::StrAppend(&whole, absl::StrJoin(cells_, ",\n  "), "\n ]", text.substr(at + empty.size()));
  return whole;
}

// A number that no figure has, and that no integer can hold: to convert it would be undefined.
static bool HasHugeNumber(const Json& json) {
  std::vector<const Json*> left = {&json};  // no recursion: a file may nest as deep as it is long
  while (!left.empty()) {
    const Json& value = *left.back();
    left.pop_back();
    if (value.is_number_float() && !(value.get<double>() < 1e18 && value.get<double>() > -1e18)) return true;
    if (!value.is_structured()) continue;
    for (auto it = value.begin(); it != value.end(); ++it) left.push_back(&*it);
  }
  return false;
}

absl::StatusOr<RunResult> Parse(std::string_view text, std::string_view path) {
  const std::string name(path);
  const absl::StatusOr<Json> json = ParseJsonFile(text, path, kResultSchema);
  if (!json.ok()) return json.status();
  if (HasHugeNumber(*json)) return absl::InvalidArgumentError(absl::StrCat(name, ": a number beyond 1e18"));
  try {
    RequireRun(*json);
    return json->get<RunResult>();
  } catch (const Json::exception& error) {  // a member that is missing, or of another type than ours
    return absl::InvalidArgumentError(absl::StrCat(name, ": ", error.what()));
  }
}

absl::StatusOr<RunResult> Load(const std::string& path) {
  std::error_code error;
  const std::string file = std::filesystem::is_directory(path, error) ? path + "/result.json" : path;
  if (file != path && !std::filesystem::exists(file, error)) {
    return absl::NotFoundError(absl::StrCat(path, ": a folder without a result.json; name what --out or --json wrote"));
  }
  const absl::StatusOr<std::string> text = ReadText(file);
  return text.ok() ? Parse(*text, file) : text.status();
}

absl::Status Save(const RunResult& result, const std::string& path) { return SaveText(Serialize(result), path); }

}  // namespace cfgtorture
