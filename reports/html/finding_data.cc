// What findings.js draws from: every finding of the run, so that a page of ten thousand of them is searched, though it
// holds a few of each kind. Texts are kept once and named by number: schedules of one program repeat theirs.
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nlohmann/json.hpp"
#include "reports/content.h"
#include "reports/html/escape.h"
#include "reports/html/sections.h"
#include "reports/stepper.h"

namespace cfgtorture::reports {
namespace {

constexpr size_t kMaxDataRows = 140;
constexpr size_t kMaxDataFrames = 24;
constexpr size_t kMaxCells = 12;

class Strings {
 public:
  Strings() { Of(""); }  // number 0
  size_t Of(const std::string& text, size_t max = 400, bool lines = false) {
    const auto [it, is_new] = numbers_.emplace(Printable(text, max, lines), numbers_.size());
    if (is_new) list_.push_back(&it->first);
    return it->second;
  }
  std::string Data() const {
    Json list = Json::array();
    for (const std::string* text : list_) list.push_back(*text);
    return ScriptData(list);
  }

 private:
  std::map<std::string, size_t> numbers_;
  std::vector<const std::string*> list_;  // a map's keys stay where they are
};

template <typename List, typename One>
std::string ArrayOf(const List& list, One&& one) {
  return absl::StrCat("[", absl::StrJoin(list, ",", [&](std::string* out, const auto& item) { *out += one(item); }),
                      "]");
}

std::string AccessData(const Access& access, Evidence evidence, Strings& strings) {
  std::vector<Frame> frames = FramesOf(access);
  if (frames.size() > kMaxDataFrames) frames.resize(kMaxDataFrames);
  const std::string what = access.location.empty() ? access.what : absl::StrCat(access.what, " of ", access.location);
  return absl::StrCat("[", strings.Of(what), ",", strings.Of(WhoOf(access), 120), ",",
                      ArrayOf(frames,
                              [&](const Frame& frame) {
                                const std::string function = frame.function.empty() ? "?" : frame.function;
                                return absl::StrCat("[", strings.Of(function, 200), ",",
                                                    strings.Of(PlaceOf(frame), 300), "]");
                              }),
                      ",", strings.Of(LocksOf(access, evidence)), "]");
}

// A row: scheduling point, column, text, whether it clashes, its place and what stands there, and what changes: kind of
// fact, about what, to what (-1: it ends).
std::string GridData(const Finding& finding, Strings& strings) {
  const ScheduleGrid grid = MakeGrid(finding, kMaxDataRows);
  const std::vector<std::vector<FactChange>> changes = ChangesOf(finding, grid);
  std::string rows;
  for (size_t i = 0; i < grid.rows.size(); ++i) {
    const ScheduleGrid::Row& row = grid.rows[i];
    absl::StrAppend(&rows, i == 0 ? "" : ",", "[", row.number, ",", row.column, ",", strings.Of(row.text, 300), ",",
                    row.clash ? 1 : 0, ",", strings.Of(PlaceOf(finding.schedule[row.step]), 300), ",",
                    strings.Of(finding.schedule[row.step].source, 200));
    absl::StrAppend(&rows, ",",
                    ArrayOf(changes[i],
                            [&](const FactChange& change) {
                              return absl::StrCat(
                                  "[", static_cast<int>(change.kind), ",", strings.Of(change.about, 120), ",",
                                  change.value.empty() ? "-1" : absl::StrCat(strings.Of(change.value, 200)), "]");
                            }),
                    "]");
  }
  return absl::StrCat(
      "{\"columns\":",
      ArrayOf(grid.columns,
              [&](const ScheduleGrid::Column& column) { return absl::StrCat(strings.Of(column.name(), 80)); }),
      ",\"rows\":[", rows, "],\"folded\":", grid.folded, ",\"left\":", grid.left_out,
      ",\"before\":", grid.left_out_before, "}");
}

std::string BodyData(const FindingGroup& group, Strings& strings) {
  const Finding& finding = *group.finding;
  const Evidence evidence = EvidenceOf(group.cells.front()->spec);
  const std::vector<OrderingText> orderings = OrderingsOf(finding);
  std::string data = absl::StrCat(
      "{\"detail\":", strings.Of(finding.detail, 4000, true), ",\"accesses\":",
      ArrayOf(AccessesOf(finding), [&](const Access& access) { return AccessData(access, evidence, strings); }),
      ",\"why\":", strings.Of(WhyUnordered(finding), 2000),
      ",\"orderings\":", ArrayOf(orderings, [&](const OrderingText& ordering) {
        return absl::StrCat("[", strings.Of(ordering.before), ",", strings.Of(ordering.after), "]");
      }));
  absl::StrAppend(&data, ",\"reduction\":", strings.Of(ReductionText(finding), 300),
                  ",\"how\":", strings.Of(evidence == Evidence::kExplored ? "repeat" : "likely seen again by"),
                  ",\"repeat\":", strings.Of(group.repeat, 20000), ",\"seen\":", strings.Of(SeenText(group), 4000),
                  "}");
  return data;
}

}  // namespace

std::string PlaceOf(const Frame& frame) {
  if (frame.file.empty()) return absl::StrCat(frame.module, "+0x", absl::Hex(frame.offset));
  return frame.line > 0 ? absl::StrCat(frame.file, ":", frame.line) : frame.file;
}

std::string SeenText(const FindingGroup& group) {
  std::vector<std::string> cells;
  for (const CellResult* cell : group.cells) {
    if (cells.size() < kMaxCells) cells.push_back(Printable(cell->spec.id, 80));
  }
  if (group.cells.size() > kMaxCells) cells.push_back(absl::StrCat("and ", group.cells.size() - kMaxCells, " more"));
  std::string text = absl::StrCat("seen in ", absl::StrJoin(cells, ", "));
  if (EvidenceOf(group.cells.front()->spec) == Evidence::kExplored)
    absl::StrAppend(&text, "; first in execution ", ExactCount(group.finding->first_execution));
  return absl::StrCat(text, "; fingerprint ", group.finding->fingerprint);
}

void AppendFindingData(std::string& page, const std::vector<FindingGroup>& findings) {
  if (findings.empty()) return;
  const std::vector<FindingPlace> places = PlaceFindings(findings);
  Strings strings;
  std::string list;
  for (size_t i = 0; i < findings.size(); ++i) {
    const FindingGroup& group = findings[i];
    const Finding& finding = *group.finding;
    const CellSpec& spec = group.cells.front()->spec;
    const bool explored = EvidenceOf(spec) == Evidence::kExplored;
    absl::StrAppend(&list, i == 0 ? "" : ",\n", "{\"id\":\"", group.anchor, "\",\"k\":", places[i].kind,
                    ",\"h\":", strings.Of(finding.hazard, 80));
    absl::StrAppend(&list, ",\"s\":", strings.Of(spec.strategy.empty() ? spec.side : spec.strategy, 80),
                    ",\"p\":", strings.Of(spec.program, 80),
                    ",\"e\":", strings.Of(explored ? "explored" : spec.engine, 80),
                    ",\"t\":", strings.Of(HeadlineOf(finding), 300));
    absl::StrAppend(&list, ",\"c\":\"", ShortCount(static_cast<double>(group.count)), "\",\"n\":", finding.preemptions,
                    ",\"d\":", group.disagrees ? 1 : 0);
    if (places[i].shown) {
      list += ",\"x\":1";
    } else {
      absl::StrAppend(&list, ",\"b\":", BodyData(group, strings));
    }
    if (!finding.schedule.empty()) absl::StrAppend(&list, ",\"g\":", GridData(finding, strings));
    list += "}";
  }
  std::vector<std::string> facts;
  for (size_t kind = 0; kind < kFactKinds; ++kind) {
    facts.push_back(absl::StrCat("\"", NameOf(static_cast<FactKind>(kind)), "\""));
  }
  absl::StrAppend(&page, "<script type=\"application/json\" id=\"finding-data\">{\"facts\":[",
                  absl::StrJoin(facts, ","), "],\"strings\":", strings.Data(), ",\"findings\":[", list,
                  "]}</script>\n");
}

}  // namespace cfgtorture::reports
