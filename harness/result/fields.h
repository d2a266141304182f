// harness/result/fields.h: one list of fields a type, used for writing and for reading, so that both agree.
//
// `template <class Field> static void ForEachField(T& value, Field&& field)`, in namespace cfgtorture so that it is
// found by its argument, calls field("name", value.member) in the order in which the members are written. Reading takes
// what is there and leaves the default for the rest: results of an older build load, and a worker may leave out what it
// does not know.
#ifndef CFGTORTURE_HARNESS_RESULT_FIELDS_H_
#define CFGTORTURE_HARNESS_RESULT_FIELDS_H_

#include <cmath>
#include <map>
#include <string>
#include <type_traits>
#include <vector>

#include "harness/result/json_text.h"
#include "nlohmann/json.hpp"

namespace cfgtorture::result_fields {

struct WriteField {
  Json& json;
  template <class T>
  void operator()(const char* name, const T& value) const {
    json[name] = value;
  }
  void operator()(const char* name, const double& value) const {
    json[name] = std::isfinite(value) ? value : 0;  // JSON has no infinity
  }
  void operator()(const char* name, const std::map<std::string, double>& values) const {
    Json& object = json[name] = Json::object();
    for (const auto& [key, value] : values) {
      if (std::isfinite(value)) object[key] = value;
    }
  }
};

template <class T>
constexpr const char* Expected() {
  if constexpr (std::is_same_v<T, bool>) return "true or false";
  if constexpr (std::is_arithmetic_v<T>) return "a number";
  if constexpr (std::is_same_v<T, std::string>) return "a string";
  return "another value";
}

// Throws Misfit, with the place below `json`.
template <class T>
void Get(const Json& json, T& value) {
  try {
    json.get_to(value);
  } catch (const Misfit&) {
    throw;
  } catch (const Json::exception&) {
    throw Misfit(Expected<T>(), json);
  }
}
template <class T>
void Get(const Json& json, std::vector<T>& values) {
  if (!json.is_array()) throw Misfit("an array", json);
  values.clear();
  for (const Json& element : json) {
    WithinStep(std::to_string(values.size()), [&] { Get(element, values.emplace_back()); });
  }
}
template <class T>
void Get(const Json& json, std::map<std::string, T>& values) {
  RequireObject(json);
  values.clear();
  for (const auto& item : json.items()) WithinStep(item.key(), [&] { Get(item.value(), values[item.key()]); });
}

struct ReadField {
  const Json& json;
  template <class T>
  void operator()(const char* name, T& value) const {
    const auto it = json.find(name);
    if (it != json.end() && !it->is_null()) WithinStep(name, [&] { Get(*it, value); });
  }
};

template <class T>
void Write(Json& json, const T& value) {
  json = Json::object();
  ForEachField(const_cast<T&>(value), WriteField{json});  // WriteField takes its values const
}

template <class T>
void Read(const Json& json, T& value) {
  RequireObject(json);
  ForEachField(value, ReadField{json});
}

}  // namespace cfgtorture::result_fields

#endif  // CFGTORTURE_HARNESS_RESULT_FIELDS_H_
