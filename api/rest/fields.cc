// SPDX-License-Identifier: Apache-2.0
#include "api/rest/fields.h"

#include <algorithm>

#include "api/spelling.h"
#include "zones/client_objects.h"

namespace waymark::api {
namespace {

std::string escape(std::string_view name) {  // RFC 6901 §3
  std::string out;
  for (const char c : name) {
    if (c == '~' || c == '/')
      out += c == '~' ? "~0" : "~1";
    else
      out += c;
  }
  return out;
}

}  // namespace

Fields::Fields(const Json& object, std::string pointer, std::vector<Error>& faults)
    : object_(object), pointer_(std::move(pointer)), faults_(faults) {
  if (!object_.is_object())
    faults_.emplace_back(ErrorCode::bad_value,
                         std::string("an object is needed, not ") + object_.type_name(), pointer_);
}

std::string Fields::pointer(std::string_view name) const {
  return pointer_ + "/" + escape(name);
}

const Json* Fields::find(std::string_view name) {
  known_.emplace_back(name);
  if (!object_.is_object()) return nullptr;
  const auto found = object_.find(known_.back());
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

bool Fields::has(std::string_view name) {
  return find(name) != nullptr;
}

const Json* Fields::need(std::string_view name) {
  const Json* value = find(name);
  if (value == nullptr && object_.is_object())
    fault(ErrorCode::missing_field, "\"" + std::string(name) + "\" is missing", name);
  return value;
}

std::string Fields::text(std::string_view name, std::string fallback) {
  const Json* value = find(name);
  if (value == nullptr) return fallback;
  if (value->is_string()) return value->get<std::string>();
  fault(ErrorCode::bad_value, std::string("a string is needed, not ") + value->type_name(), name);
  return fallback;
}

std::string Fields::needed_text(std::string_view name) {
  return need(name) == nullptr ? std::string{} : text(name);
}

bool Fields::flag(std::string_view name, bool fallback) {
  const Json* value = find(name);
  if (value == nullptr) return fallback;
  if (value->is_boolean()) return value->get<bool>();
  fault(ErrorCode::bad_value, std::string("true or false is needed, not ") + value->type_name(),
        name);
  return fallback;
}

std::optional<std::uint64_t> Fields::maybe_number(std::string_view name, std::uint64_t least,
                                                  std::uint64_t most) {
  const Json* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_number_unsigned()) {
    const auto number = value->get<std::uint64_t>();
    if (number >= least && number <= most) return number;
  }
  fault(ErrorCode::bad_value,
        std::string(name) + " " + to_text(*value) + " is out of range; use a whole number, " +
            std::to_string(least) + " to " + std::to_string(most),
        name);
  return std::nullopt;
}

std::uint64_t Fields::number(std::string_view name, std::uint64_t least, std::uint64_t most,
                             std::uint64_t fallback) {
  return maybe_number(name, least, most).value_or(fallback);
}

std::optional<double> Fields::maybe_decimal(std::string_view name, double least, double most) {
  const Json* value = find(name);
  if (value == nullptr) return std::nullopt;
  std::optional<double> number;
  if (value->is_number()) number = value->get<double>();
  if (value->is_string()) number = zones::parse_degrees(value->get_ref<const std::string&>());
  if (number && *number >= least && *number <= most) return number;
  fault(ErrorCode::bad_value,
        std::string(name) + " " + to_text(*value) + " is out of range; use " +
            zones::degrees_text(least) + " to " + zones::degrees_text(most),
        name);
  return std::nullopt;
}

std::vector<std::string> Fields::texts(std::string_view name) {
  const Json* value = find(name);
  if (value == nullptr) return {};
  std::vector<std::string> out;
  bool right = value->is_array();
  for (std::size_t i = 0; right && i < value->size(); ++i) {
    right = (*value)[i].is_string();
    if (right) out.push_back((*value)[i].get<std::string>());
  }
  if (!right) fault(ErrorCode::bad_value, "a list of strings is needed", name);
  return out;
}

void Fields::fault(ErrorCode code, std::string detail, std::string_view name) {
  faults_.emplace_back(code, std::move(detail), pointer(name));
}

void Fields::fault(const Error& error, std::string_view name) {
  faults_.push_back(error.at(pointer(name)));
}

void Fields::refuse_others() {
  if (!object_.is_object()) return;
  for (const auto& [name, value] : object_.items()) {
    if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
    fault(ErrorCode::unknown_field,
          "unknown field \"" + name + "\"; did you mean \"" + nearest(name, known_) + "\"?", name);
  }
}

Result<Json> parse_object(std::string_view body) {
  auto document = parse_json(body);
  if (!document) return document.error();
  if (!document->is_object()) return Error(ErrorCode::bad_value, "the body must be a JSON object");
  return document;
}

Result<void> verdict(std::vector<Error> faults) {
  if (faults.empty()) return {};
  return Error::batch(std::move(faults));
}

}  // namespace waymark::api
