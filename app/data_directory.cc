// SPDX-License-Identifier: Apache-2.0
#include "app/data_directory.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
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

bool is_ours(const fs::path& name) {
  const std::string text = name.string();
  return text == "lock" || text == "images" || text == "admin.token" ||
         text.starts_with("waymark.db") || text.starts_with("history.db");
}

/// One of ours holds the database (perhaps a restored backup), images, or a lock with a process's
/// number in it: other programs have files called "lock", too.
bool is_foreign(const std::string& path) {
  std::error_code failure;
  for (const char* mark : {"waymark.db", "images"})
    if (fs::exists(fs::path(path) / mark, failure)) return false;
  std::ifstream lock(fs::path(path) / "lock");
  std::string holder;
  if (lock && std::getline(lock, holder) && !holder.empty() && lock.peek() == EOF &&
      holder.find_first_not_of("0123456789") == std::string::npos)
    return false;
  const fs::directory_iterator entries(path, failure);
  return !failure &&
         std::any_of(begin(entries), end(entries), [](const fs::directory_entry& entry) {
           const fs::path name = entry.path().filename();
           return name != "lost+found" &&  // the root of a new file system
                  name != "key.secret";    // brought before the database is restored
         });
}

/// Why a directory that is there can not be used; or nothing.
std::string fault_of(const std::string& path) {
  std::error_code failure;
  if (!fs::is_directory(path, failure)) return "is not a directory";
  if (access(path.c_str(), R_OK | W_OK | X_OK) != 0)
    return "can not be written by user " + std::to_string(geteuid());
  if (is_foreign(path)) return "holds files that are not waymark's; name an empty or a new one";
  return {};
}

void write_holder(const std::string& path, const FileDescriptor& file) {
  const std::string process = std::to_string(getpid()) + "\n";
  if (ftruncate(file.get(), 0) != 0 ||
      pwrite(file.get(), process.data(), process.size(), 0) != static_cast<ssize_t>(process.size()))
    refuse(path, std::string("can not be written: ") + std::strerror(errno));
}

FileDescriptor take_lock(const std::string& path) {
  const std::string name = path + "/lock";
  FileDescriptor file(::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) refuse(path, std::string("can not be locked: ") + std::strerror(errno));
  std::array<char, 16> holder{};
  if (flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    const ssize_t octets = pread(file.get(), holder.data(), holder.size() - 1, 0);
    const std::string process(holder.data(), octets > 0 ? static_cast<std::size_t>(octets) : 0);
    refuse(path, "is in use by another waymark, process " + process.substr(0, process.find('\n')));
  }
  write_holder(path, file);
  return file;
}

}  // namespace

DataDirectory DataDirectory::open(const std::string& path) {
  make(path);
  if (const std::string why = fault_of(path); !why.empty()) refuse(path, why);
  return {path, take_lock(path)};
}

DataDirectory::Look DataDirectory::look(const std::string& path) {
  std::error_code failure;
  Look found;
  if (!fs::exists(path, failure)) {  // it would be made
    fs::path above = fs::absolute(path).parent_path();
    while (!fs::exists(above, failure) && above.has_relative_path())
      above = above.parent_path();
    if (access(above.c_str(), W_OK | X_OK) != 0)
      found.fault = "data directory " + path + " can not be made: " + std::strerror(errno);
    return found;
  }
  if (const std::string why = fault_of(path); !why.empty())
    found.fault = "data directory " + path + " " + why;
  const FileDescriptor lock(::open((path + "/lock").c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  found.in_use = lock && flock(lock.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  return found;
}

DataDirectory DataDirectory::take_over(const std::string& path, FileDescriptor lock) {
  write_holder(path, lock);
  return {path, std::move(lock)};
}

void DataDirectory::give_to(uid_t user, gid_t group) const {
  const auto give = [&](const fs::path& path) {
    if (lchown(path.c_str(), user, group) != 0)
      refuse(path_,
             "can not be given to user " + std::to_string(user) + ": " + std::strerror(errno));
  };
  give(path_);
  for (const auto& entry : fs::directory_iterator(path_)) {
    if (!is_ours(entry.path().filename())) continue;
    give(entry.path());
    if (entry.path().filename() != "images") continue;
    for (const auto& image : fs::directory_iterator(entry.path()))
      give(image.path());
  }
}

}  // namespace waymark::app
