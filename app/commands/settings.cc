// SPDX-License-Identifier: Apache-2.0
//
// The nouns of configuration: token and latency.
#include <iostream>
#include <memory>

#include "app/commands/commands.h"

namespace waymark::app {

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

  verbs.when(noun->add_subcommand("show", "the table"), [](Client& client) {
    const Json told = client.get("/v1/latency");
    return show(client, told, [&] {
      Table table({"PREFIX", "REGION", "MS"});
      if (told.contains("entries"))
        for (const Json& entry : told["entries"])
          for (const auto& [region, milliseconds] : entry["latencies"].items())
            table.add({cell(entry, "prefix"), region, milliseconds.dump()});
      print(client, table);
    });
  });
}

}  // namespace waymark::app
