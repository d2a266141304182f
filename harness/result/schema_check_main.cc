// cfgt_check_result FILE...: do results agree with result.schema.json? For tests.
#include <cstdio>
#include <fstream>
#include <sstream>

#include "harness/result/schema_check.h"

int main(int argc, char** argv) {
  int status = argc > 1 ? 0 : 2;
  for (int i = 1; i < argc; ++i) {
    std::ifstream file(argv[i]);
    std::stringstream text;
    text << file.rdbuf();
    const std::string violations = cfgtorture::SchemaViolations(text.str());
    if (violations.empty()) continue;
    std::fprintf(stderr, "%s: %s\n", argv[i], violations.c_str());
    status = 1;
  }
  return status;
}
