// SPDX-License-Identifier: Apache-2.0
//
// waymark: `serve` is the server, every other verb a client of its REST API.
#include <cstdio>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "api/spelling.h"
#include "app/check.h"
#include "app/commands/backup.h"
#include "app/commands/commands.h"
#include "app/config.h"
#include "app/control.h"
#include "app/preflight.h"
#include "app/rights.h"
#include "app/supervisor.h"

namespace waymark::app {
namespace {

/// Every fault on a line of its own.
void tell(const Error& error) {
  const auto causes = error.causes();
  if (causes.empty()) std::cerr << error.detail() << '\n';
  for (const Error& cause : causes)
    std::cerr << cause.detail() << '\n';
}

int serve(const std::vector<std::string>& words) {
  auto command = parse_serve(words);
  if (!command) {
    std::cerr << "waymark serve: ";
    tell(command.error());
    return exit_usage;
  }
  if (!*command) return exit_ok;
  const Config& config = (*command)->config;
  if ((*command)->print_config) std::cout << to_toml(config);
  check_certificate(config);
  if ((*command)->check) check_user(config.user);
  if ((*command)->check) std::cerr << "the settings are valid\n";
  if ((*command)->print_config || (*command)->check) return exit_ok;
  check_database(config.data_dir);
  return run_supervisor(config, to_words(config), (*command)->take_over);
}

int check(const std::vector<std::string>& words) {
  const auto command = parse_serve(words);
  if (!command) {
    tell(command.error());
    return exit_usage;
  }
  if (!*command) return exit_ok;
  const Findings found = check_all((*command)->config);
  for (const std::string& note : found.notes)
    std::cerr << "note: " << note << '\n';
  for (const std::string& fault : found.faults)
    std::cerr << fault << '\n';
  if (!found.faults.empty()) return exit_error;
  std::cout << "no faults\n";
  return exit_ok;
}

/// waymark control --channel FD --board FD --api-socket FD --bound-dns LIST
/// --route53-socket FD <serve words>
int control(std::vector<std::string> words) {
  ControlDescriptors descriptors;
  const auto take = [&words](const std::string& flag) -> std::string {
    if (words.size() < 2 || words[0] != flag)
      throw std::runtime_error("the control process is started by `waymark serve`");
    std::string value = words[1];
    words.erase(words.begin(), words.begin() + 2);
    return value;
  };
  descriptors.channel = FileDescriptor(std::stoi(take("--channel")));
  descriptors.board = FileDescriptor(std::stoi(take("--board")));
  descriptors.api_socket = FileDescriptor(std::stoi(take("--api-socket")));
  std::string bound = take("--bound-dns") + ",";
  for (std::size_t at = 0, comma = 0; (comma = bound.find(',', at)) != std::string::npos;
       at = comma + 1)
    if (auto endpoint = Endpoint::parse(bound.substr(at, comma - at)))
      descriptors.dns.push_back(*endpoint);
  if (const int route53 = std::stoi(take("--route53-socket")); route53 >= 0)
    descriptors.route53_socket = FileDescriptor(route53);
  const auto command = parse_serve(words);
  if (!command || !*command)
    throw std::runtime_error(command ? "no configuration" : command.error().detail());
  return run_control((*command)->config, std::move(descriptors));
}

/// What stands where a command was expected, when it is none: the word and the nearest that is.
std::string unknown_command(const CLI::App& app) {
  const CLI::App* at = &app;
  for (auto chosen = at->get_subcommands(); !chosen.empty(); chosen = at->get_subcommands())
    at = chosen.front();
  std::vector<std::string> known;
  for (const CLI::App* one : at->get_subcommands({}))
    known.push_back(one->get_name());
  if (known.empty()) return {};
  if (at == &app) known.insert(known.end(), {"serve", "check"});
  std::vector<std::string> left = app.remaining(true);
  std::erase_if(left, [](const std::string& word) { return word.starts_with('-'); });
  if (left.empty()) return {};
  const std::string before = at == &app ? "waymark" : "waymark " + at->get_name();
  return before + ": there is no command \"" + left.front() + "\"; did you mean \"" +
         api::nearest(left.front(), known) + "\"? `" + before + " --help` lists them";
}

int client(const std::vector<std::string>& words) {
  CLI::App app(
      "Route 53 that you can run yourself.\n`waymark serve` is the server (see `waymark serve "
      "--help`), `waymark check` looks at everything that it would need; every other verb is a "
      "client of its API.",
      "waymark");
  app.require_subcommand(1);
  app.fallthrough();
  app.set_version_flag("--version", version_text);
  Verbs verbs;
  app.add_option("--server", verbs.options.server,
                 "http(s)://HOST:PORT [WAYMARK_SERVER, else http://127.0.0.1:5380]");
  app.add_option("--ca-file", verbs.options.ca_file,
                 "PEM file that a server's certificate must lead to [WAYMARK_CA_FILE, else the "
                 "system's]");
  app.add_option("--token", verbs.options.token, "[WAYMARK_TOKEN, else DATA_DIR/admin.token]");
  app.add_option("--data-dir", verbs.options.data_dir,
                 "of the server on this machine: where its database and admin.token are");
  app.add_option("-o,--output", verbs.options.output, "table or json")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
  app.add_flag("--dry-run", verbs.options.dry_run, "show the difference, store nothing");
  app.add_flag("--yes", verbs.options.yes, "do not ask");
  app.add_flag("--no-color", verbs.options.no_color, "also on a terminal");
  app.add_option("--timeout", verbs.options.timeout, "seconds")->capture_default_str();
  for (const auto add :
       {add_zone, add_record, add_weight, add_change, add_audit, add_health, add_explain,
        add_simulate, add_status, add_token, add_key, add_latency, add_location, add_region,
        add_cidr, add_vpc, add_traffic_policy, add_backup, add_completion})
    add(app, verbs);
  try {
    std::vector<std::string> reversed(words.rbegin(), words.rend());
    app.parse(std::move(reversed));
  } catch (const CLI::ParseError& failed) {
    const std::string unknown = unknown_command(app);
    if (failed.get_exit_code() == 0 || unknown.empty())
      return app.exit(failed) == 0 ? exit_ok : exit_usage;
    std::cerr << unknown << '\n';
    return exit_usage;
  }
  try {
    return verbs.action();
  } catch (const ClientFailure& failure) {
    std::cerr << "waymark: " << failure.message << '\n';
    return failure.exit_code;
  }
}

}  // namespace
}  // namespace waymark::app

int main(int argc, char** argv) {
  using namespace waymark::app;  // NOLINT(google-build-using-namespace)
  std::vector<std::string> words(argv + 1, argv + argc);
  try {
    if (!words.empty() && words[0] == "serve") return serve({words.begin() + 1, words.end()});
    if (!words.empty() && words[0] == "check") return check({words.begin() + 1, words.end()});
    if (!words.empty() && words[0] == "control") return control({words.begin() + 1, words.end()});
    return client(words);
  } catch (const std::exception& failed) {
    std::fprintf(stderr, "waymark: %s\n", failed.what());
    return exit_error;
  }
}
