// SPDX-License-Identifier: Apache-2.0
#include "api/route53/xml_fields.h"

#include <algorithm>
#include <charconv>

namespace waymark::api {

void XmlFields::fault(std::string message) {
  if (!fault_) fault_ = invalid_input(std::move(message));
}

const XmlElement* XmlFields::find(std::string_view name) {
  known_.emplace_back(name);
  const XmlElement* found = nullptr;
  if (element_ == nullptr) return found;
  for (const XmlElement& child : element_->children) {
    if (child.name != name) continue;
    if (found != nullptr)
      fault("Invalid XML ; element " + child.name + " stands twice in " + element_->name);
    found = &child;
  }
  return found;
}

const XmlElement* XmlFields::need(std::string_view name) {
  const XmlElement* found = find(name);
  if (found == nullptr)
    fault("Invalid request: Missing field '" + std::string(name) + "' in " +
          (element_ == nullptr ? std::string("the request") : element_->name));
  return found;
}

std::optional<std::string> XmlFields::text(std::string_view name) {
  const XmlElement* found = find(name);
  if (found == nullptr) return std::nullopt;
  if (!found->children.empty())
    fault("Invalid XML ; element " + found->name + " holds text, not elements");
  return found->text;
}

std::string XmlFields::needed_text(std::string_view name) {
  auto found = text(name);
  if (!found || found->empty()) need(name);
  if (found && found->empty()) fault("Invalid request: field '" + std::string(name) + "' is empty");
  return found.value_or("");
}

std::optional<std::int64_t> XmlFields::number(std::string_view name, std::int64_t least,
                                              std::int64_t most) {
  const auto written = text(name);
  if (!written) return std::nullopt;
  std::int64_t value = 0;
  const char* end = written->data() + written->size();
  const auto [stop, failure] = std::from_chars(written->data(), end, value);
  if (failure != std::errc{} || stop != end || value < least || value > most) {
    fault("Invalid XML ; " + std::string(name) + " '" + *written + "' is not a whole number from " +
          std::to_string(least) + " to " + std::to_string(most));
    return least;
  }
  return value;
}

std::optional<bool> XmlFields::flag(std::string_view name) {
  const auto written = text(name);
  if (!written) return std::nullopt;
  if (*written == "true" || *written == "1") return true;
  if (*written != "false" && *written != "0")
    fault("Invalid XML ; " + std::string(name) + " '" + *written + "' is neither true nor false");
  return false;
}

std::vector<const XmlElement*> XmlFields::list(std::string_view name, std::string_view item) {
  std::vector<const XmlElement*> items;
  const XmlElement* found = find(name);
  if (found == nullptr) return items;
  if (found->text.find_first_not_of(" \t\r\n") != std::string::npos)
    fault("Invalid XML ; element " + found->name + " holds elements, not text");
  for (const XmlElement& child : found->children) {
    if (child.name != item)
      fault("Invalid XML ; element " + child.name + " is not known in " + found->name);
    items.push_back(&child);
  }
  return items;
}

void XmlFields::refuse_others() {
  if (element_ == nullptr) return;
  if (element_->children.empty() &&
      element_->text.find_first_not_of(" \t\r\n") != std::string::npos)
    fault("Invalid XML ; element " + element_->name + " holds elements, not text");
  for (const XmlElement& child : element_->children)
    if (std::find(known_.begin(), known_.end(), child.name) == known_.end())
      fault("Invalid XML ; element " + child.name + " is not known in " + element_->name);
}

}  // namespace waymark::api
