// SPDX-License-Identifier: Apache-2.0
//
// The noun vpc: clients that see private zones.
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "app/commands/commands.h"

namespace waymark::app {
namespace {

std::string path_of(const std::string& vpc) {
  return "/v1/vpcs/" + escaped(vpc);
}

int show_vpcs(const Client& client, const Json& told, const Json& rows) {
  return show(client, told, [&] {
    Table table({"NAME", "ID", "VERSION", "PREFIXES", "LISTENER", "REGION"});
    for (const Json& vpc : rows)
      table.add({cell(vpc, "name"), cell(vpc, "id"), cell(vpc, "version"), cell(vpc, "prefixes"),
                 cell(vpc, "listener"), cell(vpc, "region")});
    print(client, table);
  });
}

int show_vpc(const Client& client, const Json& vpc) {
  return show_vpcs(client, vpc, Json::array({vpc}));
}

struct Words {
  std::string vpc, name, listener, region;
  std::vector<std::string> prefixes;
  bool anywhere = false;
};

/// What is not given stays as it stands.
int update(Client& client, const Words& words) {
  const Json stands = client.get(path_of(words.vpc));
  Json body{{"name", stands["name"]}, {"prefixes", stands["prefixes"]}};
  if (!words.name.empty()) body["name"] = words.name;
  if (!words.prefixes.empty()) body["prefixes"] = words.prefixes;
  body["listener"] = words.anywhere           ? Json()
                     : words.listener.empty() ? stands["listener"]
                                              : Json(words.listener);
  body["region"] = words.region.empty() ? stands["region"] : Json(words.region);
  return show_vpc(client, client.send("PUT", path_of(words.vpc), body));
}

}  // namespace

void add_vpc(CLI::App& app, Verbs& verbs) {
  CLI::App* noun =
      app.add_subcommand("vpc", "clients that see private zones")->require_subcommand(1);
  auto words = std::make_shared<Words>();

  CLI::App* create = noun->add_subcommand("create", "name a set of clients");
  create->add_option("NAME", words->name)->required();
  create->add_option("PREFIX", words->prefixes, "10.0.0.0/8 …")->required();
  create->add_option("--listener", words->listener, "only questions to this ADDRESS:PORT");
  create->add_option("--region", words->region, "what clients of the Route 53 door call it");
  verbs.when(create, [words](Client& client) {
    Json body{{"name", words->name}, {"prefixes", words->prefixes}};
    if (!words->listener.empty()) body["listener"] = words->listener;
    if (!words->region.empty()) body["region"] = words->region;
    return show_vpc(client, client.send("POST", "/v1/vpcs", body));
  });

  verbs.when(noun->add_subcommand("list", "all of them"), [](Client& client) {
    const Json all = client.get("/v1/vpcs")["items"];
    return show_vpcs(client, all, all);
  });

  CLI::App* one = noun->add_subcommand("show", "one, with its zones");
  one->add_option("VPC", words->vpc, "id or name")->required();
  verbs.when(one, [words](Client& client) {
    const Json vpc = client.get(path_of(words->vpc));
    show_vpc(client, vpc);
    if (client.json()) return exit_ok;
    for (const Json& zone : vpc["zones"])
      std::cout << "sees " << cell(zone, "name") << ' ' << cell(zone, "id") << '\n';
    return exit_ok;
  });

  CLI::App* change = noun->add_subcommand("update", "change name, prefixes, listener or region");
  change->add_option("VPC", words->vpc, "id or name")->required();
  change->add_option("PREFIX", words->prefixes, "all of them; none: as they stand");
  change->add_option("--name", words->name);
  change->add_option("--listener", words->listener, "only questions to this ADDRESS:PORT");
  change->add_option("--region", words->region, "what clients of the Route 53 door call it");
  change->add_flag("--any-listener", words->anywhere, "questions to any address");
  verbs.when(change, [words](Client& client) { return update(client, *words); });

  CLI::App* remove = noun->add_subcommand("delete", "delete one that sees no zone");
  remove->add_option("VPC", words->vpc, "id or name")->required();
  verbs.when(remove, [words](Client& client) {
    client.call("DELETE", path_of(words->vpc));
    std::cerr << "deleted " << words->vpc << '\n';
    return exit_ok;
  });
}

}  // namespace waymark::app
