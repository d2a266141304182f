#include "reports/sarif/sarif.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "harness/result/causes.h"
#include "harness/result/died.h"
#include "harness/result/hazard.h"
#include "nlohmann/json.hpp"
#include "reports/content.h"
#include "reports/hazard_pages.h"
#include "reports/sarif/place.h"
#include "reports/schedule.h"

namespace cfgtorture::reports {
namespace {

constexpr const char* kSchema =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
constexpr const char* kRoot = "%SRCROOT%";
constexpr size_t kMostText = 4000;  // bytes of a message
constexpr size_t kMostStep = 300;
constexpr size_t kMostNotes = 100;  // notifications of cells

// ---- Text. In a message "{0}" is a placeholder and "[text](1)" a link (3.11.5, 3.11.6); names that look like one are
// to stay text.

std::string Text(const std::string& text, size_t max = kMostText) {
  std::string out;
  const std::string printable = Printable(text, max, /*lines=*/true);
  for (size_t i = 0; i < printable.size(); ++i) {
    const char c = printable[i];
    if (c == '[' || c == ']' || c == '\\') out += '\\';
    if (c == '{' || c == '}') out += c;
    out += c;
  }
  return out;
}

Json Message(const std::string& text, size_t max = kMostText) { return {{"text", Text(text, max)}}; }

// RFC 3986: what is neither unreserved nor a separator of path segments is spelled out.
std::string Uri(std::string_view path) {
  std::string uri;
  for (const char c : path.substr(0, kMostText)) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || std::string_view("/-._~+").find(c) != std::string_view::npos) {
      uri += c;
    } else {
      absl::StrAppend(&uri, "%", absl::Hex(byte, absl::kZeroPad2));
    }
  }
  return uri;
}

// Of a hazard's page, links to other pages, which lie nowhere, and, if `plain`, what Markdown would draw.
std::string PageText(std::string_view page, bool plain) {
  std::string out;
  for (size_t i = 0; i < page.size(); ++i) {
    const char c = page[i];
    if (c == '[') {
      const size_t end = page.find("](", i);
      const size_t close = end == std::string_view::npos ? end : page.find(')', end);
      if (close != std::string_view::npos && close - i < 300) {
        out.append(page.substr(i + 1, end - i - 1));
        i = close;
        continue;
      }
    }
    if (plain && c == '`') continue;
    if (plain && c == '#' && (i == 0 || page[i - 1] == '\n' || page[i - 1] == '#')) continue;
    if (plain && c == ' ' && i > 0 && page[i - 1] == '#') continue;
    out += c;
  }
  return out;
}

std::string CamelCase(std::string_view name) {
  std::string camel;
  bool upper = true;
  for (const char c : name) {
    if (c == '-') {
      upper = true;
      continue;
    }
    camel += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    upper = false;
  }
  return camel;
}

Json Rules() {
  Json rules = Json::array();
  for (const HazardText& hazard : kHazards) {
    const std::string_view page = HazardPage(hazard.name);
    std::string plain = PageText(page, true), markdown = PageText(page, false);
    if (page.empty()) plain = markdown = std::string(hazard.summary);
    rules.push_back(
        {{"id", hazard.name},
         {"name", CamelCase(hazard.name)},
         {"shortDescription", {{"text", Text(std::string(hazard.summary))}}},
         {"fullDescription", {{"text", Text(std::string(hazard.name) + ": " + std::string(hazard.summary) + ".")}}},
         // Help is shown, not expanded: the page's own words hold no placeholder, as a test sees to.
         {"help", {{"text", std::move(plain)}, {"markdown", std::move(markdown)}}},
         {"defaultConfiguration", {{"level", "error"}}},
         {"properties",
          {{"tags", {"concurrency", "locking", "pci"}}, {"problem.severity", "error"}, {"precision", "very-high"}}}});
  }
  return rules;
}

// ---- Places

Json ArtifactLocation(const std::string& file) {
  if (IsInRepository(file)) return {{"uri", Uri(file)}, {"uriBaseId", kRoot}};
  return {{"uri", (file[0] == '/' ? "file://" : "") + Uri(file)}};
}

// A code host refuses a file in which a place has no line: the first one stands for the file.
Json PhysicalLocation(const std::string& file, int line) {
  return {{"artifactLocation", ArtifactLocation(file)}, {"region", {{"startLine", std::max(line, 1)}}}};
}

// The innermost frame that a reader of the repository can open.
const Frame* ShownFrame(const Access& access) {
  for (const Frame& frame : access.stack) {
    if (IsInRepository(frame.file)) return &frame;
  }
  return nullptr;
}

Json Related(const Finding& finding, size_t max) {
  Json related = Json::array();
  const auto add = [&](const Access& access, const std::string& text) {
    const Frame* frame = ShownFrame(access);
    if (related.size() >= max || frame == nullptr) return;
    related.push_back({{"id", related.size() + 1},
                       {"message", Message(text)},
                       {"physicalLocation", PhysicalLocation(frame->file, frame->line)}});
  };
  for (const Access& access : AccessesOf(finding)) {
    const std::string held = access.locks_held.empty() ? "" : absl::StrCat(", holds ", [&] {
      std::string names;
      for (const std::string& name : access.locks_held) absl::StrAppend(&names, names.empty() ? "" : ", ", name);
      return names;
    }());
    add(access, EventText(access) + held);
  }
  for (const Access& access : finding.last_ordered) add(access, "the last that orders the two: " + EventText(access));
  for (const Ordering& ordering : finding.orderings) {
    add(ordering.before, "essential, before what follows: " + EventText(ordering.before));
    add(ordering.after, "essential, after that: " + EventText(ordering.after));
  }
  return related;
}

// ---- The schedule

std::string CpuOf(const ScheduleGrid::Column& column) { return column.cpu.empty() ? column.who : column.cpu; }

// One thread flow a CPU; what runs on it, a task or its interrupt, stands in each step. Adds to `cut` the steps that
// are left out. A code host refuses a whole file for one step without a place ("expected a physical location"): where
// the step has none, as the end of a task, it is that of the step before on its CPU, else `file`.
Json CodeFlow(const Finding& finding, const std::string& file, size_t max_steps, size_t& cut) {
  const ScheduleGrid grid = MakeGrid(finding, std::max<size_t>(max_steps, 4), finding.schedule.size() + 1);
  cut += grid.left_out;
  std::vector<std::string> cpus;
  std::map<std::string, Json> flows;
  uint64_t order = 0;
  for (const ScheduleGrid::Row& row : grid.rows) {
    const ScheduleGrid::Column& column = grid.columns[row.column];
    const Step& step = finding.schedule[row.step];
    const std::string cpu = CpuOf(column);
    if (!flows.contains(cpu)) {
      cpus.push_back(cpu);
      flows[cpu] = {{"id", Printable(cpu, kMostStep)}, {"locations", Json::array()}};
    }
    Json& steps = flows[cpu]["locations"];
    Json place = IsInRepository(step.file) ? PhysicalLocation(step.file, step.line)
                 : steps.empty()           ? PhysicalLocation(file, 0)
                                           : steps.back()["location"]["physicalLocation"];
    Json location = {{"message", Message(absl::StrCat(column.who, ": ", row.text), kMostStep)},
                     {"logicalLocations", {{{"name", Printable(column.who, kMostStep)}, {"kind", "member"}}}},
                     {"physicalLocation", std::move(place)}};
    steps.push_back({{"location", std::move(location)},
                     {"executionOrder", ++order},
                     {"importance", row.clash ? "essential" : "important"}});
  }
  Json thread_flows = Json::array();
  for (const std::string& cpu : cpus) thread_flows.push_back(std::move(flows[cpu]));
  const std::string reduced = ReductionText(finding);
  return {
      {"message", Message(absl::StrCat(reduced.empty() ? "the schedule in which it was found" : "schedule, " + reduced,
                                       "; a step that is in no line of the code, as a task's end, is shown at the "
                                       "line before"))},
      {"threadFlows", std::move(thread_flows)}};
}

// ---- Results

struct Told {
  Cause cause;
  std::string no_alarm;  // why, wherever it was found; "" if it is one
};

std::string WhyNoAlarmAnywhere(const RunResult& result, const Cause& cause) {
  std::string why;
  for (const CellResult* const cell : cause.cells) {
    std::string here = WhyNoAlarm(result, *cell, cause.finding->hazard);
    if (here.empty()) return "";
    if (why.empty()) why = std::move(here);
  }
  return why;
}

std::string WhereFound(const Cause& cause) {
  const CellSpec& spec = cause.cell->spec;
  std::string text =
      absl::StrCat(spec.strategy.empty() ? "" : absl::StrCat("strategy ", spec.strategy, ", "), spec.kind, " ",
                   spec.program, spec.side.empty() ? "" : ", side ", spec.side, ", ", spec.engine);
  if (spec.engine == "model") absl::StrAppend(&text, " (memory ", spec.memory, ")");
  absl::StrAppend(&text, ", bridge ", spec.bridge, ", ", spec.flavour);
  if (cause.cells.size() > 1) absl::StrAppend(&text, "; also in ", cause.cells.size() - 1, " other cells");
  return text;
}

// Hazard, strategy or program, and both sites by function; not what moves from run to run.
std::string CauseHash(const Cause& cause) {
  const CellSpec& spec = cause.cell->spec;
  std::vector<std::string> parts = {cause.finding->hazard, spec.strategy.empty() ? spec.program : spec.strategy};
  std::vector<std::string> sites;
  for (const Access& access : cause.finding->accesses) {
    if (!access.stack.empty()) sites.push_back(access.stack.front().function);
  }
  std::sort(sites.begin(), sites.end());  // which of two accesses comes first is the schedule's
  parts.insert(parts.end(), sites.begin(), sites.end());
  // Without a site nothing but the program tells causes apart: a title names registers and functions, and real threads
  // meet others in each run.
  if (sites.empty()) parts.insert(parts.end(), {spec.program, spec.side});
  return Fingerprint(parts);
}

Json ResultOf(const Told& told, const SourcePlaces& places, const SarifLimits& limits, bool with_flow, size_t& cut) {
  const Finding& finding = *told.cause.finding;
  const CellSpec& spec = told.cause.cell->spec;
  const auto hazard = HazardFromName(finding.hazard);
  std::string text = absl::StrCat(Printable(finding.title, 1000), "\n");
  if (!finding.detail.empty()) absl::StrAppend(&text, Printable(finding.detail, 2000, true), "\n");
  if (const std::string why = WhyUnordered(finding); !why.empty()) absl::StrAppend(&text, Printable(why, 1000), "\n");
  absl::StrAppend(&text, "Found in ", Printable(WhereFound(told.cause), 500), ".");
  if (!finding.replay.empty()) absl::StrAppend(&text, "\nRepeat: ", Printable(finding.replay, 1000));

  SourcePlace place = places.Of(spec, finding);
  const std::string page = HazardPagePath(finding.hazard);
  if (place.file.empty()) {
    // A code host shows nothing that is in no file of the repository.
    place = {page.empty() ? "README.md" : page, 1, "", "", ""};
    text += "\nNo source line is known; shown at the hazard's page.";
  } else if (place.line == 0) {
    text += "\nShown at the file: the line in it is not known";
    absl::StrAppend(&text, place.seen.empty() ? "." : absl::StrCat("; the nearest that was seen is ", place.seen, "."));
  } else if (!place.own.empty()) {
    absl::StrAppend(&text, "\nShown where ", place.own, ", in which nothing of it was seen, is called from.");
  }
  Json location = {{"physicalLocation", PhysicalLocation(place.file, place.line)}};
  if (!place.function.empty()) {
    location["logicalLocations"] = {{{"fullyQualifiedName", Printable(place.function, 500)}, {"kind", "function"}}};
  }
  const std::string hash = CauseHash(told.cause);
  Json result = {{"ruleId", hazard ? Json(NameOf(*hazard)) : Json(Printable(finding.hazard, 100))}};
  if (hazard) result["ruleIndex"] = static_cast<size_t>(*hazard);
  result["level"] = told.no_alarm.empty() ? "error" : "note";
  result["message"] = Message(text);
  result["locations"] = Json::array({std::move(location)});
  if (Json related = Related(finding, limits.locations - 1); !related.empty()) {
    cut += finding.accesses.size() > limits.locations - 1 ? finding.accesses.size() - (limits.locations - 1) : 0;
    result["relatedLocations"] = std::move(related);
  }
  if (with_flow && !finding.schedule.empty()) {
    result["codeFlows"] = Json::array({CodeFlow(finding, place.file, limits.thread_flow_locations, cut)});
  }
  result["partialFingerprints"] = {{"cfgtortureCause/v1", hash}, {"primaryLocationLineHash", hash + ":1"}};
  result["occurrenceCount"] = std::clamp<uint64_t>(told.cause.count, 1, INT32_MAX);
  if (!told.no_alarm.empty()) {
    result["suppressions"] = Json::array({{{"kind", "external"}, {"justification", told.no_alarm}}});
  }
  result["properties"] = {{"cell", Printable(spec.id, 500)},
                          {"strategy", Printable(spec.strategy, 200)},
                          {"program", Printable(spec.program, 200)},
                          {"preemptions", finding.preemptions},
                          {"token", Printable(finding.token, 4000)}};
  return result;
}

// ---- The run

// A code host replaces what it has of one category: compare and explore of one commit stand side by side.
std::string CategoryOf(const RunResult& result) {
  const std::string command = result.command.size() > 1 ? result.command[1] : "";
  const bool word =
      !command.empty() && std::all_of(command.begin(), command.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  return word && command.size() < 20 ? absl::StrCat("cfgtorture/", command, "/") : "cfgtorture/";
}

Json Notification(const char* level, const std::string& text) { return {{"level", level}, {"message", Message(text)}}; }

Json NotesOfCells(const RunResult& result) {
  Json notes = Json::array();
  size_t left = 0;
  for (const CellResult& cell : result.cells) {
    if (cell.status == "done") continue;
    if (notes.size() >= kMostNotes) {
      ++left;
      continue;
    }
    notes.push_back(Notification(Died(cell) ? "error" : "warning",
                                 absl::StrCat("cell ", cell.spec.id, " ", cell.status, ": ", cell.reason)));
  }
  if (left > 0) notes.push_back(Notification("warning", absl::StrCat(left, " more cells are not done")));
  return notes;
}

Json Invocation(const RunResult& result, Json notes) {
  Json invocation = {
      {"commandLine", Printable(CommandLine(result.command), kMostText)},
      {"executionSuccessful", result.summary.outcome != "failed" && result.summary.outcome != "incomplete" &&
                                  result.summary.outcome != "interrupted"},
      {"exitCode", result.summary.exit_status},
      {"exitCodeDescription", Printable(result.summary.text, kMostText)}};
  const std::string& started = result.environment.started_utc;
  if (started.size() == 20 && started.back() == 'Z') invocation["startTimeUtc"] = Printable(started);
  invocation["toolExecutionNotifications"] = std::move(notes);
  return invocation;
}

size_t GzipSize(const std::string& text) {
  // A stream at a time, so that text of more than 4 GiB would be counted too.
  z_stream stream{};
  constexpr int kGzipWindow = 15 + 16;
  if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK) return text.size();
  std::array<unsigned char, 1 << 16> out;
  size_t size = 0;
  for (size_t at = 0; at < text.size() || at == 0;) {
    const size_t length = std::min<size_t>(text.size() - at, size_t{1} << 20);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data() + at));  // which it does not write
    stream.avail_in = static_cast<uInt>(length);
    at += length;
    const bool last = at >= text.size();
    do {
      stream.next_out = out.data();
      stream.avail_out = out.size();
      if (deflate(&stream, last ? Z_FINISH : Z_NO_FLUSH) == Z_STREAM_ERROR) break;
      size += out.size() - stream.avail_out;
    } while (stream.avail_out == 0);
    if (last) break;
  }
  deflateEnd(&stream);
  return size;
}

std::string Render(const RunResult& result, const std::vector<Told>& told, size_t shown, size_t flows,
                   const SarifLimits& limits) {
  const SourcePlaces places(result);
  Json results = Json::array();
  size_t cut = 0;
  for (size_t i = 0; i < shown; ++i) results.push_back(ResultOf(told[i], places, limits, i < flows, cut));
  Json notes = NotesOfCells(result);
  if (shown < told.size()) {
    notes.push_back(Notification(
        "warning", absl::StrCat(told.size() - shown, " of ", told.size(), " findings are left out: a code host takes ",
                                limits.results, " of a run, and ", limits.gzip_bytes, " bytes compressed")));
  }
  if (flows < shown) {
    notes.push_back(Notification(
        "warning", absl::StrCat("the schedules of ", shown - flows, " findings are left out: a code host takes ",
                                limits.gzip_bytes, " bytes compressed")));
  }
  if (cut > 0) {
    notes.push_back(
        Notification("note", absl::StrCat(cut, " steps and places of long findings are left out: a code host takes ",
                                          limits.thread_flow_locations, " and ", limits.locations, " of a finding")));
  }
  Json run = {{"tool",
               {{"driver",
                 {{"name", "cfgtorture"},
                  {"version", Printable(result.tool.version, 100)},
                  {"rules", Rules()},
                  {"properties", {{"build_id", Printable(result.tool.build_id, 200)}}}}}}},
              {"automationDetails", {{"id", CategoryOf(result)}}}};
  run["invocations"] = Json::array({Invocation(result, std::move(notes))});
  run["originalUriBaseIds"] = {{kRoot, {{"description", {{"text", "the root of the repository"}}}}}};
  run["columnKind"] = "unicodeCodePoints";
  run["results"] = std::move(results);
  run["properties"] = {{"seed", result.seed},
                       {"cpu_model", Printable(result.environment.cpu_model, 200)},
                       {"kernel", Printable(result.environment.kernel, 200)},
                       {"compiler", Printable(result.environment.compiler, 200)}};
  const Json log = {{"$schema", kSchema}, {"version", "2.1.0"}, {"runs", Json::array({std::move(run)})}};
  return log.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string RenderSarif(const RunResult& result, const SarifLimits& limits) {
  std::vector<Told> told;
  for (const Cause& cause : CausesOf(result)) told.push_back({cause, WhyNoAlarmAnywhere(result, cause)});
  std::stable_sort(told.begin(), told.end(),
                   [](const Told& a, const Told& b) { return a.no_alarm.empty() && !b.no_alarm.empty(); });
  // One hash, one result: a code host would show the second as the first.
  std::map<std::string, size_t> known;
  std::vector<Told> unique;
  for (Told& one : told) {
    const auto [it, is_new] = known.emplace(CauseHash(one.cause), unique.size());
    if (is_new) {
      unique.push_back(std::move(one));
    } else {
      unique[it->second].cause.count += one.cause.count;
    }
  }
  size_t shown = std::min(unique.size(), limits.results);
  size_t flows = shown;
  for (;;) {
    std::string text = Render(result, unique, shown, flows, limits);
    if (GzipSize(text) <= limits.gzip_bytes || shown == 0) return text;
    if (flows > 0) {
      flows /= 2;
    } else {
      shown /= 2;
    }
  }
}

}  // namespace cfgtorture::reports
