#include "harness/result/catalogue.h"

#include "absl/strings/str_split.h"
#include "harness/result/fields.h"
#include "nlohmann/json.hpp"

namespace cfgtorture {

// A list of words, written as an array; read from an array or from one comma-separated string.
template <class Field>
static void WordsField(Field&& field, const char* name, std::vector<std::string>& words) {
  if constexpr (std::is_same_v<std::decay_t<Field>, result_fields::ReadField>) {
    const auto it = field.json.find(name);
    if (it == field.json.end() || it->is_null()) return;
    if (it->is_string()) {
      words = absl::StrSplit(it->template get<std::string>(), ',', absl::SkipWhitespace());
    } else {
      field(name, words);
    }
  } else {
    field(name, words);
  }
}

template <class Field>
static void ForEachField(CatalogueStrategy& strategy, Field&& field) {
  field("name", strategy.name);
  field("summary", strategy.summary);
  WordsField(field, "refuses_bridges", strategy.refuses_bridges);
  field("refuses_reason", strategy.refuses_reason);
}

template <class Field>
static void ForEachField(CatalogueOption& option, Field&& field) {
  field("name", option.name);
  field("value", option.value);
  field("least", option.least);
  field("most", option.most);
  field("help", option.help);
}
static void to_json(Json& json, const CatalogueOption& option) { result_fields::Write(json, option); }
static void from_json(const Json& json, CatalogueOption& option) { result_fields::Read(json, option); }

template <class Field>
static void ForEachField(CatalogueProgram& program, Field&& field) {
  field("kind", program.kind);
  field("name", program.name);
  field("summary", program.summary);
  WordsField(field, "sides", program.sides);
  WordsField(field, "hazards", program.hazards);
  WordsField(field, "flavours", program.flavours);
  WordsField(field, "bridges", program.bridges);
  field("needs_strategy", program.needs_strategy);
  field("tag", program.tag);
  field("history", program.history);
  WordsField(field, "must_find", program.must_find);
  WordsField(field, "may_find", program.may_find);
  field("may_find_why", program.may_find_why);
  field("options", program.options);
}

static void to_json(Json& json, const CatalogueStrategy& strategy) { result_fields::Write(json, strategy); }
static void from_json(const Json& json, CatalogueStrategy& strategy) { result_fields::Read(json, strategy); }
static void to_json(Json& json, const CatalogueProgram& program) { result_fields::Write(json, program); }
static void from_json(const Json& json, CatalogueProgram& program) { result_fields::Read(json, program); }

template <class Field>
static void ForEachField(Catalogue& catalogue, Field&& field) {
  field("abi", catalogue.abi);
  field("build_id", catalogue.build_id);
  field("strategies", catalogue.strategies);
  field("programs", catalogue.programs);
  field("patterns", catalogue.patterns);
  WordsField(field, "spin_algorithms", catalogue.spin_algorithms);
  WordsField(field, "bridges", catalogue.bridges);
  WordsField(field, "explorers", catalogue.explorers);
  WordsField(field, "memories", catalogue.memories);
}

void to_json(Json& json, const Catalogue& catalogue) { result_fields::Write(json, catalogue); }
void from_json(const Json& json, Catalogue& catalogue) { result_fields::Read(json, catalogue); }

const CatalogueStrategy* Catalogue::FindStrategy(std::string_view name) const {
  for (const CatalogueStrategy& strategy : strategies) {
    if (strategy.name == name) return &strategy;
  }
  return nullptr;
}

const CatalogueProgram* Catalogue::FindProgram(std::string_view kind, std::string_view name) const {
  for (const CatalogueProgram& program : programs) {
    if (program.name == name && (kind.empty() || program.kind == kind)) return &program;
  }
  return nullptr;
}

}  // namespace cfgtorture
