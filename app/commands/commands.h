// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include <CLI/CLI.hpp>

#include "app/client.h"
#include "app/table.h"

namespace waymark::app {

/// What the verbs share: the options before the noun, and the action that the words chose.
struct Verbs {
  ClientOptions options;
  std::function<int()> action;  // may throw ClientFailure

  /// Registers what `verb` does; it gets a connected client.
  void when(CLI::App* verb, std::function<int(Client&)> does) {
    verb->callback([this, does = std::move(does)] {
      action = [this, does] {
        Client client(options);
        return does(client);
      };
    });
  }
};

// One noun each; `app` is the root.
void add_zone(CLI::App& app, Verbs& verbs);
/// `zone shares`; `app` is the noun.
void add_shares(CLI::App& app, Verbs& verbs);
/// `zone changes` and `zone restore`; `app` is the noun.
void add_history(CLI::App& app, Verbs& verbs);
void add_record(CLI::App& app, Verbs& verbs);
void add_weight(CLI::App& app, Verbs& verbs);
void add_change(CLI::App& app, Verbs& verbs);
void add_audit(CLI::App& app, Verbs& verbs);
void add_health(CLI::App& app, Verbs& verbs);
void add_explain(CLI::App& app, Verbs& verbs);
void add_simulate(CLI::App& app, Verbs& verbs);
void add_status(CLI::App& app, Verbs& verbs);
void add_token(CLI::App& app, Verbs& verbs);
void add_key(CLI::App& app, Verbs& verbs);
void add_latency(CLI::App& app, Verbs& verbs);
void add_location(CLI::App& app, Verbs& verbs);
void add_region(CLI::App& app, Verbs& verbs);
void add_cidr(CLI::App& app, Verbs& verbs);
void add_vpc(CLI::App& app, Verbs& verbs);
void add_traffic_policy(CLI::App& app, Verbs& verbs);
void add_completion(CLI::App& app, Verbs& verbs);

/// JSON for programs, or what `people` prints.
int show(const Client& client, const Json& json, const std::function<void()>& people);
void print(const Client& client, const Table& table);
/// A JSON value as a cell: strings without quotes, lists joined by blanks, null as nothing.
std::string cell(const Json& object, const char* field);
/// "90s", "5m", "2h", "1d" or bare seconds. Throws ClientFailure.
std::int64_t parse_seconds(const std::string& text);
/// A file's whole content; "-" is standard input. Throws ClientFailure.
std::string read_input(const std::string& path);
/// `?dry_run=true` when asked.
std::string dry_run(const Client& client);
/// A zone's history, newest first.
int show_changes(Client& client, const std::string& zone);
/// What a change did, as a table or JSON; with its difference where the answer has one.
int show_change(const Client& client, const Json& change);

}  // namespace waymark::app
