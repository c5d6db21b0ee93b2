// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/http/json.h"
#include "base/result.h"

namespace waymark::api {

/// One JSON object, read field by field. Every fault is kept, with its JSON pointer (RFC 6901);
/// a fault gives the fallback, so that reading goes on.
class Fields {
 public:
  Fields(const Json& object, std::string pointer, std::vector<Error>& faults);

  bool has(std::string_view name);
  const Json* find(std::string_view name);
  /// Null with a fault when it is missing.
  const Json* need(std::string_view name);
  std::string text(std::string_view name, std::string fallback = {});
  std::string needed_text(std::string_view name);
  bool flag(std::string_view name, bool fallback);
  std::uint64_t number(std::string_view name, std::uint64_t least, std::uint64_t most,
                       std::uint64_t fallback);
  std::optional<std::uint64_t> maybe_number(std::string_view name, std::uint64_t least,
                                            std::uint64_t most);
  /// A number that need not be whole; a text of one counts as well.
  std::optional<double> maybe_decimal(std::string_view name, double least, double most);
  std::vector<std::string> texts(std::string_view name);

  void fault(ErrorCode code, std::string detail, std::string_view name);
  void fault(const Error& error, std::string_view name);
  /// What was never asked for is unknown.
  void refuse_others();
  std::string pointer(std::string_view name) const;
  const std::string& here() const noexcept { return pointer_; }  // of the object itself

 private:
  const Json& object_;
  std::string pointer_;
  std::vector<Error>& faults_;
  std::vector<std::string> known_;
};

/// A body that must be one JSON object.
Result<Json> parse_object(std::string_view body);
/// Success, or all the faults as one error.
Result<void> verdict(std::vector<Error> faults);

}  // namespace waymark::api
