// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <memory>
#include <optional>

#include "app/commands/commands.h"

namespace waymark::app {
namespace {

struct Words {
  std::string id, state, lasting;
  std::optional<std::string> name, type, address, path, host, match;
  std::optional<int> port, fall, rise;
  std::optional<double> interval, timeout;
  std::optional<bool> inverted, disabled, verify;
  bool force = false;
};

std::string path_of(const std::string& id) {
  return "/v1/health-checks/" + escaped(id);
}

void add_settings(CLI::App* verb, const std::shared_ptr<Words>& words) {
  verb->add_option("--name", words->name, "for people");
  verb->add_option("--type", words->type, "http, https or tcp");
  verb->add_option("--address", words->address, "what is connected to");
  verb->add_option("--port", words->port);
  verb->add_option("--path", words->path, "http, https");
  verb->add_option("--host", words->host, "Host header and SNI");
  verb->add_option("--match", words->match, "must stand in the first 5,120 octets of the body");
  verb->add_option("--interval", words->interval, "seconds between attempts, start to start");
  verb->add_option("--timeout", words->timeout, "seconds of a whole attempt");
  verb->add_option("--fall", words->fall, "failures in a row");
  verb->add_option("--rise", words->rise, "successes in a row");
  verb->add_option("--inverted", words->inverted);
  verb->add_option("--disabled", words->disabled);
  verb->add_option("--verify", words->verify, "https: check the certificate");
}

Json to_settings(const Words& words) {
  Json json = Json::object();
  const auto put = [&json](const char* field, const auto& value) {
    if (value) json[field] = *value;
  };
  put("name", words.name), put("type", words.type), put("address", words.address),
      put("port", words.port);
  put("path", words.path), put("host", words.host), put("match", words.match);
  put("interval", words.interval), put("timeout", words.timeout), put("fall", words.fall),
      put("rise", words.rise);
  put("inverted", words.inverted), put("disabled", words.disabled), put("verify", words.verify);
  return json;
}

void show_checks(const Client& client, const Json& checks) {
  Table table({"ID", "NAME", "TYPE", "TARGET", "INTERVAL", "HEALTHY"});
  for (const Json& check : checks)
    table.add({cell(check, "id"), cell(check, "name"), cell(check, "type"),
               cell(check, "address") + ":" + cell(check, "port") + cell(check, "path"),
               cell(check, "interval"), cell(check, "healthy")});
  print(client, table);
}

int show_one(Client& client, const std::string& id) {
  Json check = client.get(path_of(id));
  check["status"] = client.get(path_of(id) + "/status");
  return show(client, check, [&] {
    const Json& status = check["status"];
    for (const char* field : {"id", "name", "type", "address", "port", "path", "host", "match",
                              "interval", "timeout", "fall", "rise"})
      if (const std::string value = cell(check, field); !value.empty())
        std::cout << field << ": " << value << '\n';
    std::cout << "healthy: " << cell(status, "healthy") << ", since " << cell(status, "since")
              << ", forced: " << cell(status, "forced") << '\n';
    if (!status.contains("last")) return;
    Table table({"AT", "PASSED", "MS", "REASON"});
    for (const Json& attempt : status["last"])
      table.add({cell(attempt, "at"), cell(attempt, "passed"), cell(attempt, "milliseconds"),
                 cell(attempt, "reason")});
    print(client, table);
  });
}

}  // namespace

void add_health(CLI::App& app, Verbs& verbs) {
  CLI::App* noun = app.add_subcommand("health", "health checks")->require_subcommand(1);
  auto words = std::make_shared<Words>();
  const auto with_id = [words](CLI::App* verb) {
    verb->add_option("ID", words->id)->required();
    return verb;
  };

  CLI::App* create = noun->add_subcommand("create", "probe an endpoint");
  add_settings(create, words);
  verbs.when(create, [words](Client& client) {
    const Json check = client.send("POST", "/v1/health-checks", to_settings(*words));
    return show(client, check, [&] { std::cout << cell(check, "id") << '\n'; });
  });

  verbs.when(noun->add_subcommand("list", "all checks"), [](Client& client) {
    const Json checks = client.list("/v1/health-checks");
    return show(client, checks, [&] { show_checks(client, checks); });
  });

  verbs.when(with_id(noun->add_subcommand("show", "one check, its verdict and last attempts")),
             [words](Client& client) { return show_one(client, words->id); });

  CLI::App* update = with_id(noun->add_subcommand("update", "change some settings"));
  add_settings(update, words);
  verbs.when(update, [words](Client& client) {
    const Json check = client.call("PATCH", path_of(words->id), to_settings(*words).dump(),
                                   "application/merge-patch+json");
    return show(client, check, [&] { show_checks(client, Json::array({check})); });
  });

  CLI::App* remove = with_id(noun->add_subcommand("delete", "stop probing"));
  remove->add_flag("--force", words->force, "also when records use it; they count as healthy then");
  verbs.when(remove, [words](Client& client) {
    client.call("DELETE", path_of(words->id) + (words->force ? "?force=true" : ""));
    std::cerr << "deleted " << words->id << '\n';
    return exit_ok;
  });

  CLI::App* force = with_id(noun->add_subcommand("force", "set the verdict by hand"));
  force->add_option("STATE", words->state)
      ->required()
      ->check(CLI::IsMember({"up", "down", "auto"}));
  force->add_option("--for", words->lasting, "90s, 5m, 2h, 1d");
  verbs.when(force, [words](Client& client) {
    Json body = {{"state", words->state}};
    if (!words->lasting.empty()) body["expires_in"] = parse_seconds(words->lasting);
    client.send("PUT", path_of(words->id) + "/override", body);
    return show_one(client, words->id);
  });
}

}  // namespace waymark::app
