// SPDX-License-Identifier: Apache-2.0
//
// Preloaded into a server under test (LD_PRELOAD): a worker that maps memory with the text "crash"
// of a TXT record in it dies of that, as of an image that it can not read.
// tests/integration/test_known_good.py.
#include <cerrno>
#include <cstring>
#include <string_view>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

extern "C" {

void* mmap(void* at, size_t octets, int access, int flags, int file, off_t offset) noexcept {
  const long mapped = ::syscall(SYS_mmap, at, octets, access, flags, file, offset);
  if (mapped == -1) return MAP_FAILED;             // syscall() has set errno
  void* memory = reinterpret_cast<void*>(mapped);  // NOLINT(performance-no-int-to-ptr)
  constexpr std::string_view text = "\5crash";
  const bool is_part = file >= 0 && access == PROT_READ && offset == 0;
  if (is_part && std::string_view(program_invocation_short_name) == "waymark-dns" &&
      ::memmem(memory, octets, text.data(), text.size()) != nullptr)
    __builtin_trap();
  return memory;
}

void* mmap64(void* at, size_t octets, int access, int flags, int file, off_t offset) noexcept {
  return mmap(at, octets, access, flags, file, offset);
}

}  // extern "C"
