#include "harness/result/cell.h"

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "harness/result/fields.h"
#include "nlohmann/json.hpp"

namespace cfgtorture {

// What names a cell stands beside its outcome; the rest of the specification is under "params".
template <class Field>
static void NamingFields(CellSpec& spec, Field&& field) {
  field("id", spec.id);
  field("engine", spec.engine);
  field("memory", spec.memory);
  field("strategy", spec.strategy);
  field("kind", spec.kind);
  field("program", spec.program);
  field("side", spec.side);
  field("bridge", spec.bridge);
  field("flavour", spec.flavour);
}

template <class Field>
static void ParameterFields(CellSpec& spec, Field&& field) {
  field("plugin", spec.plugin);
  field("argument", spec.argument);
  field("options", spec.options);
  field("spin", spec.spin);
  field("topology", spec.topology);
  field("threads", spec.threads);
  field("latencies", spec.latencies);
  field("explorer", spec.explorer);
  field("seed", spec.seed);
  field("first_execution", spec.first_execution);
  field("executions", spec.executions);
  field("time_s", spec.time_s);
  field("ops", spec.ops);
  field("until_found", spec.until_found);
  field("until_any", spec.until_any);
  field("mutation", spec.mutation);
  field("replay", spec.replay);
  field("trace", spec.trace);
  field("explain", spec.explain);
  field("duration_s", spec.duration_s);
  field("time_scale", spec.time_scale);
  field("oversubscribe", spec.oversubscribe);
  field("warm_up_s", spec.warm_up_s);
  field("stutter_s", spec.stutter_s);
  field("shuffle_s", spec.shuffle_s);
}

template <class Field>
static void ForEachField(CellSpec& spec, Field&& field) {
  NamingFields(spec, field);
  ParameterFields(spec, field);
}

template <class Field>
static void ForEachField(Frame& frame, Field&& field) {
  field("module", frame.module);
  field("offset", frame.offset);
  field("function", frame.function);
  field("file", frame.file);
  field("line", frame.line);
}

template <class Field>
static void ForEachField(Access& access, Field&& field) {
  field("what", access.what);
  field("location", access.location);
  field("task", access.task);
  field("cpu", access.cpu);
  field("context", access.context);
  field("locks_held", access.locks_held);
  field("stack", access.stack);
}

template <class Field>
static void ForEachField(Step& step, Field&& field) {
  field("number", step.number);
  field("cpu", step.cpu);
  field("context", step.context);
  field("task", step.task);
  field("text", step.text);
  field("clash", step.clash);
  field("kind", step.kind);
  field("object", step.object);
}

template <class Field>
static void PlaceFields(Step& step, Field&& field) {
  field("function", step.function);
  field("file", step.file);
  field("line", step.line);
  field("source", step.source);
}

template <class Field>
static void ForEachField(Ordering& ordering, Field&& field) {
  field("before", ordering.before);
  field("after", ordering.after);
}

template <class Field>
static void ForEachField(LockLine& lock, Field&& field) {
  field("name", lock.name);
  field("instance", lock.instance);
  field("usage", lock.usage);
  field("wait_type", lock.wait_type);
  field("how", lock.how);
  field("taken", lock.taken);
}

template <class Field>
static void ForEachField(LockEdge& edge, Field&& field) {
  field("held", edge.held);
  field("wanted", edge.wanted);
}

template <class Field>
static void ForEachField(LockReport& report, Field&& field) {
  field("heading", report.heading);
  field("context", report.context);
  field("level", report.level);
  field("holder", report.holder);
  field("wanted", report.wanted);
  field("held", report.held);
  field("chain", report.chain);
  field("irq_uses", report.irq_uses);
}

template <class Field>
static void ForEachField(Reduction& reduction, Field&& field) {
  field("runs", reduction.runs);
  field("complete", reduction.complete);
  field("preemptions_before", reduction.preemptions_before);
  field("rows_before", reduction.rows_before);
  field("rows", reduction.rows);
  field("ops", reduction.ops);
  field("threads", reduction.threads);
}

template <class Field>
static void ForEachField(Finding& finding, Field&& field) {
  field("id", finding.id);
  field("hazard", finding.hazard);
  field("fingerprint", finding.fingerprint);
  field("title", finding.title);
  field("detail", finding.detail);
  field("count", finding.count);
  field("first_execution", finding.first_execution);
  field("token", finding.token);
  field("preemptions", finding.preemptions);
  field("accesses", finding.accesses);
  field("waiting", finding.waiting);
  field("schedule", finding.schedule);
  field("replay", finding.replay);
  field("unordered", finding.unordered);
  field("last_ordered", finding.last_ordered);
  field("orderings", finding.orderings);
  field("reduction", finding.reduction);
  field("value_changed", finding.value_changed);
  field("lock_report", finding.lock_report);
}

template <class Field>
static void ForEachField(HazardOutcome& outcome, Field&& field) {
  field("hits", outcome.hits);
  field("opportunities", outcome.opportunities);
  field("verdict", outcome.verdict);
  field("expected", outcome.expected);
  field("agreement", outcome.agreement);
  field("strength", outcome.strength);
  field("fewest_preemptions", outcome.fewest_preemptions);
  field("executions_to_first", outcome.executions_to_first);
  field("executions_with", outcome.executions_with);
  field("reason", outcome.reason);
}

template <class Field>
static void ForEachField(OperationMetric& metric, Field&& field) {
  field("operation", metric.operation);
  field("count", metric.count);
  field("p50_ns", metric.p50_ns);
  field("p99_ns", metric.p99_ns);
  field("p999_ns", metric.p999_ns);
  field("max_ns", metric.max_ns);
  field("histogram", metric.histogram);
}

template <class Field>
static void StatFields(LockStat& stat, Field&& field) {
  field("con_bounces", stat.con_bounces);
  field("contentions", stat.contentions);
  field("waittime_min_ns", stat.waittime_min_ns);
  field("waittime_max_ns", stat.waittime_max_ns);
  field("waittime_total_ns", stat.waittime_total_ns);
  field("waittime_avg_ns", stat.waittime_avg_ns);
  field("acq_bounces", stat.acq_bounces);
  field("acquisitions", stat.acquisitions);
  field("holdtime_min_ns", stat.holdtime_min_ns);
  field("holdtime_max_ns", stat.holdtime_max_ns);
  field("holdtime_total_ns", stat.holdtime_total_ns);
  field("holdtime_avg_ns", stat.holdtime_avg_ns);
}

template <class Field>
static void ForEachField(LockSite& site, Field&& field) {
  field("stack", site.stack);
  StatFields(site.stat, field);
  field("made_wait", site.made_wait);
  field("made_wait_total_ns", site.made_wait_total_ns);
}

template <class Field>
static void ForEachField(LockResult& lock, Field&& field) {
  field("name", lock.name);
  field("instance", lock.instance);
  field("side", lock.side);
  field("type", lock.type);
  field("instances", lock.instances);
  StatFields(lock.stat, field);
  field("longest_wait_acquisitions", lock.longest_wait_acquisitions);
  field("longest_run", lock.longest_run);
  field("threads", lock.threads);
  field("acquisitions_most", lock.acquisitions_most);
  field("acquisitions_fewest", lock.acquisitions_fewest);
  field("fairness_jain", lock.fairness_jain);
  field("sites", lock.sites);
}

template <class Field>
static void ForEachField(IrqsOffSection& section, Field&& field) {
  field("ns", section.ns);
  field("task", section.task);
  field("cpu", section.cpu);
  field("context", section.context);
  field("stack", section.stack);
}

template <class Field>
static void ForEachField(TreeSize& tree, Field&& field) {
  field("probes", tree.probes);
  field("log2_mean", tree.log2_mean);
  field("variation", tree.variation);
}

template <class Field>
static void ForEachField(AuditSite& site, Field&& field) {
  field("kind", site.kind);
  field("what", site.what);
  field("count", site.count);
  field("stack", site.stack);
}

template <class Field>
static void OutcomeFields(CellResult& cell, Field&& field) {
  field("status", cell.status);
  field("reason", cell.reason);
  field("executions", cell.executions);
  field("distinct", cell.distinct);
  field("points", cell.points);
  field("wall_s", cell.wall_s);
  field("exhausted", cell.exhausted);
  field("accesses", cell.accesses);
  field("hazards", cell.hazards);
  field("metrics", cell.metrics);
  field("operations", cell.operations);
  field("locks", cell.locks);
  field("irqs_off_max", cell.irqs_off_max);
  field("findings", cell.findings);
  field("self_checks", cell.self_checks);
  field("tree", cell.tree);
  field("used", cell.used);
  field("distinct_sketch", cell.distinct_sketch);
  field("sites", cell.sites);
}

void to_json(Json& json, const CellSpec& spec) { result_fields::Write(json, spec); }
void from_json(const Json& json, CellSpec& spec) { result_fields::Read(json, spec); }
void to_json(Json& json, const Frame& frame) { result_fields::Write(json, frame); }
void from_json(const Json& json, Frame& frame) { result_fields::Read(json, frame); }
void to_json(Json& json, const Access& access) { result_fields::Write(json, access); }
void from_json(const Json& json, Access& access) { result_fields::Read(json, access); }
// What is not known is left out: a result has many steps.
void to_json(Json& json, const Step& step) {
  result_fields::Write(json, step);
  if (!step.function.empty() || !step.file.empty())
    PlaceFields(const_cast<Step&>(step), result_fields::WriteField{json});  // WriteField takes its values const
  if (!step.stack.empty()) json["stack"] = step.stack;
}
void from_json(const Json& json, Step& step) {
  result_fields::Read(json, step);
  PlaceFields(step, result_fields::ReadField{json});
  result_fields::ReadField{json}("stack", step.stack);
}
void to_json(Json& json, const Ordering& ordering) { result_fields::Write(json, ordering); }
void from_json(const Json& json, Ordering& ordering) { result_fields::Read(json, ordering); }
void to_json(Json& json, const LockLine& lock) { result_fields::Write(json, lock); }
void from_json(const Json& json, LockLine& lock) { result_fields::Read(json, lock); }
void to_json(Json& json, const LockEdge& edge) { result_fields::Write(json, edge); }
void from_json(const Json& json, LockEdge& edge) { result_fields::Read(json, edge); }
void to_json(Json& json, const LockReport& report) { result_fields::Write(json, report); }
void from_json(const Json& json, LockReport& report) { result_fields::Read(json, report); }
void to_json(Json& json, const Reduction& reduction) { result_fields::Write(json, reduction); }
void from_json(const Json& json, Reduction& reduction) { result_fields::Read(json, reduction); }
// The steps of a schedule share a few places: each is written once, under "places", and named by its number. With
// 10,000 findings that is a third of the file.
void to_json(Json& json, const Finding& finding) {
  result_fields::Write(json, finding);
  Json places = Json::array();
  std::map<std::string, size_t> known;  // text of a place -> its number
  for (Json& step : json["schedule"]) {
    if (!step.contains("file")) continue;
    Json place;
    for (const char* name : {"function", "file", "line", "source"}) {
      place[name] = std::move(step[name]);
      step.erase(name);
    }
    const auto [at, is_new] = known.emplace(place.dump(-1, ' ', false, Json::error_handler_t::replace), places.size());
    if (is_new) places.push_back(std::move(place));
    step["place"] = at->second;
  }
  if (!places.empty()) json["places"] = std::move(places);
}
void from_json(const Json& json, Finding& finding) {
  result_fields::Read(json, finding);
  const auto places = json.find("places");
  if (places == json.end()) return;
  for (size_t i = 0; i < finding.schedule.size(); ++i) {
    const Json& step = json["schedule"][i];
    const auto place = step.find("place");
    if (place == step.end()) continue;
    if (!place->is_number_unsigned() || !places->is_array() || place->get<size_t>() >= places->size()) {
      Misfit misfit("the number of one of \"places\"", *place);
      for (const std::string& within : {std::string("place"), std::to_string(i), std::string("schedule")})
        misfit.Within(within);
      throw misfit;
    }
    const size_t number = place->get<size_t>();
    WithinStep("places", [&] {
      WithinStep(std::to_string(number),
                 [&] { PlaceFields(finding.schedule[i], result_fields::ReadField{places->at(number)}); });
    });
  }
}
void to_json(Json& json, const HazardOutcome& outcome) { result_fields::Write(json, outcome); }
void from_json(const Json& json, HazardOutcome& outcome) { result_fields::Read(json, outcome); }
void to_json(Json& json, const OperationMetric& metric) { result_fields::Write(json, metric); }
void from_json(const Json& json, OperationMetric& metric) { result_fields::Read(json, metric); }
void to_json(Json& json, const LockSite& site) { result_fields::Write(json, site); }
void from_json(const Json& json, LockSite& site) { result_fields::Read(json, site); }
void to_json(Json& json, const LockResult& lock) { result_fields::Write(json, lock); }
void from_json(const Json& json, LockResult& lock) { result_fields::Read(json, lock); }
void to_json(Json& json, const IrqsOffSection& section) { result_fields::Write(json, section); }
void from_json(const Json& json, IrqsOffSection& section) { result_fields::Read(json, section); }
void to_json(Json& json, const TreeSize& tree) { result_fields::Write(json, tree); }
void from_json(const Json& json, TreeSize& tree) { result_fields::Read(json, tree); }

void to_json(Json& json, const AuditSite& site) { result_fields::Write(json, site); }
void from_json(const Json& json, AuditSite& site) { result_fields::Read(json, site); }

void to_json(Json& json, const CellResult& cell) {
  json = Json::object();
  CellResult& fields = const_cast<CellResult&>(cell);  // WriteField takes its values const
  NamingFields(fields.spec, result_fields::WriteField{json});
  Json& params = json["params"] = Json::object();
  ParameterFields(fields.spec, result_fields::WriteField{params});
  OutcomeFields(fields, result_fields::WriteField{json});
}

void from_json(const Json& json, CellResult& cell) {
  RequireObject(json);
  NamingFields(cell.spec, result_fields::ReadField{json});
  const auto params = json.find("params");
  if (params != json.end() && params->is_object())
    WithinStep("params", [&] { ParameterFields(cell.spec, result_fields::ReadField{*params}); });
  OutcomeFields(cell, result_fields::ReadField{json});
}

bool IsBlind(const CellResult& cell) {
  if (cell.status != "done" || cell.accesses != 0) return false;
  return cell.spec.engine == "model" || (cell.spec.engine == "tsan" && cell.findings.empty());
}

// FNV-1a, 64 bits; a zero byte ends each part, so that ("ab","c") and ("a","bc") differ.
std::string Fingerprint(const std::vector<std::string>& parts) {
  uint64_t hash = 0xcbf29ce484222325;
  const auto add = [&hash](unsigned char byte) { hash = (hash ^ byte) * 0x100000001b3; };
  for (const std::string& part : parts) {
    for (const char c : part) add(static_cast<unsigned char>(c));
    add(0);
  }
  std::string text(16, '0');
  for (size_t i = 0; i < 16; ++i) text[i] = "0123456789abcdef"[(hash >> (60 - 4 * i)) & 15];
  return text;
}

}  // namespace cfgtorture
