// SPDX-License-Identifier: Apache-2.0
//
// The verbs that weigh answers: simulate, and zone shares.
#include <array>
#include <cstdio>
#include <iostream>
#include <memory>

#include "app/commands/commands.h"

namespace waymark::app {
namespace {

std::string percent(double share) {
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), "%.2f %%", share * 100);
  return text.data();
}

/// "KEY=VALUE" in two; without the sign the value is `otherwise`.
std::pair<std::string, std::string> split(const std::string& text, const std::string& otherwise) {
  const auto sign = text.rfind('=');
  if (sign == std::string::npos) return {text, otherwise};
  return {text.substr(0, sign), text.substr(sign + 1)};
}

struct Words {
  std::string name, type = "A", zone, batch;
  std::vector<std::string> clients, force, down;
  bool recorded = false;
};

Json to_clients(const Words& words) {
  if (words.recorded) return "recorded";
  Json clients = Json::array();
  for (const std::string& text : words.clients) {
    const auto [prefix, weight] = split(text, "1");
    Json parsed = Json::parse(weight, nullptr, false);
    if (!parsed.is_number()) throw ClientFailure{exit_usage, "\"" + text + "\" is not PREFIX=N"};
    const auto at = prefix.find('@');
    Json one{{"prefix", prefix.substr(0, at)}, {"weight", std::move(parsed)}};
    if (at != std::string::npos) one["listener"] = prefix.substr(at + 1);
    clients.push_back(std::move(one));
  }
  return clients;
}

Json to_request(const Words& words) {
  Json body{{"name", words.name}, {"type", words.type}};
  if (words.recorded || !words.clients.empty()) body["clients"] = to_clients(words);
  for (const std::string& text : words.force) {
    const auto [id, state] = split(text, "down");
    body["force"][id] = state;
  }
  if (!words.down.empty()) body["down"] = words.down;
  if (words.batch.empty()) return body;
  body["zone"] = words.zone;
  body["batch"] = Json::parse(read_input(words.batch), nullptr, false);
  if (body["batch"].is_discarded()) throw ClientFailure{exit_error, words.batch + " is not JSON"};
  return body;
}

void show_simulation(const Client& client, const Json& told) {
  const auto row = [](std::vector<std::string> cells, const Json& one) {
    const double before = one.value("before", 0.0), after = one.value("after", 0.0);
    cells.push_back(percent(before));
    cells.push_back(percent(after));
    return cells;
  };
  Table sets({"NAME", "TYPE", "SET", "BEFORE", "AFTER"});
  for (const Json& one : told["sets"])
    sets.add(row({cell(one, "name"), cell(one, "type"), cell(one, "set_id")}, one));
  if (!sets.empty()) {
    print(client, sets);
    std::cout << '\n';
  }
  Table endpoints({"VALUE", "BEFORE", "AFTER"});
  for (const Json& one : told["endpoints"])
    endpoints.add(row({cell(one, "value")}, one));
  endpoints.add(row({"no answer"}, told["no_answer"]));
  endpoints.add(row({"failed open"}, told["failed_open"]));
  print(client, endpoints);
  for (const Json& note : told["notes"])
    std::cout << "note: " << note.get<std::string>() << '\n';
}

}  // namespace

void add_simulate(CLI::App& app, Verbs& verbs) {
  auto words = std::make_shared<Words>();
  CLI::App* verb =
      app.add_subcommand("simulate", "who would get what, before and after a change or a failure");
  verb->add_option("NAME", words->name)->required();
  verb->add_option("TYPE", words->type)->capture_default_str();
  verb->add_option("--client", words->clients, "CIDR[@LISTENER][=WEIGHT] of the mix; repeatable");
  verb->add_flag("--recorded", words->recorded, "the mix that the sampled query log met");
  verb->add_option("--force", words->force, "CHECK[=up|down] (down); repeatable");
  verb->add_option("--down", words->down, "address of an endpoint that dies; repeatable");
  CLI::Option* zone = verb->add_option("--zone", words->zone, "of the batch");
  verb->add_option("--batch", words->batch, "proposed changes: FILE.json, or - for standard input")
      ->needs(zone);
  verbs.when(verb, [words](Client& client) {
    const Json told = client.send("POST", "/v1/simulate", to_request(*words));
    return show(client, told, [&] { show_simulation(client, told); });
  });
}

void add_shares(CLI::App& app, Verbs& verbs) {
  struct Group {
    std::string zone, name, type = "A", client;
  };
  auto words = std::make_shared<Group>();
  CLI::App* verb =
      app.add_subcommand("shares", "what competing sets should get, and what they got");
  verb->add_option("ZONE", words->zone, "id or name")->required();
  verb->add_option("--name", words->name, "of the record sets")->required();
  verb->add_option("--type", words->type)->capture_default_str();
  verb->add_option("--client", words->client, "address or CIDR, where the shares depend on it");
  verbs.when(verb, [words](Client& client) {
    std::string target = "/v1/zones/" + escaped(words->zone) +
                         "/shares?name=" + escaped(words->name) + "&type=" + escaped(words->type);
    if (!words->client.empty()) target += "&client=" + escaped(words->client);
    const Json told = client.get(target);
    return show(client, told, [&] {
      const auto share = [](const Json& value) {
        return value.is_number() ? percent(value.get<double>()) : std::string("-");
      };
      Table table({"SET", "INTENDED", "MEASURED", "COUNT"});
      for (const Json& one : told["items"])
        table.add({cell(one, "set_id"), share(one["intended"]), share(one["measured"]),
                   cell(one, "count")});
      print(client, table);
      if (!told.value("counted", false)) std::cout << "not counted: there were no numbers left\n";
      if (!told["since"].is_null()) std::cout << "since " << cell(told, "since") << '\n';
    });
  });
}

}  // namespace waymark::app
