// SPDX-License-Identifier: Apache-2.0
#include "app/child.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace waymark::app {
namespace {

FileDescriptor open_executable(const std::filesystem::path& path) {
  FileDescriptor executable(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!executable)
    throw std::runtime_error("can not open " + path.string() + ": " + std::strerror(errno));
  return executable;
}

/// In the child: nothing here allocates.
[[noreturn]] void execute(int executable, char* const* arguments, pid_t parent,
                          const std::vector<int>& descriptors) {
  (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);  // it ended before we asked for the signal
  for (const int descriptor : descriptors)
    (void)fcntl(descriptor, F_SETFD, 0);
  fexecve(executable, arguments, environ);
  _exit(127);
}

}  // namespace

Executables Executables::open() {
  const std::filesystem::path self = "/proc/self/exe";
  std::error_code failure;
  const auto path = std::filesystem::read_symlink(self, failure);
  if (failure) throw std::runtime_error("can not read /proc/self/exe: " + failure.message());
  return {open_executable(self), open_executable(path.parent_path() / "waymark-dns")};
}

pid_t start_child(const FileDescriptor& executable, const std::vector<std::string>& arguments,
                  const std::vector<int>& descriptors) {
  std::vector<std::string> owned = arguments;
  std::vector<char*> pointers;
  pointers.reserve(owned.size() + 1);
  for (std::string& argument : owned)
    pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child == 0) execute(executable.get(), pointers.data(), parent, descriptors);
  return child;
}

std::string describe_end(int wait_status) {
  if (!WIFSIGNALED(wait_status)) return "exit status " + std::to_string(WEXITSTATUS(wait_status));
  const int signal = WTERMSIG(wait_status);
  return "signal " + std::to_string(signal) + " (" + strsignal(signal) +
         ")";  // NOLINT(concurrency-mt-unsafe): one thread
}

}  // namespace waymark::app
