// harness/result/schema_check.h: for tests: does a result agree with result.schema.json?
#ifndef CFGTORTURE_HARNESS_RESULT_SCHEMA_CHECK_H_
#define CFGTORTURE_HARNESS_RESULT_SCHEMA_CHECK_H_

#include <string>

namespace cfgtorture {

// "" if `text` is JSON that the schema in the tree accepts, else what it rejects, one line each.
std::string SchemaViolations(const std::string& text);

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_RESULT_SCHEMA_CHECK_H_
