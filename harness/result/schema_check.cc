#include "harness/result/schema_check.h"

#include <fstream>
#include <nlohmann/json.hpp>

#include "valijson/adapters/nlohmann_json_adapter.hpp"
#include "valijson/schema.hpp"
#include "valijson/schema_parser.hpp"
#include "valijson/validation_results.hpp"
#include "valijson/validator.hpp"

namespace cfgtorture {

std::string SchemaViolations(const std::string& text) {
  std::ifstream file(CFGT_RESULT_SCHEMA);
  const nlohmann::json schema_json = nlohmann::json::parse(file, nullptr, /*allow_exceptions=*/false);
  if (!schema_json.is_object()) return "result.schema.json is not JSON";
  valijson::Schema schema;
  valijson::SchemaParser parser;
  parser.populateSchema(valijson::adapters::NlohmannJsonAdapter(schema_json), schema);

  const nlohmann::json json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return "not JSON";
  valijson::ValidationResults results;
  valijson::Validator validator;
  if (validator.validate(schema, valijson::adapters::NlohmannJsonAdapter(json), &results)) return "";
  std::string violations;
  valijson::ValidationResults::Error error;
  while (results.popError(error)) {
    for (const std::string& part : error.context) violations += part;
    violations += ": " + error.description + "\n";
  }
  return violations.empty() ? "refused" : violations;
}

}  // namespace cfgtorture
