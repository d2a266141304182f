// harness/result/json_text.h: a JSON file of a user's, and in one line what is wrong with it: file, place, what stands
// there, what was expected.
#ifndef CFGTORTURE_HARNESS_RESULT_JSON_TEXT_H_
#define CFGTORTURE_HARNESS_RESULT_JSON_TEXT_H_

#include <initializer_list>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "harness/result/cell.h"
#include "nlohmann/json.hpp"

namespace cfgtorture {

// A value that is not what its place takes. The place is known to whoever descended, a step each: they add it on the
// way out.
class Misfit : public Json::exception {
 public:
  Misfit(const std::string& expected, const Json& found);
  explicit Misfit(const std::string& missing);  // a member that is not there
  void Within(const std::string& step);         // a member's name, an element's number
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  Json::json_pointer place_;
  std::string said_;
  std::string text_;
};

// Throws Misfit.
void RequireObject(const Json& json);
void RequireMembers(const Json& json, std::initializer_list<const char*> names);

// Calls read(); what it throws is told with the place.
template <class Read>
void WithinStep(const std::string& step, Read&& read) {
  try {
    read();
  } catch (Misfit& misfit) {
    misfit.Within(step);
    throw;
  }
}

// Errors: one line with path, and line and column where the text is no JSON; another `schema` is refused by name.
absl::StatusOr<Json> ParseJsonFile(std::string_view text, std::string_view path, std::string_view schema);

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_RESULT_JSON_TEXT_H_
