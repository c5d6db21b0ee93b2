// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/route53/fault.h"
#include "api/route53/xml.h"

namespace waymark::api {

/// One element of a request, read child by child, in any order. The first fault stays, as
/// structural faults stop a request at the first (InvalidInput); reading goes on without harm.
class XmlFields {
 public:
  /// `element` may be null: everything is absent then.
  XmlFields(const XmlElement* element, std::optional<AwsFault>& fault)
      : element_(element), fault_(fault) {}

  bool has(std::string_view name) { return find(name) != nullptr; }
  const XmlElement* find(std::string_view name);
  /// Null with a fault when it is missing.
  const XmlElement* need(std::string_view name);
  std::optional<std::string> text(std::string_view name);
  std::string needed_text(std::string_view name);
  std::optional<std::int64_t> number(std::string_view name, std::int64_t least, std::int64_t most);
  std::optional<bool> flag(std::string_view name);
  /// The children of a list, all of which are called `item`.
  std::vector<const XmlElement*> list(std::string_view name, std::string_view item);
  /// What was never asked for is unknown.
  void refuse_others();
  void fault(std::string message);

 private:
  const XmlElement* element_;
  std::optional<AwsFault>& fault_;
  std::vector<std::string> known_;
};

}  // namespace waymark::api
