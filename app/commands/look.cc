// SPDX-License-Identifier: Apache-2.0
//
// The nouns that only look: explain and status.
#include <iomanip>
#include <iostream>
#include <memory>

#include "app/commands/commands.h"

namespace waymark::app {
namespace {

void show_step(const Client& client, const Json& step, std::size_t number) {
  std::cout << std::setw(2) << number << ". " << cell(step, "text") << '\n';
  if (!step.contains("candidates") || step["candidates"].empty()) return;
  for (const Json& candidate : step["candidates"]) {
    const bool chosen = candidate.value("chosen", false);
    const bool healthy = candidate.value("healthy", true);
    const char* begin = !client.colour() ? "" : chosen ? "\x1b[32m" : healthy ? "" : "\x1b[31m";
    std::cout << "      " << begin << (chosen ? "→ " : "  ") << std::left << std::setw(16)
              << cell(candidate, "label") << std::right;
    for (const char* field : {"weight", "tier", "milliseconds", "kilometres"})
      if (candidate.contains(field)) std::cout << "  " << field << ' ' << cell(candidate, field);
    if (candidate.value("milliseconds_from", "") == "distance") std::cout << " by distance";
    std::cout << "  share " << std::fixed << std::setprecision(1)
              << candidate.value("share", 0.0) * 100 << " %";
    if (!candidate.value("for_client", true)) std::cout << "  not for this client";
    std::cout << (healthy ? "  healthy" : "  out: " + cell(candidate, "why_out"))
              << (*begin != '\0' ? "\x1b[0m" : "") << '\n';
  }
}

/// What keeps verdicts from changing: never silent, and one line each.
void show_holds(const Json& holder) {
  if (!holder.contains("health")) return;
  const Json& health = holder["health"];
  for (const Json& one : health.value("frozen", Json::array()))
    std::cout << "frozen: " << cell(one, "what") << ", since " << cell(one, "since") << ": "
              << cell(one, "why") << '\n';
  for (const Json& one : health.value("held_back", Json::array()))
    std::cout << "held back: " << cell(one, "check") << ": " << cell(one, "why") << '\n';
}

}  // namespace

void add_explain(CLI::App& app, Verbs& verbs) {
  struct Words {
    std::string name, type = "A", client, subnet, listener;
  };
  auto words = std::make_shared<Words>();
  CLI::App* verb = app.add_subcommand("explain", "the walk the server takes to an answer, told");
  verb->add_option("NAME", words->name)->required();
  verb->add_option("TYPE", words->type)->capture_default_str();
  verb->add_option("--client", words->client, "address that asks");
  verb->add_option("--subnet", words->subnet, "client subnet of the query (CIDR)");
  verb->add_option("--listener", words->listener, "address and port that is asked");
  verbs.when(verb, [words](Client& client) {
    std::string target =
        "/v1/explain?name=" + escaped(words->name) + "&type=" + escaped(words->type);
    if (!words->client.empty()) target += "&client=" + escaped(words->client);
    if (!words->subnet.empty()) target += "&subnet=" + escaped(words->subnet);
    if (!words->listener.empty()) target += "&listener=" + escaped(words->listener);
    const Json told = client.get(target);
    return show(client, told, [&] {
      std::size_t number = 0;
      for (const Json& step : told["steps"])
        show_step(client, step, ++number);
      show_holds(told);
      std::cout << "answer: " << cell(told, "rcode") << ", scope /" << cell(told, "scope_prefix")
                << '\n';
      if (told.contains("answer"))
        for (const Json& record : told["answer"])
          std::cout << "  "
                    << (record.is_string()
                            ? record.get<std::string>()
                            : cell(record, "name") + " " + cell(record, "ttl") + " " +
                                  cell(record, "type") + " " + cell(record, "value"))
                    << '\n';
    });
  });
}

void add_status(CLI::App& app, Verbs& verbs) {
  CLI::App* verb = app.add_subcommand("status", "workers, generation, lag, checks down");
  verbs.when(verb, [](Client& client) {
    const Json status = client.get("/v1/status");
    return show(client, status, [&] {
      for (const auto& [field, value] : status.items())
        if (!value.is_array() && !value.is_object())
          std::cout << field << ": " << cell(status, field.c_str()) << '\n';
      show_holds(status);
      for (const auto& [field, value] : status.items()) {
        if (!value.is_array() || value.empty() || !value.front().is_object()) continue;
        std::vector<std::string> heads, fields;
        for (const auto& [name, unused] : value.front().items()) {
          fields.push_back(name);
          std::string head = name;
          for (char& c : head)
            c = c == '_' ? ' ' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
          heads.push_back(head);
        }
        Table table(heads);
        for (const Json& row : value) {
          std::vector<std::string> cells;
          for (const std::string& name : fields)
            cells.push_back(cell(row, name.c_str()));
          table.add(cells);
        }
        std::cout << '\n' << field << '\n';
        print(client, table);
      }
    });
  });
}

}  // namespace waymark::app
