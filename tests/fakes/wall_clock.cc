// SPDX-License-Identifier: Apache-2.0
//
// Preloaded into a server under test (LD_PRELOAD): its wall clock is off by as many seconds as the
// file named by WAYMARK_TEST_CLOCK says, as text (tests/integration/test_clock.py), its monotonic
// clock by those in WAYMARK_TEST_MONOTONIC (test_known_good.py).
#include <array>
#include <cstdlib>
#include <ctime>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

namespace {

long seconds_off(const char* variable) noexcept {
  const char* path = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe)
  if (path == nullptr) return 0;
  const int file = ::open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  std::array<char, 32> text{};
  const ssize_t octets = ::read(file, text.data(), text.size() - 1);
  ::close(file);
  return octets > 0 ? std::strtol(text.data(), nullptr, 10) : 0;
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* out) noexcept {
  const auto failed = static_cast<int>(::syscall(SYS_clock_gettime, clock, out));
  if (failed == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
    out->tv_sec += seconds_off("WAYMARK_TEST_CLOCK");
  if (failed == 0 && clock == CLOCK_MONOTONIC) out->tv_sec += seconds_off("WAYMARK_TEST_MONOTONIC");
  return failed;
}

int gettimeofday(timeval* out, void* /*zone*/) noexcept {
  timespec now{};
  if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
  *out = {now.tv_sec, now.tv_nsec / 1000};
  return 0;
}

time_t time(time_t* out) noexcept {
  timespec now{};
  (void)clock_gettime(CLOCK_REALTIME, &now);
  if (out != nullptr) *out = now.tv_sec;
  return now.tv_sec;
}

}  // extern "C"
