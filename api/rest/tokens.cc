// SPDX-License-Identifier: Apache-2.0
#include "api/rest/tokens.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

#include "api/http/authentication.h"
#include "api/rest/context.h"
#include "api/rest/fields.h"
#include "api/rest/grants.h"
#include "base/shared_memory.h"

namespace waymark::api {
namespace {

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

Awaitable<Result<Response>> list(Context& context, const Request& request) {
  const auto tokens = all_tokens(context.services.store);
  if (!tokens) co_return tokens.error();
  co_return page_of_grants(request, {tokens->begin(), tokens->end()});
}

Awaitable<Result<Response>> create(Context& context, const Request& request) {
  const auto body = parse_object(request.body);
  if (!body) co_return body.error();
  std::vector<Error> faults;
  Fields fields(*body, "", faults);
  Token token;
  if (const auto read = read_grant(context, fields, token); !read) co_return read.error();
  if (const auto judged = verdict(std::move(faults)); !judged) co_return judged.error();

  const std::string secret = make_secret(token);
  const auto done = co_await context.services.pipeline.put_object(
      key_of(token), encode_token(token), request.principal.author());
  if (!done) co_return done.error();
  Json out = show_grant(token);
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
  const auto done =
      co_await services.pipeline.put_object(key_of(*token), encode_token(*token), "first start");
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
