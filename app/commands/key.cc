// SPDX-License-Identifier: Apache-2.0
//
// The noun of access keys, which clients of Amazon Route 53 sign with.
#include <iostream>
#include <memory>

#include "app/commands/commands.h"

namespace waymark::app {

void add_key(CLI::App& app, Verbs& verbs) {
  CLI::App* noun = app.add_subcommand("key", "who may use the Route 53 API")->require_subcommand(1);
  struct Words {
    std::string id, name, expires, scope;
    std::vector<std::string> zones;
  };
  auto words = std::make_shared<Words>();

  CLI::App* create = noun->add_subcommand("create", "make an access key; its secret is shown once");
  create->add_option("--scope", words->scope, "admin or read-only")->required();
  create->add_option("--zone", words->zones, "limits it to a zone, by id or name; repeatable");
  create->add_option("--name", words->name, "for people");
  create->add_option("--expires", words->expires, "90s, 5m, 2h, 1d");
  verbs.when(create, [words](Client& client) {
    Json body = {{"scope", words->scope}, {"name", words->name}};
    if (!words->zones.empty()) body["zones"] = words->zones;
    if (!words->expires.empty()) body["expires_in"] = parse_seconds(words->expires);
    const Json key = client.send("POST", "/v1/keys", body);
    return show(client, key, [&] {
      std::cout << "aws_access_key_id = " << cell(key, "id") << '\n'
                << "aws_secret_access_key = " << cell(key, "secret") << '\n';
    });
  });

  verbs.when(noun->add_subcommand("list", "all access keys, without secrets"), [](Client& client) {
    const Json keys = client.list("/v1/keys");
    return show(client, keys, [&] {
      Table table({"ID", "NAME", "SCOPE", "ZONES", "CREATED", "EXPIRES"});
      for (const Json& key : keys)
        table.add({cell(key, "id"), cell(key, "name"), cell(key, "scope"), cell(key, "zones"),
                   cell(key, "created"), cell(key, "expires")});
      print(client, table);
    });
  });

  CLI::App* remove = noun->add_subcommand("delete", "end an access key at once");
  remove->add_option("ID", words->id)->required();
  verbs.when(remove, [words](Client& client) {
    client.call("DELETE", "/v1/keys/" + escaped(words->id));
    std::cerr << "deleted " << words->id << '\n';
    return exit_ok;
  });
}

}  // namespace waymark::app
