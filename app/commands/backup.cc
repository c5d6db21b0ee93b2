// SPDX-License-Identifier: Apache-2.0
#include "zones/store/backup.h"

#include <cstdio>
#include <iostream>
#include <memory>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include "app/commands/backup.h"
#include "app/restore.h"

namespace waymark::app {
namespace {

int exit_code_of(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::conflict:
      return exit_conflict;
    case ErrorCode::not_found:
      return exit_not_found;
    default:
      return exit_error;
  }
}

[[noreturn]] void fail(const Error& why) {
  throw ClientFailure{exit_code_of(why.code()), why.detail()};
}

/// On a terminal, how far a copy is.
zones::Database::CopyProgress progress() {
  if (isatty(STDERR_FILENO) != 1) return {};
  return [](std::size_t done, std::size_t all) {
    std::fprintf(stderr, "\r%3zu %% copied%s", all == 0 ? 100 : done * 100 / all,
                 done == all ? ", being checked\n" : "");
  };
}

Json json_of(const zones::Backup& held) {
  return {{"epoch", held.revision.epoch}, {"revision", held.revision.number},
          {"zones", held.zones},          {"record_sets", held.record_sets},
          {"octets", held.octets},        {"sealed", held.sealed}};
}

std::string told(const zones::Backup& held) {
  return "revision " + std::to_string(held.revision.number) + ", " + std::to_string(held.zones) +
         " zones, " + std::to_string(held.record_sets) + " record sets";
}

int back_up(const Client& client, const std::string& file) {
  (void)umask(077);
  const auto made = zones::back_up(client.options().data_dir, file, progress());
  if (!made) fail(made.error());
  std::cerr << "key.secret, which access keys' secrets are enciphered with, is not in it: keep a "
               "copy of that elsewhere\n";
  return show(client, json_of(*made), [&] { std::cout << file << ": " << told(*made) << '\n'; });
}

int take_back(const Client& client, const std::string& file, bool force) {
  (void)umask(077);
  const std::string& data_dir = client.options().data_dir;
  const auto done = restore({file, data_dir, force}, progress());
  if (!done) fail(done.error());
  for (const std::string& warning : done->warnings)
    std::cerr << "warning: " << warning << '\n';
  std::cerr << "tokens and access keys are those of the backup: what was revoked since is valid "
               "again\n";
  Json json = json_of(done->held);
  json["generation"] = done->generation;
  json["serials_raised"] = done->serials_raised;
  json["kept"] = done->kept.empty() ? Json(nullptr) : Json(done->kept);
  json["warnings"] = done->warnings;
  return show(client, json, [&] {
    std::cout << data_dir << ": " << told(done->held) << '\n';
    if (done->serials_raised != 0)
      std::cout << done->serials_raised << " zones had been answered with a later serial; theirs "
                << "goes on after it\n";
    if (!done->kept.empty()) std::cout << "what was there is in " << done->kept << '\n';
  });
}

}  // namespace

void add_backup(CLI::App& app, Verbs& verbs) {
  struct Words {
    std::string file;
    bool force = false;
  };
  auto words = std::make_shared<Words>();
  CLI::App* backup = app.add_subcommand(
      "backup", "copy the database in --data-dir to FILE, also while it is served from");
  backup->add_option("FILE", words->file, "must not be there")->required();
  verbs.when(backup, [words](Client& client) { return back_up(client, words->file); });

  CLI::App* restore = app.add_subcommand(
      "restore", "make the state in FILE that of --data-dir, while nobody serves from it");
  restore->add_option("FILE", words->file, "what `waymark backup` made")->required();
  restore->add_flag("--force", words->force, "also where data is; that is kept aside");
  verbs.when(restore,
             [words](Client& client) { return take_back(client, words->file, words->force); });
}

}  // namespace waymark::app
