// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <unistd.h>
#include <vector>

#include "api/rest/zone_text.h"
#include "app/commands/commands.h"

namespace waymark::app {
namespace {

std::string path_of(const std::string& zone) {
  return "/v1/zones/" + escaped(zone);
}

void show_zones(const Client& client, const Json& zones) {
  Table table({"NAME", "ID", "SERIAL", "VERSION", "RECORD SETS", "VPCS", "COMMENT"});
  for (const Json& zone : zones)
    table.add({cell(zone, "name"), cell(zone, "id"), cell(zone, "serial"), cell(zone, "version"),
               cell(zone, "record_sets"), cell(zone, "vpcs"), cell(zone, "comment")});
  print(client, table);
}

/// Sends one zone file; on a terminal says how far it is.
Json import_one(Client& client, const std::string& name, const std::string& file, bool replace) {
  const std::string text = read_input(file);
  const bool telling = isatty(STDERR_FILENO) == 1 && text.size() > 1'000'000;
  const auto progress = [&](std::size_t sent) {
    if (telling)
      std::fprintf(stderr, "\r%s: %3zu %% sent%s", name.c_str(), sent * 100 / text.size(),
                   sent == text.size() ? "; the server reads and stores it" : "");
  };
  const Json change = client.call("PUT",
                                  path_of(name) + "/zonefile?create=true&file=" + escaped(file) +
                                      (replace ? "&replace=true" : "") +
                                      (client.options().dry_run ? "&dry_run=true" : ""),
                                  text, "text/dns", progress);
  if (telling) std::fprintf(stderr, "\r%-70s\r", "");
  return change;
}

int import_list(Client& client, const std::string& list, bool replace) {
  std::ifstream lines(list);
  if (!lines) throw ClientFailure{exit_error, "can not read " + list};
  std::size_t done = 0, failed = 0;
  const bool telling = isatty(STDERR_FILENO) == 1;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#') continue;
    const auto tab = line.find('\t');
    if (tab == std::string::npos)
      throw ClientFailure{exit_error, list + ": \"" + line + "\" is not NAME<Tab>PATH"};
    try {
      import_one(client, line.substr(0, tab), line.substr(tab + 1), replace);
      ++done;
    } catch (const ClientFailure& failure) {
      if (failure.exit_code == exit_unreachable) throw;
      ++failed;
      std::cerr << line.substr(0, tab) << ": " << failure.message << '\n';
    }
    if (telling) std::fprintf(stderr, "\r%zu zones imported, %zu failed", done, failed);
  }
  if (telling) std::fputc('\n', stderr);
  std::cout << done << " zones imported, " << failed << " failed\n";
  return failed == 0 ? exit_ok : exit_error;
}

/// RFC 6303 §4 and RFC 7793 §2.1: reverse zones of addresses that mean something only at home.
std::vector<std::string> local_reverse_zones() {
  std::vector<std::string> zones{"10.in-addr.arpa."};
  for (int i = 16; i < 32; ++i)
    zones.push_back(std::to_string(i) + ".172.in-addr.arpa.");
  zones.emplace_back("168.192.in-addr.arpa.");
  for (int i = 64; i < 128; ++i)
    zones.push_back(std::to_string(i) + ".100.in-addr.arpa.");
  for (const char* zone :
       {"0.in-addr.arpa.", "127.in-addr.arpa.", "254.169.in-addr.arpa.", "2.0.192.in-addr.arpa.",
        "100.51.198.in-addr.arpa.", "113.0.203.in-addr.arpa.", "255.255.255.255.in-addr.arpa.",
        "d.f.ip6.arpa.", "8.e.f.ip6.arpa.", "9.e.f.ip6.arpa.", "a.e.f.ip6.arpa.", "b.e.f.ip6.arpa.",
        "8.b.d.0.1.0.0.2.ip6.arpa."})
    zones.emplace_back(zone);
  std::string zeros;
  for (int i = 0; i < 31; ++i)
    zeros += "0.";
  zones.push_back("0." + zeros + "ip6.arpa.");
  zones.push_back("1." + zeros + "ip6.arpa.");
  return zones;
}

/// Makes those that are not there, each as RFC 6303 §3 writes it.
int create_local_reverse(Client& client) {
  const std::string text =
      "@ 10800 IN SOA @ nobody.invalid. 1 3600 1200 604800 10800\n@ 10800 IN NS @\n";
  std::size_t made = 0, there = 0;
  for (const std::string& zone : local_reverse_zones()) {
    try {
      client.get(path_of(zone));
      ++there;
    } catch (const ClientFailure& failure) {
      if (failure.exit_code != exit_not_found) throw;
      client.call("PUT", path_of(zone) + "/zonefile?create=true&file=template", text, "text/dns");
      ++made;
    }
  }
  std::cout << made << " zones made, " << there << " were there\n";
  return exit_ok;
}

int check_file(const std::string& name, const std::string& file) {
  const auto origin = dns::Name::parse(name);
  if (!origin) throw ClientFailure{exit_usage, origin.error().detail()};
  const std::string text = read_input(file);
  const auto sets = api::parse_zone_text(text, *origin, file);
  if (sets) {
    std::cout << name << ": " << sets->size() << " record sets, no faults\n";
    return exit_ok;
  }
  const Error all = sets.error();  // by value: error() is a copy
  if (all.causes().empty()) std::cout << all.detail() << '\n';
  for (const Error& fault : all.causes())
    std::cout << fault.detail() << '\n';
  return exit_error;
}

}  // namespace

void add_zone(CLI::App& app, Verbs& verbs) {
  CLI::App* noun = app.add_subcommand("zone", "hosted zones")->require_subcommand(1);
  struct Words {
    std::string zone, comment, file, list;
    std::vector<std::string> vpcs;
    bool replace = false, force = false, local_reverse = false;
  };
  auto words = std::make_shared<Words>();

  CLI::App* create = noun->add_subcommand("create", "make a zone with its NS and SOA");
  create->add_option("NAME", words->zone);
  create->add_option("--comment", words->comment);
  create->add_flag("--local-reverse", words->local_reverse,
                   "instead of NAME: the reverse zones of private and special addresses (RFC "
                   "6303), as far as they are not there");
  create->add_option("--vpc", words->vpcs, "a private zone: id or name of a VPC that sees it")
      ->allow_extra_args(false);
  verbs.when(create, [words](Client& client) {
    if (client.options().dry_run)
      throw ClientFailure{exit_usage, "zone create has no dry run: it would store nothing to show"};
    if (words->local_reverse && words->zone.empty() && words->vpcs.empty() &&
        words->comment.empty())
      return create_local_reverse(client);
    if (words->local_reverse || words->zone.empty())
      throw ClientFailure{exit_usage, "zone create takes NAME, or --local-reverse alone"};
    Json body{{"name", words->zone}, {"comment", words->comment}};
    if (!words->vpcs.empty()) body["vpcs"] = words->vpcs;
    const Json zone = client.send("POST", "/v1/zones", body);
    return show(client, zone, [&] {
      std::cout << "zone " << cell(zone, "name") << ' ' << cell(zone, "id") << '\n';
    });
  });

  verbs.when(noun->add_subcommand("list", "all zones"), [](Client& client) {
    const Json zones = client.list("/v1/zones");
    return show(client, zones, [&] { show_zones(client, zones); });
  });

  CLI::App* one = noun->add_subcommand("show", "one zone");
  one->add_option("ZONE", words->zone, "id or name")->required();
  verbs.when(one, [words](Client& client) {
    const Json zone = client.get(path_of(words->zone));
    return show(client, zone, [&] { show_zones(client, Json::array({zone})); });
  });

  CLI::App* vpcs = noun->add_subcommand("vpcs", "say which VPCs see a private zone, all at once");
  vpcs->add_option("ZONE", words->zone, "id or name")->required();
  vpcs->add_option("VPC", words->vpcs, "id or name")->required();
  verbs.when(vpcs, [words](Client& client) {
    const Json zone = client.send("PUT", path_of(words->zone) + "/vpcs", {{"vpcs", words->vpcs}});
    return show(client, zone, [&] { show_zones(client, Json::array({zone})); });
  });

  add_shares(*noun, verbs);
  add_history(*noun, verbs);

  CLI::App* remove = noun->add_subcommand("delete", "remove a zone");
  remove->add_option("ZONE", words->zone, "id or name")->required();
  remove->add_flag("--force", words->force, "with all its records");
  verbs.when(remove, [words](Client& client) {
    client.call("DELETE", path_of(words->zone) + (words->force ? "?force=true" : ""));
    std::cerr << "deleted " << words->zone << '\n';
    return exit_ok;
  });

  CLI::App* import = noun->add_subcommand(
      "import", "read a master file (RFC 1035) as one atomic change; makes the zone");
  import->add_option("NAME", words->zone);
  import->add_option("FILE", words->file, "- is standard input");
  import->add_option("--list", words->list, "file with lines of NAME<Tab>PATH");
  import->add_flag("--replace", words->replace, "also when the zone holds records already");
  verbs.when(import, [words](Client& client) {
    if (!words->list.empty()) return import_list(client, words->list, words->replace);
    if (words->file.empty())
      throw ClientFailure{exit_usage, "zone import takes NAME and FILE, or --list FILE"};
    return show_change(client, import_one(client, words->zone, words->file, words->replace));
  });

  CLI::App* export_ = noun->add_subcommand("export", "canonical master file on standard output");
  export_->add_option("ZONE", words->zone, "id or name")->required();
  verbs.when(export_, [words](Client& client) {
    std::cout << client.text(path_of(words->zone) + "/zonefile");
    return exit_ok;
  });

  CLI::App* check =
      noun->add_subcommand("check", "find the faults of a master file; asks no server");
  check->add_option("NAME", words->zone)->required();
  check->add_option("FILE", words->file)->required();
  check->callback(
      [words, &verbs] { verbs.action = [words] { return check_file(words->zone, words->file); }; });
}

}  // namespace waymark::app
