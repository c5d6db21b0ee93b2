// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/commands/commands.h"

namespace waymark::app {
namespace {

struct Words {
  std::string id, state, lasting;
  std::string reason;
  std::size_t limit = 50;
  std::optional<std::string> name, type, address, target, path, host, match;
  std::optional<std::string> ca_file, client_certificate, client_key, query_name, query_type, rcode;
  std::optional<std::vector<std::string>> children;
  std::optional<int> port, fall, rise, needed;
  std::optional<double> interval, timeout, ttl;
  std::optional<bool> inverted, disabled, verify, sni;
  bool force = false;
};

std::string path_of(const std::string& id) {
  return "/v1/health-checks/" + escaped(id);
}

void add_settings(CLI::App* verb, const std::shared_ptr<Words>& words) {
  verb->add_option("--name", words->name, "for people");
  verb->add_option("--type", words->type, "http, https, tcp, dns, push or calculated");
  verb->add_option("--address", words->address, "what is connected to");
  verb->add_option("--target", words->target, "a name instead of --address, found by --resolver");
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
  verb->add_option("--sni", words->sni, "https: name the host in the handshake");
  verb->add_option("--ca-file", words->ca_file, "https: a file of the server's --health-tls-dir");
  verb->add_option("--client-certificate", words->client_certificate, "https: the same");
  verb->add_option("--client-key", words->client_key, "https: the same");
  verb->add_option("--query-name", words->query_name, "dns: what is asked for");
  verb->add_option("--query-type", words->query_type, "dns: of which type");
  verb->add_option("--rcode", words->rcode, "dns: what passes");
  verb->add_option("--ttl", words->ttl, "push: seconds that a heartbeat lasts");
  verb->add_option("--child", words->children, "calculated: a check's id; repeatable")
      ->delimiter(',');
  verb->add_option("--needed", words->needed, "calculated: children that must be healthy");
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
  put("target", words.target), put("sni", words.sni), put("ca_file", words.ca_file);
  put("client_certificate", words.client_certificate), put("client_key", words.client_key);
  put("query_name", words.query_name), put("query_type", words.query_type);
  put("rcode", words.rcode), put("ttl", words.ttl);
  put("children", words.children), put("needed", words.needed);
  // An update from one to the other: RFC 7396 takes a field away with null.
  if (words.target && !words.address) json["address"] = nullptr;
  if (words.address && !words.target) json["target"] = nullptr;
  put("inverted", words.inverted), put("disabled", words.disabled), put("verify", words.verify);
  return json;
}

/// What it looks at, in a word.
std::string place_of(const Json& check) {
  if (check.contains("children"))
    return cell(check, "needed") + " of " + std::to_string(check["children"].size());
  if (check.contains("ttl")) return "heartbeat";
  const std::string host =
      check.contains("target") ? cell(check, "target") : cell(check, "address");
  return host + ":" + cell(check, "port") + cell(check, "path");
}

void show_checks(const Client& client, const Json& checks) {
  Table table({"ID", "NAME", "TYPE", "TARGET", "INTERVAL", "HEALTHY"});
  for (const Json& check : checks)
    table.add({cell(check, "id"), cell(check, "name"), cell(check, "type"), place_of(check),
               cell(check, check.contains("ttl") ? "ttl" : "interval"), cell(check, "healthy")});
  print(client, table);
}

int show_one(Client& client, const std::string& id) {
  Json check = client.get(path_of(id));
  check["status"] = client.get(path_of(id) + "/status");
  return show(client, check, [&] {
    const Json& status = check["status"];
    for (const char* field : {"id",
                              "name",
                              "type",
                              "address",
                              "target",
                              "port",
                              "path",
                              "host",
                              "match",
                              "verify",
                              "sni",
                              "ca_file",
                              "client_certificate",
                              "query_name",
                              "query_type",
                              "rcode",
                              "ttl",
                              "needed",
                              "interval",
                              "timeout",
                              "fall",
                              "rise"})
      if (const std::string value = cell(check, field); !value.empty())
        std::cout << field << ": " << value << '\n';
    std::cout << "healthy: " << cell(status, "healthy") << ", since " << cell(status, "since")
              << ", forced: " << cell(status, "forced") << '\n';
    if (const std::string why = cell(status, "held_back"); !why.empty())
      std::cout << "held back: " << why << '\n';
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
      ->check(CLI::IsMember({"up", "down", "drain", "auto"}));
  force->add_option("--for", words->lasting, "90s, 5m, 2h, 1d");
  verbs.when(force, [words](Client& client) {
    Json body = {{"state", words->state}};
    if (!words->lasting.empty()) body["expires_in"] = parse_seconds(words->lasting);
    client.send("PUT", path_of(words->id) + "/override", body);
    return show_one(client, words->id);
  });

  CLI::App* beat = with_id(noun->add_subcommand("heartbeat", "say that a push check is well"));
  beat->add_option("STATE", words->state)->check(CLI::IsMember({"up", "down"}));
  beat->add_option("--reason", words->reason, "a sentence for the history");
  verbs.when(beat, [words](Client& client) {
    Json body = {{"state", words->state.empty() ? "up" : words->state}};
    if (!words->reason.empty()) body["reason"] = words->reason;
    client.send("PUT", path_of(words->id) + "/heartbeat", body);
    return exit_ok;
  });

  CLI::App* history = with_id(noun->add_subcommand("history", "its changes of verdict"));
  history->add_option("--limit", words->limit, "newest ones")->check(CLI::Range(1, 1000));
  verbs.when(history, [words](Client& client) {
    const Json page =
        client.get(path_of(words->id) + "/history?limit=" + std::to_string(words->limit));
    return show(client, page["items"], [&] {
      Table table({"AT", "HEALTHY", "REASON"});
      for (const Json& one : page["items"])
        table.add({cell(one, "at"), cell(one, "healthy"), cell(one, "reason")});
      print(client, table);
    });
  });
}

}  // namespace waymark::app
