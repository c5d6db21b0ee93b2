// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cctype>

#include "api/rest/context.h"

namespace waymark::api {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

/// "get_v1_zones_zone_records"
std::string operation_id(const Route& route) {
  std::string out = lower(route.method);
  for (const char c : route.pattern) {
    if (c == '/' || c == '-')
      out += '_';
    else if (c != '{' && c != '}')
      out += c;
  }
  return out;
}

Json parameters_of(const Route& route) {
  Json out = Json::array();
  for (std::size_t at = route.pattern.find('{'); at != std::string::npos;
       at = route.pattern.find('{', at + 1))
    out.push_back({{"name", route.pattern.substr(at + 1, route.pattern.find('}', at) - at - 1)},
                   {"in", "path"},
                   {"required", true},
                   {"schema", {{"type", "string"}}}});
  for (const std::string& name : route.query)
    out.push_back({{"name", name},
                   {"in", "query"},
                   {"schema", {{"type", name == "limit" ? "integer" : "string"}}}});
  return out;
}

Json describe(const Route& route) {
  Json out{{"operationId", operation_id(route)},
           {"summary", route.summary},
           {"parameters", parameters_of(route)}};
  if (route.body == Body::json) {
    out["requestBody"] = {{"required", true},
                          {"content", {{"application/json", {{"schema", {{"type", "object"}}}}}}}};
  } else if (route.body != Body::none) {
    out["requestBody"] = {{"required", true},
                          {"content", {{"text/plain", {{"schema", {{"type", "string"}}}}}}}};
  }
  out["responses"] = {{"2XX", {{"description", "done"}}},
                      {"default",
                       {{"description", "RFC 9457 problem"},
                        {"content",
                         {{"application/problem+json",
                           {{"schema", {{"$ref", "#/components/schemas/Problem"}}}}}}}}}};
  if (route.access == Access::open) out["security"] = Json::array();
  return out;
}

Json problem_schema() {
  const Json text{{"type", "string"}};
  Json fault{{"type", "object"},
             {"properties", {{"code", text}, {"detail", text}, {"pointer", text}}}};
  Json whole = fault;
  whole["properties"]["title"] = text;
  whole["properties"]["status"] = {{"type", "integer"}};
  whole["properties"]["errors"] = {{"type", "array"}, {"items", std::move(fault)}};
  return whole;
}

Json describe(const Router& router) {
  Json paths = Json::object();
  for (const Route& route : router.routes())
    paths[route.pattern][lower(route.method)] = describe(route);
  const Json bearer{{"type", "http"}, {"scheme", "bearer"}};
  return {
      {"openapi", "3.1.0"},
      {"info", {{"title", "Waymark"}, {"version", "1"}}},
      {"security", Json::array({Json{{"token", Json::array()}}})},
      {"paths", std::move(paths)},
      {"components",
       {{"schemas", {{"Problem", problem_schema()}}}, {"securitySchemes", {{"token", bearer}}}}}};
}

}  // namespace

void add_openapi_route(Router& router) {
  router.add({"GET",
              "/openapi.json",
              Access::read,
              Body::none,
              {},
              "This description (OpenAPI 3.1)",
              [&router](const Request&) -> Awaitable<Result<Response>> {
                co_return json_response(200, describe(router));
              }});
}

}  // namespace waymark::api
