// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <iostream>
#include <memory>
#include <thread>

#include "app/commands/commands.h"

namespace waymark::app {
namespace {

using namespace std::chrono_literals;

struct Words {
  std::string zone, file, id;
  bool wait = false;
};

/// Asks until the change is in sync or the time is up.
Json wait_in_sync(Client& client, const std::string& id) {
  const auto end =
      std::chrono::steady_clock::now() + std::chrono::duration<double>(client.options().timeout);
  for (;;) {
    Json change = client.get("/v1/changes/" + escaped(id));
    if (cell(change, "status") == "in_sync") return change;
    if (std::chrono::steady_clock::now() > end)
      throw ClientFailure{exit_error, "change " + id + " is still pending after " +
                                          std::to_string(client.options().timeout) + " s"};
    std::this_thread::sleep_for(50ms);
  }
}

}  // namespace

void add_change(CLI::App& app, Verbs& verbs) {
  CLI::App* noun = app.add_subcommand("change", "atomic change batches")->require_subcommand(1);
  auto words = std::make_shared<Words>();

  CLI::App* apply =
      noun->add_subcommand("apply", "send a batch: {\"changes\":[{\"action\",\"record\"}]}");
  apply->add_option("ZONE", words->zone, "id or name")->required();
  apply->add_option("FILE", words->file, "JSON; - is standard input")->required();
  apply->add_flag("--wait", words->wait, "until every worker answers from it");
  verbs.when(apply, [words](Client& client) {
    Json change =
        client.call("POST", "/v1/zones/" + escaped(words->zone) + "/changes" + dry_run(client),
                    read_input(words->file));
    if (words->wait && !client.options().dry_run) change = wait_in_sync(client, cell(change, "id"));
    return show_change(client, change);
  });

  CLI::App* one = noun->add_subcommand("show", "one change and its status");
  one->add_option("ID", words->id)->required();
  one->add_flag("--wait", words->wait, "until every worker answers from it");
  verbs.when(one, [words](Client& client) {
    return show_change(client, words->wait ? wait_in_sync(client, words->id)
                                           : client.get("/v1/changes/" + escaped(words->id)));
  });

  CLI::App* list = noun->add_subcommand("list", "a zone's history, newest first");
  list->add_option("ZONE", words->zone, "id or name")->required();
  verbs.when(list, [words](Client& client) { return show_changes(client, words->zone); });
}

}  // namespace waymark::app
