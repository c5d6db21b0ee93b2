// SPDX-License-Identifier: Apache-2.0
#include "api/rest/tokens.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

#include "api/http/authentication.h"
#include "api/http/times.h"
#include "api/rest/context.h"
#include "api/rest/fields.h"
#include "base/shared_memory.h"

namespace waymark::api {
namespace {

constexpr std::uint64_t longest_life = 10ULL * 366 * 24 * 3600;  // seconds

zones::ObjectKey key_of(const Token& token) {
  return {zones::ObjectKind::token, token.id};
}

Result<std::vector<Token>> all_tokens(const zones::Store& store) {
  const auto snapshot = store.snapshot();
  if (!snapshot) return snapshot.error();
  const auto stored = (*snapshot)->objects(zones::ObjectKind::token);
  if (!stored) return stored.error();
  std::vector<Token> out;
  for (const auto& [id, text] : *stored) {
    auto token = decode_token(id, text);
    if (!token) return token.error();
    out.push_back(std::move(*token));
  }
  return out;
}

Json show(const Token& token) {
  return {{"id", token.id},
          {"name", token.name},
          {"scope", token.may_write ? "admin" : "read-only"},
          {"zones", token.zones},
          {"created", format_time(token.created)},
          {"expires", token.expires ? Json(format_time(*token.expires)) : Json()}};
}

Awaitable<Result<Response>> list(Context& context, const Request& request) {
  const auto limit = limit_of(request);
  if (!limit) co_return limit.error();
  const auto tokens = all_tokens(context.services.store);
  if (!tokens) co_return tokens.error();
  const std::string after = request.value("cursor").value_or("");
  Json items = Json::array();
  std::optional<std::string> next;
  for (const Token& token : *tokens) {
    if (token.id <= after) continue;
    if (items.size() == *limit) {
      next = items.back()["id"].get<std::string>();
      break;
    }
    items.push_back(show(token));
  }
  co_return page(std::move(items), next);
}

/// The zones that a token is limited to, as they are named now: an unknown one would limit nothing.
Result<void> limit_to(const Context& context, Fields& fields, Token& token) {
  if (!fields.has("zones")) return {};
  const std::vector<std::string> wanted = fields.texts("zones");
  if (wanted.empty())
    fields.fault(ErrorCode::bad_value, "an empty list limits nothing; name a zone, or leave it out",
                 "zones");
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    Request asked;
    asked.parameters.emplace("zone", wanted[i]);
    const auto zone = find_zone(context, asked);
    if (zone)
      token.zones.push_back(zone->id.text);
    else if (zone.error().code() == ErrorCode::zone_not_found)
      fields.fault(ErrorCode::zone_not_found, zone.error().detail(), "zones/" + std::to_string(i));
    else
      return zone.error();
  }
  return {};
}

Awaitable<Result<Response>> create(Context& context, const Request& request) {
  const auto body = parse_object(request.body);
  if (!body) co_return body.error();
  std::vector<Error> faults;
  Fields fields(*body, "", faults);
  Token token;
  token.name = fields.text("name");
  const std::string scope = fields.needed_text("scope");
  token.may_write = scope == "admin";
  if (!scope.empty() && scope != "admin" && scope != "read-only")
    fields.fault(ErrorCode::bad_value, "scope \"" + scope + "\" is unknown; use admin or read-only",
                 "scope");
  if (const auto limited = limit_to(context, fields, token); !limited) co_return limited.error();
  token.created = context.services.clock.now();
  if (const auto life = fields.maybe_number("expires_in", 1, longest_life))
    token.expires = token.created + std::chrono::seconds(*life);
  fields.refuse_others();
  if (const auto judged = verdict(std::move(faults)); !judged) co_return judged.error();

  const std::string secret = make_secret(token);
  const auto done = co_await context.services.pipeline.put_object(
      key_of(token), encode_token(token), request.principal.author());
  if (!done) co_return done.error();
  Json out = show(token);
  out["token"] = secret;  // told once; only its hash is kept
  co_return json_response(201, out);
}

Awaitable<Result<Response>> revoke(Context& context, const Request& request) {
  const std::string& id = request.parameter("token");
  const auto tokens = all_tokens(context.services.store);
  if (!tokens) co_return tokens.error();
  const auto found =
      std::find_if(tokens->begin(), tokens->end(), [&](const Token& t) { return t.id == id; });
  if (found == tokens->end())
    co_return Error(ErrorCode::not_found, "there is no token \"" + id + "\"");
  const auto rules_all = [](const Token& t) {
    return t.may_write && t.zones.empty() && !t.expires;
  };
  if (rules_all(*found) && std::count_if(tokens->begin(), tokens->end(), rules_all) == 1)
    co_return Error(ErrorCode::in_use,
                    "this is the last administrator's token; create another one first");
  const auto done = co_await context.services.pipeline.put_object(key_of(*found), std::nullopt,
                                                                  request.principal.author());
  if (!done) co_return done.error();
  co_return no_content();
}

Result<void> write_admin_token(const std::string& data_dir, const std::string& secret) {
  const std::string path = data_dir + "/admin.token";
  const FileDescriptor file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  const std::string line = secret + "\n";
  if (!file || ::write(file.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size()) ||
      ::fsync(file.get()) != 0)
    return Error(ErrorCode::io, path + ": " + std::strerror(errno));
  return {};
}

}  // namespace

Awaitable<Result<void>> ensure_admin_token(const Services& services) {
  const auto tokens = all_tokens(services.store);
  if (!tokens) co_return tokens.error();
  if (!tokens->empty()) co_return Result<void>{};
  auto token = admin_token_of(services.data_dir);
  if (!token) {
    token.emplace();
    token->name = "admin.token";
    token->may_write = true;
    const std::string secret = make_secret(*token);
    // The file first: a token that nobody can read would lock everybody out.
    if (const auto written = write_admin_token(services.data_dir, secret); !written)
      co_return written.error();
  }
  token->created = services.clock.now();
  std::string author = zones::to_text({"waymark", "start"});
  const auto done = co_await services.pipeline.put_object(key_of(*token), encode_token(*token),
                                                          std::move(author));
  if (!done) co_return done.error();
  co_return Result<void>{};
}

void add_token_routes(Router& router, Context& context) {
  router.add({"POST",
              "/v1/tokens",
              Access::write,
              Body::json,
              {},
              "Create a token; it is shown once",
              with<create>(context)});
  router.add({"GET",
              "/v1/tokens",
              Access::read,
              Body::none,
              {"limit", "cursor"},
              "List tokens, without their secrets",
              with<list>(context)});
  router.add({"DELETE",
              "/v1/tokens/{token}",
              Access::write,
              Body::none,
              {},
              "Revoke a token",
              with<revoke>(context)});
}

}  // namespace waymark::api
