// SPDX-License-Identifier: Apache-2.0
#include "base/log_output.h"

#include <poll.h>
#include <sys/uio.h>
#include <unistd.h>

namespace waymark::log {
namespace {

/// One call that does not wait. O_NONBLOCK would be seen by all who share the file, a shell among
/// them, so it is asked of the call; where the kernel knows no such call (terminals, most files),
/// only what has room is written to.
ssize_t write_now(int descriptor, std::string_view octets) noexcept {
  const iovec part{const_cast<char*>(octets.data()), octets.size()};  // NOLINT: it is only read
  const ssize_t written = pwritev2(descriptor, &part, 1, -1, RWF_NOWAIT);
  if (written >= 0) return written;
  pollfd room{descriptor, POLLOUT, 0};
  if (poll(&room, 1, 0) != 1 || (room.revents & POLLOUT) == 0) return -1;
  return ::write(descriptor, octets.data(), octets.size());
}

}  // namespace

bool LogOutput::write(std::string_view line) noexcept {
  if (cut_ && !put("\n")) return false;
  cut_ = false;
  return put(line);
}

bool LogOutput::put(std::string_view octets) noexcept {
  const ssize_t written = write_now(descriptor_, octets);
  if (written <= 0) return false;
  cut_ = static_cast<std::size_t>(written) < octets.size();
  return !cut_;
}

}  // namespace waymark::log
