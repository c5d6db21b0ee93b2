// SPDX-License-Identifier: Apache-2.0
#include "app/check.h"

#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <utility>

#include "app/cookie_secrets.h"
#include "app/data_directory.h"
#include "app/preflight.h"
#include "app/rights.h"
#include "app/sockets.h"
#include "zones/compile/image_files.h"

namespace waymark::app {
namespace {

/// The sentence that an attempt ends with, if it fails.
void attempt(std::vector<std::string>& faults, const std::function<void()>& action) {
  try {
    action();
  } catch (const std::exception& failed) {
    faults.emplace_back(failed.what());
  }
}

void check_readable(const char* flag, const std::string& path, std::vector<std::string>& faults) {
  if (path.empty()) return;
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored))
    faults.push_back(std::string(flag) + ": there is no file " + path);
  else if (std::ifstream file(path, std::ios::binary);
           file.peek() == std::ifstream::traits_type::eof())
    faults.push_back(std::string(flag) + ": " + path + " is empty, or can not be read");
}

void check_images(const Config& config, Findings& found) {
  const auto loaded = zones::ImageFiles(config.data_dir + "/images").load();
  if (!loaded)
    found.notes.push_back("images: " + loaded.error().detail());
  else if (!loaded->note.empty())
    found.notes.push_back("images: " + loaded->note);
}

}  // namespace

Findings check_all(const Config& config) {
  Findings found;
  attempt(found.faults, [&] { check_certificate(config); });
  attempt(found.faults, [&] { check_user(config.user); });
  if (!config.cookie_secret_file.empty())
    if (const auto read = read_cookie_secrets(config.cookie_secret_file); !read)
      found.faults.push_back("--cookie-secret-file: " + read.error().detail());
  check_readable("--webhook-secret-file", config.webhook_secret_file, found.faults);
  check_readable("--geo-database", config.geo_database, found.faults);
  const auto directory = DataDirectory::look(config.data_dir);
  if (!directory.fault.empty()) found.faults.push_back(directory.fault);
  if (directory.in_use)
    found.notes.push_back("a waymark serves from " + config.data_dir + "; ports were not tried");
  attempt(found.faults, [&] { check_database(config.data_dir); });
  if (directory.fault.empty()) check_images(config, found);
  if (!directory.in_use)
    for (std::string& taken : Sockets::faults(config))
      found.faults.push_back(std::move(taken));
  return found;
}

}  // namespace waymark::app
