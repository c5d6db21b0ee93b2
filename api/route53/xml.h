// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace waymark::api {

/// Limits of a document that comes from outside (API-4).
constexpr std::size_t max_xml_depth = 32, max_xml_elements = 20'000, max_xml_attributes = 32;

/// One element of a request: its name without prefix, and its text or its children, not both.
struct XmlElement {
  std::string name, text;
  std::vector<XmlElement> children;
};

/// Reads a document. What could make it more than it is — a DTD, an entity that is not one of the
/// five, a processing instruction — and what goes over the limits is refused before the parser sees
/// it. Fails with `bad_request`.
Result<XmlElement> parse_xml(std::string_view document);

/// Writes a document of the Route 53 namespace.
class XmlWriter {
 public:
  explicit XmlWriter(std::string_view root);

  void open(std::string_view name);
  void close();
  void text(std::string_view name, std::string_view value);
  void number(std::string_view name, std::uint64_t value) { text(name, std::to_string(value)); }
  void flag(std::string_view name, bool value) { text(name, value ? "true" : "false"); }
  /// Closes what is open.
  std::string finish();

 private:
  std::string out_;
  std::vector<std::string> open_;
};

}  // namespace waymark::api
