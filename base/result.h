// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/system/result.hpp>

namespace waymark {

/// What went wrong, as one word a program can act on. The word is part of the REST API.
enum class ErrorCode : std::uint8_t {
  bad_request,  // framing, method, header
  bad_json,
  bad_value,  // a field's value; `detail` says the range
  missing_field,
  unknown_field,
  bad_name,
  bad_type,
  bad_rdata,
  bad_ttl,
  bad_zone_file,  // `detail` begins FILE:LINE:COLUMN
  bad_batch,      // several faults; see `causes`
  outside_zone,
  record_exists,
  record_not_found,
  values_mismatch,  // a delete that does not name what is stored
  cname_conflict,   // CNAME alone at its name
  policy_conflict,  // one policy kind per name and type; unique regions, roles, set ids
  alias_target_missing,
  alias_loop,
  health_check_missing,
  apex_required,  // SOA and NS at the apex
  zone_exists,
  zone_not_found,
  zone_not_empty,
  not_found,
  in_use,
  conflict,          // lost a race for a scope
  version_mismatch,  // if_version, If-Match
  unauthorized,
  denied,
  too_large,
  unsupported,
  unavailable,  // the store can not take writes now
  storage_full,
  bad_image,
  timed_out,
  io,
  internal,
};

/// The word itself: `ErrorCode::bad_name` is "bad_name".
std::string_view to_string(ErrorCode code) noexcept;

/// A failure told as a value: a code for programs, a sentence for people, and where.
class Error {
 public:
  Error() : Error(ErrorCode::internal, {}) {}  // boost::system::result asks for one
  Error(ErrorCode code, std::string detail, std::string pointer = {})
      : code_(code), detail_(std::move(detail)), pointer_(std::move(pointer)) {}

  /// One error for all the faults of a batch; every one of them is kept.
  static Error batch(std::vector<Error> causes);

  ErrorCode code() const noexcept { return code_; }
  const std::string& detail() const noexcept { return detail_; }
  /// JSON pointer (RFC 6901) into the request, or empty.
  const std::string& pointer() const noexcept { return pointer_; }
  const std::vector<Error>& causes() const noexcept { return causes_; }

  /// The same error, found further in: `at("/changes/3")` is put before the pointer, of causes too.
  Error at(std::string_view prefix) const;

 private:
  ErrorCode code_;
  std::string detail_;
  std::string pointer_;
  std::vector<Error> causes_;
};

/// For boost::system::result: a value() of a failure ends here. Never thrown by our own code.
[[noreturn]] void throw_exception_from_error(const Error& error, const boost::source_location&);

template <class T>
using Result = boost::system::result<T, Error>;

/// Ends the process with a message; for our own mistakes only, never for input.
[[noreturn]] void assertion_failed(const char* what, const char* file, int line) noexcept;
#define WAYMARK_ASSERT(condition) \
  ((condition) ? void() : ::waymark::assertion_failed(#condition, __FILE__, __LINE__))

}  // namespace waymark
