// SPDX-License-Identifier: Apache-2.0
//
// The nouns of what is known of clients: location, region and cidr.
#include <iostream>
#include <memory>

#include "app/commands/commands.h"

namespace waymark::app {
namespace {

/// `put FILE` of a whole resource.
void add_put(CLI::App* noun, Verbs& verbs, const char* target, const char* help) {
  auto file = std::make_shared<std::string>();
  CLI::App* put = noun->add_subcommand("put", help);
  put->add_option("FILE", *file, "JSON; - is standard input")->required();
  verbs.when(put, [file, target](Client& client) {
    const Json done = client.call("PUT", target, read_input(*file), "application/json");
    return show(client, done, [&] { std::cout << "stored\n"; });
  });
}

Json read_object(const std::string& file) {
  const Json body = Json::parse(read_input(file), nullptr, false);
  if (!body.is_object()) throw ClientFailure{exit_usage, file + " is not a JSON object"};
  return body;
}

int show_collection(const Client& client, const Json& one) {
  return show(client, one, [&] {
    Table table({"LOCATION", "BLOCKS"});
    for (const Json& location : one["locations"])
      table.add({cell(location, "name"), cell(location, "blocks")});
    std::cout << cell(one, "id") << ' ' << cell(one, "name") << " version " << cell(one, "version")
              << '\n';
    print(client, table);
  });
}

}  // namespace

void add_location(CLI::App& app, Verbs& verbs) {
  CLI::App* noun = app.add_subcommand("location", "client prefix → place, before the geo database")
                       ->require_subcommand(1);
  add_put(
      noun, verbs, "/v1/locations",
      R"(replace the table: {"entries":[{"prefix":"10.0.0.0/8","country":"DE","latitude":52.5,"longitude":13.4}]})");
  verbs.when(noun->add_subcommand("show", "the table"), [](Client& client) {
    const Json told = client.get("/v1/locations");
    return show(client, told, [&] {
      Table table({"PREFIX", "CONTINENT", "COUNTRY", "SUBDIVISION", "LATITUDE", "LONGITUDE"});
      for (const Json& entry : told["entries"])
        table.add({cell(entry, "prefix"), cell(entry, "continent"), cell(entry, "country"),
                   cell(entry, "subdivision"), cell(entry, "latitude"), cell(entry, "longitude")});
      print(client, table);
    });
  });
}

void add_region(CLI::App& app, Verbs& verbs) {
  CLI::App* noun =
      app.add_subcommand("region", "regions and their coordinates")->require_subcommand(1);
  add_put(noun, verbs, "/v1/regions",
          R"(add regions: {"regions":[{"name":"berlin-1","latitude":52.5,"longitude":13.4}]})");
  verbs.when(noun->add_subcommand("list", "built in and of your own"), [](Client& client) {
    const Json told = client.get("/v1/regions");
    return show(client, told, [&] {
      Table table({"NAME", "BUILT IN", "LATITUDE", "LONGITUDE"});
      for (const Json& region : told["items"])
        table.add({cell(region, "name"), cell(region, "built_in"), cell(region, "latitude"),
                   cell(region, "longitude")});
      print(client, table);
    });
  });
}

void add_cidr(CLI::App& app, Verbs& verbs) {
  CLI::App* noun = app.add_subcommand("cidr", "named sets of client prefixes for IP-based routing")
                       ->require_subcommand(1);
  struct Words {
    std::string id, name, file;
  };
  auto words = std::make_shared<Words>();

  CLI::App* create = noun->add_subcommand("create", "make a collection");
  create->add_option("NAME", words->name)->required();
  create->add_option(
      "FILE", words->file,
      R"({"locations":[{"name":"hq","blocks":["10.1.0.0/16"]}]}; - is standard input)");
  verbs.when(create, [words](Client& client) {
    Json body = words->file.empty() ? Json::object() : read_object(words->file);
    body["name"] = words->name;
    return show_collection(client, client.send("POST", "/v1/cidr-collections", body));
  });

  CLI::App* put = noun->add_subcommand("put", "replace all blocks of a collection at once");
  put->add_option("ID", words->id)->required();
  put->add_option("FILE", words->file, "- is standard input")->required();
  verbs.when(put, [words](Client& client) {
    return show_collection(client, client.send("PUT", "/v1/cidr-collections/" + escaped(words->id),
                                               read_object(words->file)));
  });

  CLI::App* one = noun->add_subcommand("show", "one collection with its blocks");
  one->add_option("ID", words->id)->required();
  verbs.when(one, [words](Client& client) {
    return show_collection(client, client.get("/v1/cidr-collections/" + escaped(words->id)));
  });

  verbs.when(noun->add_subcommand("list", "all collections"), [](Client& client) {
    const Json all = client.get("/v1/cidr-collections")["items"];
    return show(client, all, [&] {
      Table table({"ID", "NAME", "VERSION"});
      for (const Json& collection : all)
        table.add({cell(collection, "id"), cell(collection, "name"), cell(collection, "version")});
      print(client, table);
    });
  });

  CLI::App* remove = noun->add_subcommand("delete", "delete a collection that no record uses");
  remove->add_option("ID", words->id)->required();
  verbs.when(remove, [words](Client& client) {
    client.call("DELETE", "/v1/cidr-collections/" + escaped(words->id));
    std::cerr << "deleted " << words->id << '\n';
    return exit_ok;
  });
}

}  // namespace waymark::app
