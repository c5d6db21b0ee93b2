// SPDX-License-Identifier: Apache-2.0
//
// The nouns of configuration: token and latency.
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <sstream>

#include "app/commands/commands.h"

namespace waymark::app {
namespace {

constexpr std::size_t samples_a_request = 10'000;

/// Lines PREFIX,REGION,MS as JSON; a header line and blank ones are passed over.
Json samples_in(const std::string& text) {
  Json samples = Json::array();
  std::istringstream lines(text);
  std::string line;
  for (std::size_t number = 1; std::getline(lines, line); ++number) {
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty() || (number == 1 && line.starts_with("prefix,"))) continue;
    const auto first = line.find(','), last = line.rfind(',');
    char* end = nullptr;
    const double milliseconds = first == last ? 0 : std::strtod(line.c_str() + last + 1, &end);
    if (end == nullptr || *end != '\0' || line.ends_with(','))
      throw ClientFailure{exit_usage,
                          "line " + std::to_string(number) + " is not PREFIX,REGION,MS: " + line};
    samples.push_back({{"prefix", line.substr(0, first)},
                       {"region", line.substr(first + 1, last - first - 1)},
                       {"ms", milliseconds}});
  }
  return samples;
}

int send_samples(Client& client, const std::string& file) {
  const std::string text = read_input(file);
  const Json body = Json::parse(text, nullptr, false);
  const Json samples =
      body.is_object() && body.contains("samples") ? body["samples"] : samples_in(text);
  Json told = {{"accepted", 0}};
  for (std::size_t at = 0; at < samples.size(); at += samples_a_request) {
    Json some = Json::array();
    for (std::size_t i = at; i < std::min(samples.size(), at + samples_a_request); ++i)
      some.push_back(samples[i]);
    const Json done = client.send("POST", "/v1/latency/samples", {{"samples", std::move(some)}});
    told["accepted"] = told["accepted"].get<std::uint64_t>() + done.value("accepted", 0U);
  }
  return show(client, told, [&] { std::cout << told["accepted"] << " samples taken\n"; });
}

}  // namespace

void add_token(CLI::App& app, Verbs& verbs) {
  CLI::App* noun = app.add_subcommand("token", "who may use the API")->require_subcommand(1);
  struct Words {
    std::string id, expires, name;
    std::string scope = "admin";
  };
  auto words = std::make_shared<Words>();

  CLI::App* create = noun->add_subcommand("create", "make a token; its secret is shown once");
  create->add_option("--scope", words->scope, "admin or read-only")->required();
  create->add_option("--expires", words->expires, "90s, 5m, 2h, 1d");
  verbs.when(create, [words](Client& client) {
    Json body = {{"scope", words->scope}};
    if (!words->expires.empty()) body["expires_in"] = parse_seconds(words->expires);
    const Json token = client.send("POST", "/v1/tokens", body);
    return show(client, token, [&] { std::cout << cell(token, "token") << '\n'; });
  });

  verbs.when(noun->add_subcommand("list", "all tokens, without their secrets"), [](Client& client) {
    const Json tokens = client.list("/v1/tokens");
    return show(client, tokens, [&] {
      Table table({"ID", "SCOPE", "CREATED", "EXPIRES"});
      for (const Json& token : tokens)
        table.add({cell(token, "id"), cell(token, "scope"), cell(token, "created"),
                   cell(token, "expires")});
      print(client, table);
    });
  });

  CLI::App* revoke = noun->add_subcommand("revoke", "end a token at once");
  revoke->add_option("ID", words->id)->required();
  verbs.when(revoke, [words](Client& client) {
    client.call("DELETE", "/v1/tokens/" + escaped(words->id));
    std::cerr << "revoked " << words->id << '\n';
    return exit_ok;
  });
}

void add_latency(CLI::App& app, Verbs& verbs) {
  CLI::App* noun =
      app.add_subcommand("latency", "client prefix × region → milliseconds")->require_subcommand(1);
  auto file = std::make_shared<std::string>();

  CLI::App* put =
      noun->add_subcommand("put", "replace the table by a file: JSON, or lines prefix,region,ms");
  put->add_option("FILE", *file, "- is standard input")->required();
  verbs.when(put, [file](Client& client) {
    const std::string text = read_input(*file);
    const auto first = text.find_first_not_of(" \t\r\n");
    const bool json = first != std::string::npos && text[first] == '{';
    const Json done =
        client.call("PUT", "/v1/latency", text, json ? "application/json" : "text/csv");
    return show(client, done, [&] { std::cout << "latency table stored\n"; });
  });

  CLI::App* samples = noun->add_subcommand(
      "samples", "tell what clients measured: JSON, or lines prefix,region,ms");
  samples->add_option("FILE", *file, "- is standard input")->required();
  verbs.when(samples, [file](Client& client) { return send_samples(client, *file); });

  verbs.when(noun->add_subcommand("show", "the table, and what is learned"), [](Client& client) {
    const Json told = client.get("/v1/latency");
    return show(client, told, [&] {
      Table table({"PREFIX", "REGION", "MS", "SOURCE", "SAMPLES"});
      for (const Json& entry : told["entries"])
        for (const auto& [region, milliseconds] : entry["latencies"].items())
          table.add({cell(entry, "prefix"), region, milliseconds.dump(), "operator", ""});
      for (const Json& entry : told["learned"])
        for (const auto& [region, one] : entry["regions"].items())
          table.add({cell(entry, "prefix"), region, cell(one, "ms"),
                     one["ms"].is_null() ? "learned, too few samples" : "learned",
                     cell(one, "samples")});
      print(client, table);
    });
  });
}

}  // namespace waymark::app
