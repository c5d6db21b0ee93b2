// SPDX-License-Identifier: Apache-2.0
#include "zones/compile/durable_file.h"

#include <cerrno>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

namespace waymark::zones {
namespace {

Error system_error(const std::string& what) {
  const int number = errno;
  const bool full = number == ENOSPC || number == EDQUOT;
  return {full ? ErrorCode::storage_full : ErrorCode::io,
          what + ": " + std::generic_category().message(number)};
}

Result<void> write_all(const std::string& path, ByteView content) {
  const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640));
  if (!file) return system_error("open " + path);
  for (std::size_t at = 0; at < content.size();) {
    const ssize_t written = ::write(file.get(), content.data() + at, content.size() - at);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return system_error("write " + path);
    at += static_cast<std::size_t>(written);
  }
  if (::fsync(file.get()) != 0) return system_error("fsync " + path);
  return {};
}

}  // namespace

Result<void> write_durably(const std::string& directory, const std::string& name,
                           ByteView content) {
  const std::string path = directory + "/" + name, temporary = path + ".tmp";
  Result<void> written = write_all(temporary, content);
  if (written && ::rename(temporary.c_str(), path.c_str()) != 0)
    written = system_error("rename " + temporary);
  if (!written) {
    ::unlink(temporary.c_str());
    return written;
  }
  const FileDescriptor folder(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::fsync(folder.get()) != 0) return system_error("fsync " + directory);
  return {};
}

Result<Mapping> map_file(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return system_error("open " + path);
  return Mapping::map(file, Mapping::Access::read);
}

}  // namespace waymark::zones
