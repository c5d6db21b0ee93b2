// SPDX-License-Identifier: Apache-2.0
#include "app/data_directory.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <stdexcept>
#include <string_view>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace waymark::app {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
  throw std::runtime_error("data directory " + path + " " + why);
}

void make(const std::string& path) {
  std::error_code failure;
  if (fs::exists(path, failure)) return;
  fs::create_directories(fs::absolute(path).parent_path(), failure);
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
    refuse(path, std::string("can not be made: ") + std::strerror(errno));
}

/// One of ours holds a file that we make first, or the database (a restored backup).
bool is_foreign(const std::string& path) {
  static constexpr std::array<std::string_view, 2> marks{"lock", "waymark.db"};
  std::error_code failure;
  if (std::any_of(marks.begin(), marks.end(), [&](std::string_view mark) {
        return fs::exists(fs::path(path) / mark, failure);
      }))
    return false;
  const fs::directory_iterator entries(path, failure);
  return !failure &&
         std::any_of(begin(entries), end(entries), [](const fs::directory_entry& entry) {
           return entry.path().filename() != "lost+found";  // the root of a new file system
         });
}

FileDescriptor lock(const std::string& path) {
  const std::string name = path + "/lock";
  FileDescriptor file(::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) refuse(path, std::string("can not be locked: ") + std::strerror(errno));
  std::array<char, 16> holder{};
  if (flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    const ssize_t octets = pread(file.get(), holder.data(), holder.size() - 1, 0);
    const std::string process(holder.data(), octets > 0 ? static_cast<std::size_t>(octets) : 0);
    refuse(path, "is in use by another waymark, process " + process.substr(0, process.find('\n')));
  }
  const std::string process = std::to_string(getpid()) + "\n";
  if (ftruncate(file.get(), 0) != 0 ||
      pwrite(file.get(), process.data(), process.size(), 0) != static_cast<ssize_t>(process.size()))
    refuse(path, std::string("can not be written: ") + std::strerror(errno));
  return file;
}

}  // namespace

DataDirectory DataDirectory::open(const std::string& path) {
  make(path);
  std::error_code failure;
  if (!fs::is_directory(path, failure)) refuse(path, "is not a directory");
  if (access(path.c_str(), R_OK | W_OK | X_OK) != 0)
    refuse(path, "can not be written by user " + std::to_string(geteuid()));
  if (is_foreign(path))
    refuse(path, "holds files that are not waymark's; name an empty or a new one");
  return {path, lock(path)};
}

void DataDirectory::give_to(uid_t user, gid_t group) const {
  const auto give = [&](const fs::path& path) {
    if (lchown(path.c_str(), user, group) != 0)
      refuse(path_,
             "can not be given to user " + std::to_string(user) + ": " + std::strerror(errno));
  };
  give(path_);
  for (const auto& entry : fs::recursive_directory_iterator(path_))
    give(entry.path());
}

}  // namespace waymark::app
