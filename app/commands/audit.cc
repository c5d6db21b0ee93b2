// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <memory>

#include "app/commands/commands.h"

namespace waymark::app {
namespace {

struct Words {
  std::string zone, who, door, since, expect;
  bool verify = false, json = false;
};

int verify(Client& client, const Words& words) {
  const Json told = client.get("/v1/audit/verify" +
                               (words.expect.empty() ? "" : "?expect=" + escaped(words.expect)));
  const bool intact = told.value("intact", false);
  show(client, told, [&] {
    if (intact)
      std::cout << cell(told, "lines") << " lines, all as they were written; the last is "
                << cell(told, "head") << '\n';
    else
      std::cout << "line " << cell(told["fault"], "line") << ": " << cell(told["fault"], "reason")
                << "; good up to " << cell(told, "head") << '\n';
  });
  return intact ? exit_ok : exit_error;
}

/// "zone/Z…" or "health_check/…", and what was done to it.
std::string deed(const Json& line) {
  std::string text =
      line.contains("zone_id") ? "zone/" + cell(line, "zone_id") : cell(line, "object");
  const auto count = [&](const char* side) {
    return line.contains("omitted") ? line["omitted"].value(side, std::size_t{0})
           : line.contains(side)    ? line[side].size()
                                    : std::size_t{0};
  };
  if (line.contains("replaced_record_sets")) text += " replaced";
  if (const auto removed = count("removed")) text += " -" + std::to_string(removed);
  if (const auto added = count("added")) text += " +" + std::to_string(added);
  for (const Json& object : line.at("objects"))
    if (cell(object, "object") == text.substr(0, text.find(' ')))
      text += object["before"].is_null()  ? " made"
              : object["after"].is_null() ? " removed"
                                          : " changed";
  return text;
}

int list(Client& client, const Words& words) {
  std::string target = "/v1/audit?";
  for (const auto& [name, value] : {std::pair{"zone", words.zone},
                                    {"who", words.who},
                                    {"door", words.door},
                                    {"since", words.since}})
    if (!value.empty()) target += std::string(name) + "=" + escaped(value) + "&";
  target.pop_back();
  const Json lines = client.list(target);
  return show(client, lines, [&] {
    Table table({"LINE", "TIME", "BY", "DOOR", "FROM", "CHANGE", "WHAT", "COMMENT"});
    for (const Json& line : lines)
      table.add({cell(line, "revision"), cell(line, "submitted_at"), cell(line, "author"),
                 cell(line, "door"), cell(line, "address"), cell(line, "id"), deed(line),
                 cell(line, "comment")});
    print(client, table);
  });
}

}  // namespace

void add_audit(CLI::App& app, Verbs& verbs) {
  CLI::App* noun = app.add_subcommand("audit", "every change of anything, newest first");
  auto words = std::make_shared<Words>();
  noun->add_option("--zone", words->zone, "id or name; of deleted ones, too");
  noun->add_option("--who", words->who, "id of a token");
  noun->add_option("--door", words->door, "rest, cli, …");
  noun->add_option("--since", words->since, "2026-01-31T12:00:00Z");
  noun->add_flag("--json", words->json, "as -o json");
  noun->add_flag("--verify", words->verify,
                 "read the whole log, and find a line that was altered, removed or moved");
  noun->add_option("--expect", words->expect,
                   "with --verify: NUMBER:LINK as an earlier check told it, to be found again");
  noun->callback([&verbs, words] {
    verbs.action = [&verbs, words] {
      if (words->json) verbs.options.output = "json";
      Client client(verbs.options);
      return words->verify || !words->expect.empty() ? verify(client, *words)
                                                     : list(client, *words);
    };
  });
}

}  // namespace waymark::app
