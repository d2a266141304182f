#include "harness/result/json_text.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace cfgtorture {
namespace {

constexpr size_t kLongestShown = 60;  // bytes of a value

std::string Described(const Json& json) {
  if (json.is_array() || json.is_object()) return absl::StrCat("an ", json.type_name());
  std::string value = json.dump(-1, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace);
  if (value.size() > kLongestShown) value = value.substr(0, kLongestShown) + " ...";
  return json.is_string() ? "the string " + value : value;
}

}  // namespace

Misfit::Misfit(const std::string& expected, const Json& found)
    : Json::exception(302, "misfit"),
      said_(absl::StrCat("expected ", expected, ", found ", Described(found))),
      text_(said_) {}

Misfit::Misfit(const std::string& missing)
    : Json::exception(403, "misfit"),
      said_(absl::StrCat("expected a member \"", missing, "\", which is not there")),
      text_(said_) {}

void Misfit::Within(const std::string& step) {
  Json::json_pointer outer;
  outer.push_back(step);
  place_ = outer / place_;
  const std::string place = Json(place_.to_string()).dump(-1, ' ', true, Json::error_handler_t::replace);  // one line
  text_ = absl::StrCat(place.substr(1, place.size() - 2), ": ", said_);
}

void RequireObject(const Json& json) {
  if (!json.is_object()) throw Misfit("an object", json);
}

void RequireMembers(const Json& json, std::initializer_list<const char*> names) {
  RequireObject(json);
  for (const char* const name : names) {
    if (!json.contains(name)) throw Misfit(name);
  }
}

absl::StatusOr<Json> ParseJsonFile(std::string_view text, std::string_view path, std::string_view schema) {
  const std::string name(path);
  Json json;
  try {
    json = Json::parse(text.begin(), text.end());
  } catch (const Json::exception& error) {  // cut short, most often: where it ends says so
    // "[json.exception.parse_error.101] parse error at line 1, column 5: ..."
    const std::string what = error.what();
    const size_t at = what.find("] ");
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": is no JSON: ", at == std::string::npos ? what : what.substr(at + 2)));
  }
  if (!json.is_object()) return absl::InvalidArgumentError(absl::StrCat(name, ": is not a JSON object"));
  const auto found = json.find("schema");
  const std::string got = found != json.end() && found->is_string() ? found->get<std::string>() : "none";
  if (got != schema) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": schema \"", got, "\"; this build reads \"", std::string(schema), "\""));
  }
  return json;
}

}  // namespace cfgtorture
