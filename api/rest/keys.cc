// SPDX-License-Identifier: Apache-2.0
//
// Access keys: what requests of the Route 53 door are signed with.
#include "api/http/access_keys.h"
#include "api/rest/context.h"
#include "api/rest/fields.h"
#include "api/rest/grants.h"

namespace waymark::api {
namespace {

Awaitable<Result<Response>> create(Context& context, const Request& request) {
  const auto body = parse_object(request.body);
  if (!body) co_return body.error();
  std::vector<Error> faults;
  Fields fields(*body, "", faults);
  AccessKey key;
  if (const auto read = read_grant(context, fields, key); !read) co_return read.error();
  if (const auto judged = verdict(std::move(faults)); !judged) co_return judged.error();

  const auto vault = KeyVault::open_or_make(context.services.data_dir);
  if (!vault) co_return vault.error();
  const std::string secret = make_access_key(key, *vault);
  zones::ObjectKey object{zones::ObjectKind::access_key, key.id};
  const auto done = co_await context.services.pipeline.put_object(
      std::move(object), encode_access_key(key), request.principal.author());
  if (!done) co_return done.error();
  Json out = show_grant(key);
  out["secret"] = secret;  // told once
  co_return json_response(201, out);
}

Awaitable<Result<Response>> list(Context& context, const Request& request) {
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return snapshot.error();
  const auto stored = (*snapshot)->objects(zones::ObjectKind::access_key);
  if (!stored) co_return stored.error();
  std::vector<Grant> all;
  for (const auto& [id, text] : *stored) {
    auto key = decode_access_key(id, text);
    if (!key) co_return key.error();
    all.push_back(std::move(*key));
  }
  co_return page_of_grants(request, all);
}

Awaitable<Result<Response>> remove(Context& context, const Request& request) {
  zones::ObjectKey key{zones::ObjectKind::access_key, request.parameter("key")};
  const auto done = co_await context.services.pipeline.put_object(std::move(key), std::nullopt,
                                                                  request.principal.author());
  if (!done) co_return done.error();
  co_return no_content();
}

}  // namespace

void add_key_routes(Router& router, Context& context) {
  router.add({"POST",
              "/v1/keys",
              Access::write,
              Body::json,
              {},
              "Create an access key for the Route 53 API; its secret is shown once",
              with<create>(context)});
  router.add({"GET",
              "/v1/keys",
              Access::read,
              Body::none,
              {"limit", "cursor"},
              "List access keys, without their secrets",
              with<list>(context)});
  router.add({"DELETE",
              "/v1/keys/{key}",
              Access::write,
              Body::none,
              {},
              "Delete an access key",
              with<remove>(context)});
}

}  // namespace waymark::api
