// SPDX-License-Identifier: Apache-2.0
#include "api/http/json.h"

#include <set>
#include <vector>

namespace waymark::api {
namespace {

/// Reads without building: says the first thing that we refuse.
class StrictCheck final : public Json::json_sax_t {
 public:
  std::string fault;

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(Json::number_integer_t) override { return true; }
  bool number_unsigned(Json::number_unsigned_t) override { return true; }
  bool number_float(Json::number_float_t, const std::string&) override { return true; }
  bool string(std::string&) override { return true; }
  bool binary(Json::binary_t&) override { return true; }
  bool start_object(std::size_t) override { return enter(); }
  bool start_array(std::size_t) override { return enter(); }
  bool end_object() override { return leave(); }
  bool end_array() override { return leave(); }

  bool key(std::string& name) override {
    if (keys_.back().insert(name).second) return true;
    fault = "the key \"" + name + "\" stands twice in one object; keep one";
    return false;
  }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& error) override {
    fault = "not JSON at octet " + std::to_string(position) + ": " + error.what();
    return false;
  }

 private:
  bool enter() {
    keys_.emplace_back();
    if (keys_.size() <= max_json_depth) return true;
    fault = "more than " + std::to_string(max_json_depth) + " levels of nesting";
    return false;
  }
  bool leave() {
    keys_.pop_back();
    return true;
  }

  std::vector<std::set<std::string>> keys_;  // one set a level
};

}  // namespace

Result<Json> parse_json(std::string_view text) {
  StrictCheck check;
  if (!Json::sax_parse(text, &check)) return Error(ErrorCode::bad_json, check.fault);
  return Json::parse(text, nullptr, false);
}

}  // namespace waymark::api
