// SPDX-License-Identifier: Apache-2.0
#include "api/route53/fault.h"

#include "api/http/problem.h"
#include "api/route53/xml.h"

namespace waymark::api {

void throw_exception_from_error(const AwsFault& fault, const boost::source_location& where) {
  assertion_failed(fault.message.c_str(), where.file_name(), static_cast<int>(where.line()));
}

AwsFault invalid_input(std::string message) {
  return {400, "InvalidInput", std::move(message)};
}

AwsFault rate_exceeded() {
  return {400, "Throttling", "Rate exceeded"};
}

AwsFault no_such_zone(std::string_view id) {
  return {404, "NoSuchHostedZone", "No hosted zone found with ID: " + std::string(id)};
}

AwsFault no_such_health_check(std::string_view id) {
  return {404, "NoSuchHealthCheck",
          "A health check with id " + std::string(id) + " does not exist."};
}

AwsFault fault_of(const Error& error) {
  switch (error.code()) {
    case ErrorCode::zone_not_found:
      return {404, "NoSuchHostedZone", error.detail()};
    case ErrorCode::denied:
      return {403, "AccessDenied", error.detail()};
    case ErrorCode::conflict:
    case ErrorCode::version_mismatch:
      return {400, "PriorRequestNotComplete", error.detail()};
    case ErrorCode::unavailable:
    case ErrorCode::storage_full:
      return {503, "ServiceUnavailable", error.detail()};
    default:
      break;
  }
  if (status_of(error.code()) >= 500) return {500, "InternalFailure", error.detail()};
  return invalid_input(error.detail());
}

Response to_response(const AwsFault& fault, const std::string& request_id) {
  XmlWriter xml("ErrorResponse");
  xml.open("Error");
  xml.text("Type", fault.status < 500 ? "Sender" : "Receiver");
  xml.text("Code", fault.code);
  xml.text("Message", fault.message);
  xml.close();
  xml.text("RequestId", request_id);
  return {fault.status, std::string(xml_type), xml.finish(), {{"x-amzn-RequestId", request_id}}};
}

}  // namespace waymark::api
