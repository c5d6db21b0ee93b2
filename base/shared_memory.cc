// SPDX-License-Identifier: Apache-2.0
#include "base/shared_memory.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace waymark {
namespace {

constexpr int all_seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

Error system_error(const std::string& what) {
  return {ErrorCode::io, what + ": " + std::strerror(errno)};  // NOLINT(concurrency-mt-unsafe)
}

Result<FileDescriptor> make_memfd(std::string_view name) {
  FileDescriptor memory(memfd_create(std::string(name).c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!memory) return system_error("memfd_create");
  return memory;
}

}  // namespace

FileDescriptor::~FileDescriptor() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

FileDescriptor FileDescriptor::duplicate() const {
  return FileDescriptor(fcntl(descriptor_, F_DUPFD_CLOEXEC, 3));
}

Result<Mapping> Mapping::map(const FileDescriptor& descriptor, Access access, bool prefault) {
  struct stat status {};
  if (fstat(descriptor.get(), &status) != 0) return system_error("fstat");
  Mapping mapping;
  mapping.octets_ = static_cast<std::size_t>(status.st_size);
  if (mapping.octets_ == 0) return mapping;
  const int protection = access == Access::read ? PROT_READ : PROT_READ | PROT_WRITE;
  void* at = mmap(nullptr, mapping.octets_, protection, MAP_SHARED, descriptor.get(), 0);
  if (at == MAP_FAILED) {
    mapping.octets_ = 0;
    return system_error("mmap");
  }
  mapping.at_ = static_cast<Octet*>(at);
  if (prefault)
    (void)madvise(at, mapping.octets_, MADV_POPULATE_READ);  // an old kernel faults later
  return mapping;
}

Mapping::~Mapping() {
  if (at_ != nullptr) munmap(at_, octets_);
}

Result<FileDescriptor> seal(std::string_view name, ByteView content) {
  auto memory = make_memfd(name);
  if (!memory) return memory.error();
  for (std::size_t at = 0; at < content.size();) {
    const ssize_t written = ::write(memory->get(), content.data() + at, content.size() - at);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return system_error("write to sealed memory");
    at += static_cast<std::size_t>(written);
  }
  if (fcntl(memory->get(), F_ADD_SEALS, all_seals) != 0) return system_error("F_ADD_SEALS");
  return memory;
}

bool is_sealed(const FileDescriptor& descriptor) noexcept {
  const int seals = fcntl(descriptor.get(), F_GET_SEALS);
  return seals >= 0 && (seals & all_seals) == all_seals;
}

Result<FileDescriptor> make_shared_segment(std::string_view name, std::size_t octets) {
  auto memory = make_memfd(name);
  if (!memory) return memory.error();
  if (ftruncate(memory->get(), static_cast<off_t>(octets)) != 0) return system_error("ftruncate");
  if (fcntl(memory->get(), F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW) != 0)
    return system_error("F_ADD_SEALS");
  return memory;
}

}  // namespace waymark
