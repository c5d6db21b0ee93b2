// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "app/commands/commands.h"

namespace waymark::app {

int show_changes(Client& client, const std::string& zone) {
  const Json changes = client.list("/v1/zones/" + escaped(zone) + "/changes");
  return show(client, changes, [&] {
    Table table(
        {"VERSION", "SERIAL", "ID", "STATUS", "SUBMITTED", "BY", "DOOR", "FROM", "COMMENT"});
    for (const Json& change : changes)
      table.add({cell(change, "version"), cell(change, "serial"), cell(change, "id"),
                 cell(change, "status"), cell(change, "submitted_at"), cell(change, "author"),
                 cell(change, "door"), cell(change, "address"), cell(change, "comment")});
    print(client, table);
  });
}

void add_history(CLI::App& noun, Verbs& verbs) {
  struct Words {
    std::string zone, to, comment;
  };
  auto words = std::make_shared<Words>();

  CLI::App* changes =
      noun.add_subcommand("changes", "a zone's history, newest first; of a deleted one, too");
  changes->add_option("ZONE", words->zone, "id or name")->required();
  verbs.when(changes, [words](Client& client) { return show_changes(client, words->zone); });

  CLI::App* restore = noun.add_subcommand(
      "restore", "bring a zone's records back to what they were after a change");
  restore->add_option("ZONE", words->zone, "id or name; a deleted one is made anew")->required();
  restore->add_option("--to", words->to, "id of the change; `zone changes ZONE` lists them")
      ->required();
  restore->add_option("--comment", words->comment);
  verbs.when(restore, [words](Client& client) {
    Json body{{"to", words->to}};
    if (!words->comment.empty()) body["comment"] = words->comment;
    return show_change(
        client,
        client.send("POST", "/v1/zones/" + escaped(words->zone) + "/restore" + dry_run(client),
                    body));
  });
}

}  // namespace waymark::app
