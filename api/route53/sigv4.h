// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "api/http/message.h"
#include "api/route53/fault.h"
#include "base/clock.h"

namespace waymark::api {

/// AWS Signature Version 4 in the Authorization header. Presigned queries, unsigned or chunked
/// payloads and the older AWS3-HTTPS are refused.
constexpr std::chrono::minutes max_clock_skew{5};

/// What a request says of its signature. Nothing of it is believed before `is_signed_with`.
struct SignatureClaim {
  std::string key_id, date, region, service;  // the credential scope; date is YYYYMMDD
  std::vector<std::string> signed_headers;    // lower case, sorted
  std::string signature;                      // 64 hex digits
  std::string time;                           // YYYYMMDDTHHMMSSZ, of x-amz-date or Date
  TimePoint at{};                             // the same
};

/// Reads the claim and judges all of it but the signature: the headers that must be signed, scope,
/// the payload's hash when it is told, and the time, which may be `max_clock_skew` from `now`.
/// Faults: MissingAuthenticationToken, IncompleteSignature, SignatureDoesNotMatch, RequestExpired.
AwsResult<SignatureClaim> read_claim(const RawRequest& request, std::string_view service,
                                     TimePoint now);

/// The request in canonical form, with the hash of the body that came.
std::string canonical_request(const RawRequest& request,
                              const std::vector<std::string>& signed_headers);
std::string string_to_sign(const SignatureClaim& claim, std::string_view canonical);
/// Lower-case hexadecimal.
std::string signature_of(const SignatureClaim& claim, std::string_view canonical,
                         std::string_view secret);
/// Compares in constant time.
bool is_signed_with(const RawRequest& request, const SignatureClaim& claim,
                    std::string_view secret);

}  // namespace waymark::api
