// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <utility>

#include "base/bytes.h"
#include "base/result.h"

namespace waymark {

/// Owns a file descriptor.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int descriptor) noexcept : descriptor_(descriptor) {}
  FileDescriptor(FileDescriptor&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~FileDescriptor();

  int get() const noexcept { return descriptor_; }
  explicit operator bool() const noexcept { return descriptor_ >= 0; }
  int release() noexcept { return std::exchange(descriptor_, -1); }
  /// A second descriptor of the same open file (close-on-exec).
  FileDescriptor duplicate() const;

 private:
  int descriptor_ = -1;
};

/// A mapped stretch of memory, unmapped on destruction.
class Mapping {
 public:
  enum class Access : std::uint8_t { read, read_write };

  Mapping() = default;
  /// Maps the whole of `descriptor`, shared. `prefault` reads every page in now, so that no
  /// later access waits. Fails with `io`.
  static Result<Mapping> map(const FileDescriptor& descriptor, Access access,
                             bool prefault = false);
  Mapping(Mapping&& other) noexcept
      : at_(std::exchange(other.at_, nullptr)), octets_(std::exchange(other.octets_, 0)) {}
  Mapping& operator=(Mapping&& other) noexcept {
    std::swap(at_, other.at_);
    std::swap(octets_, other.octets_);
    return *this;
  }
  ~Mapping();

  ByteView view() const noexcept { return {at_, octets_}; }
  Octet* data() const noexcept { return at_; }
  std::size_t octets() const noexcept { return octets_; }

 private:
  Octet* at_ = nullptr;
  std::size_t octets_ = 0;
};

/// Memory without a name: `content`, sealed against writing and resizing, for others to map.
Result<FileDescriptor> seal(std::string_view name, ByteView content);
/// True when nobody can change what the descriptor holds (a memfd with all the seals).
bool is_sealed(const FileDescriptor& descriptor) noexcept;
/// Zeroed memory of a fixed size that every holder of the descriptor may write.
Result<FileDescriptor> make_shared_segment(std::string_view name, std::size_t octets);

}  // namespace waymark
