// SPDX-License-Identifier: Apache-2.0
#include "api/http/router.h"

#include <cctype>
#include <charconv>

#include "api/spelling.h"

namespace waymark::api {
namespace {

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  for (std::size_t end = 0; end != std::string_view::npos; text.remove_prefix(end + 1)) {
    end = text.find(at);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
  }
  return parts;
}

using Segments = std::vector<std::string>;

bool fits(const Route& route, const Segments& path, Request& request) {
  const auto pattern = split(std::string_view(route.pattern).substr(1), '/');
  if (pattern.size() != path.size()) return false;
  std::map<std::string, std::string, std::less<>> found;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (pattern[i].starts_with('{'))
      found.emplace(pattern[i].substr(1, pattern[i].size() - 2), path[i]);
    else if (pattern[i] != path[i])
      return false;
  }
  request.parameters = std::move(found);
  return true;
}

Result<void> read_query(std::string_view text, const Route& route, Request& request) {
  if (text.empty()) return {};
  for (const std::string_view pair : split(text, '&')) {
    const std::size_t equals = pair.find('=');
    auto name = percent_decode(pair.substr(0, equals));
    auto value = percent_decode(equals == std::string_view::npos ? "" : pair.substr(equals + 1));
    if (!name) return name.error();
    if (!value) return value.error();
    if (std::find(route.query.begin(), route.query.end(), *name) == route.query.end()) {
      const std::string meant = nearest(*name, route.query);
      return Error(
          ErrorCode::bad_request,
          "unknown query parameter \"" + *name + "\"" +
              (meant.empty() ? "; there are none here" : "; did you mean \"" + meant + "\"?"));
    }
    if (!request.query.emplace(*name, *value).second)
      return Error(ErrorCode::bad_request, "query parameter \"" + *name + "\" stands twice");
  }
  return {};
}

}  // namespace

Router::Match Router::match(std::string_view method, std::string_view target,
                            Request& request) const {
  const std::size_t question = target.find('?');
  const std::string_view path = target.substr(0, question);
  if (!path.starts_with('/'))
    return {nullptr, Error(ErrorCode::bad_request, "the request target is no path"), {}};
  Segments segments;
  for (const std::string_view raw : split(path.substr(1), '/')) {
    auto segment = percent_decode(raw);
    if (!segment) return {nullptr, segment.error(), {}};
    segments.push_back(std::move(*segment));
  }
  request.method = method;
  request.path = path;
  const std::string_view wanted = method == "HEAD" ? "GET" : method;
  std::string allow;
  for (const Route& route : routes_) {
    if (!fits(route, segments, request)) continue;
    if (route.method == wanted) {
      const auto query = question == std::string_view::npos ? "" : target.substr(question + 1);
      const Result<void> read = read_query(query, route, request);
      return read ? Match{&route, {}, {}} : Match{nullptr, read.error(), {}};
    }
    allow += (allow.empty() ? "" : ", ") + route.method + (route.method == "GET" ? ", HEAD" : "");
  }
  return {nullptr, Error(ErrorCode::not_found, "there is nothing at " + request.path), allow};
}

Result<std::string> percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    unsigned value = 0;
    const char* end = text.data() + std::min(i + 3, text.size());
    const auto [at, failure] = std::from_chars(text.data() + i + 1, end, value, 16);
    if (failure != std::errc{} || at != text.data() + i + 3)
      return Error(ErrorCode::bad_request, "\"%\" is not followed by two hex digits");
    out += static_cast<char>(value);
    i += 2;
  }
  return out;
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (std::isalnum(octet) != 0 || std::string_view("-._~").find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += '%';
      out += digits[octet >> 4];
      out += digits[octet & 15];
    }
  }
  return out;
}

}  // namespace waymark::api
