// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <boost/system/result.hpp>

#include "api/http/message.h"
#include "base/result.h"

namespace waymark::api {

/// A failure as AWS clients read it: they act on code and status. Messages of InvalidChangeBatch
/// stand in brackets, joined by a comma and a blank, as botocore and the service do it.
struct AwsFault {
  AwsFault() = default;  // boost::system::result asks for one
  AwsFault(unsigned with_status, std::string with_code, std::string with_message)
      : status(with_status), code(std::move(with_code)), message(std::move(with_message)) {}

  unsigned status = 500;
  std::string code = "InternalFailure", message;
};

/// For boost::system::result: a value() of a failure ends here. Never thrown by our own code.
[[noreturn]] void throw_exception_from_error(const AwsFault& fault,
                                             const boost::source_location& where);

template <class T>
using AwsResult = boost::system::result<T, AwsFault>;

AwsFault invalid_input(std::string message);
/// Clients wait and try again.
AwsFault rate_exceeded();
AwsFault no_such_zone(std::string_view id);
AwsFault no_such_health_check(std::string_view id);
/// A failure of our own rooms that an operation has no better word for.
AwsFault fault_of(const Error& error);

constexpr std::string_view aws_namespace = "https://route53.amazonaws.com/doc/2013-04-01/";
constexpr std::string_view xml_type = "text/xml; charset=utf-8";

/// `<ErrorResponse>` with its request id, in the body and as x-amzn-RequestId.
Response to_response(const AwsFault& fault, const std::string& request_id);

}  // namespace waymark::api
