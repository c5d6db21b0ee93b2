// SPDX-License-Identifier: Apache-2.0
#include "zones/compile/image_files.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <functional>
#include <optional>
#include <string_view>

#include "zones/compile/durable_file.h"

namespace waymark::zones {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t generations_kept = 3;
constexpr std::uint64_t health_magic = 0x31484B4D59415700;

constexpr const char* standing_file = "standing.img";

std::string part_file(std::uint64_t id) {
  return "part-" + std::to_string(id) + ".img";
}
std::string manifest_file(std::uint64_t generation) {
  return "manifest-" + std::to_string(generation) + ".img";
}

/// The number in "PREFIX<number>.img".
std::optional<std::uint64_t> number_in(std::string_view file, std::string_view prefix) {
  constexpr std::string_view suffix = ".img";
  if (!file.starts_with(prefix) || !file.ends_with(suffix)) return std::nullopt;
  const std::string_view digits =
      file.substr(prefix.size(), file.size() - prefix.size() - suffix.size());
  std::uint64_t number = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size()) return std::nullopt;
  return number;
}

/// Numbers of all the files of one kind, greatest first. Fails with `io`, rather than miss some.
Result<std::vector<std::uint64_t>> numbers(const std::string& directory, std::string_view prefix) {
  std::vector<std::uint64_t> found;
  std::error_code failed;
  for (fs::directory_iterator at(directory, failed), end; !failed && at != end;
       at.increment(failed))
    if (const auto number = number_in(at->path().filename().string(), prefix))
      found.push_back(*number);
  if (failed && failed != std::errc::no_such_file_or_directory)
    return Error(ErrorCode::io, "list " + directory + ": " + failed.message());
  std::sort(found.begin(), found.end(), std::greater<>());
  return found;
}

void remove_file(const std::string& path) {
  std::error_code ignored;  // what can not be removed is passed over again next time
  fs::remove(path, ignored);
}

Bytes with_hash(Bytes content) {
  const ContentHash hash = ContentHash::of(content);
  ByteWriter writer(content);
  writer.u64(hash.high), writer.u64(hash.low);
  return content;
}

/// The content before the hash. Fails with `bad_image`.
Result<ByteView> without_hash(ByteView octets) {
  constexpr std::size_t hash_octets = 16;
  if (octets.size() < hash_octets) return Error(ErrorCode::bad_image, "is cut short");
  const ByteView content = octets.first(octets.size() - hash_octets);
  const Octet* at = octets.data() + content.size();
  if (ContentHash::of(content) != ContentHash{load64(at), load64(at + 8)})
    return Error(ErrorCode::bad_image, "is damaged");
  return content;
}

Result<dns::Manifest> read_manifest(const std::string& path) {
  auto file = map_file(path);
  if (!file) return file.error();
  auto content = without_hash(file->view());
  if (!content) return content.error();
  return dns::Manifest::decode(*content);
}

bool holds(const dns::PartId& id, ByteView content) {
  return content.size() == id.octets && ContentHash::of(content) == id.hash;
}

Result<FileDescriptor> read_part(const std::string& directory, const dns::PartId& id) {
  auto file = map_file(directory + "/" + part_file(id.id));
  if (!file) return file.error();
  if (!holds(id, file->view()))
    return Error(ErrorCode::bad_image, part_file(id.id) + " is damaged");
  auto sealed = seal("waymark-part", file->view());
  if (!sealed) return sealed;
  // Sealed memory is what counts: a file that changed between hash and copy is caught here.
  auto copy = Mapping::map(*sealed, Mapping::Access::read);
  if (!copy) return copy.error();
  if (!holds(id, copy->view()))
    return Error(ErrorCode::bad_image, part_file(id.id) + " changed while it was read");
  return sealed;
}

Result<ImageFiles::Loaded> load_generation(const std::string& directory, std::uint64_t generation) {
  auto manifest = read_manifest(directory + "/" + manifest_file(generation));
  if (!manifest) return manifest.error();
  if (manifest->generation != generation)
    return Error(ErrorCode::bad_image, "says generation " + std::to_string(manifest->generation));
  ImageFiles::Loaded loaded;
  loaded.manifest = std::move(*manifest);
  for (const dns::PartId& id : loaded.manifest.parts) {
    auto part = read_part(directory, id);
    if (!part) return part.error();
    loaded.parts.emplace_back(id.id, std::move(*part));
  }
  return loaded;
}

}  // namespace

Result<void> ImageFiles::prepare() const {
  std::error_code failed;
  fs::create_directories(directory_, failed);
  if (failed) return Error(ErrorCode::io, "make " + directory_ + ": " + failed.message());
  for (fs::directory_iterator at(directory_, failed), end; !failed && at != end;
       at.increment(failed))
    if (at->path().extension() == ".tmp") remove_file(at->path().string());
  return {};
}

Result<void> ImageFiles::save(const dns::Image& image) const {
  const auto& ids = image.manifest().parts;
  for (std::size_t i = 0; i < ids.size(); ++i)
    if (auto saved = save_part(ids[i], *image.parts()[i]); !saved) return saved;
  auto saved = write_durably(directory_, manifest_file(image.generation()),
                             with_hash(image.manifest().encode()));
  if (saved) remove_old(image.generation());
  return saved;
}

Result<void> ImageFiles::save_part(const dns::PartId& id, const dns::Part& part) const {
  if (sound_.contains(id.id)) return {};
  const auto there = map_file(directory_ + "/" + part_file(id.id));
  if (!there || !holds(id, there->view())) {
    auto written = write_durably(directory_, part_file(id.id), part.view());
    if (!written) return written;
  }
  sound_.insert(id.id);
  return {};
}

// What a failing disk does not show is kept: it may be the newest generation, or a part of it.
void ImageFiles::remove_old(std::uint64_t newest) const {
  const auto generations = numbers(directory_, "manifest-");
  const auto parts = numbers(directory_, "part-");
  if (!generations || !parts) return;
  const auto known = standing();
  const Standing found_out = known ? *known : Standing();
  std::set<std::uint64_t> wanted;
  std::size_t kept = 0;
  bool all_read = true;
  for (const std::uint64_t generation : *generations) {
    const std::string path = directory_ + "/" + manifest_file(generation);
    // A greater number is of an earlier life that could not be used: it must not win next time.
    const bool is_old =
        generation > newest || (kept == generations_kept && generation != found_out.known_good());
    const auto manifest = read_manifest(path);
    const bool is_bad = manifest && found_out.is_quarantined(*manifest);
    if (is_old || (is_bad && generation != newest) ||
        (!manifest && manifest.error().code() == ErrorCode::bad_image)) {
      remove_file(path);
    } else if (!manifest) {
      all_read = false;
    } else {
      if (!is_bad && kept < generations_kept) ++kept;
      for (const dns::PartId& id : manifest->parts)
        wanted.insert(id.id);
    }
  }
  if (!all_read) return;
  for (const std::uint64_t part : *parts) {
    if (wanted.contains(part)) continue;
    remove_file(directory_ + "/" + part_file(part));
    sound_.erase(part);
  }
}

Result<ImageFiles::Loaded> ImageFiles::load(
    const std::function<bool(const dns::Manifest&)>& wanted) const {
  Loaded none;
  std::string& note = none.note;
  const auto generations = numbers(directory_, "manifest-");
  if (!generations) {
    note = generations.error().detail();
    return none;
  }
  for (const std::uint64_t generation : *generations) {
    if (wanted) {
      const auto manifest = read_manifest(directory_ + "/" + manifest_file(generation));
      if (manifest && !wanted(*manifest)) continue;
    }
    auto loaded = load_generation(directory_, generation);
    if (loaded) {
      loaded->note = std::move(note);
      return loaded;
    }
    if (!note.empty()) note += "; ";
    note += manifest_file(generation) + ": " + loaded.error().detail();
  }
  return none;
}

Result<void> ImageFiles::save_standing(const Standing& standing) const {
  return write_durably(directory_, standing_file, with_hash(standing.encode()));
}

Result<Standing> ImageFiles::standing() const {
  const auto file = map_file(directory_ + "/" + standing_file);
  if (!file) return Standing();
  const auto content = without_hash(file->view());
  if (!content) return content.error();
  return Standing::decode(*content);
}

Result<void> ImageFiles::save_health(health::HealthTable table, std::uint64_t slot_epoch) const {
  Bytes content;
  ByteWriter writer(content);
  content.reserve(table.words().size() * 8 + 40);
  writer.u64(health_magic), writer.u64(slot_epoch);
  for (const auto& word : table.words())
    writer.u64(word.load(std::memory_order_relaxed));  // health thread writes
  if (content == health_) return {};
  auto written = write_durably(directory_, "health.img", with_hash(content));
  if (written) health_ = std::move(content);
  return written;
}

bool ImageFiles::load_health(health::HealthTable table, std::uint64_t slot_epoch) const {
  const auto file = map_file(directory_ + "/health.img");
  if (!file) return false;
  const auto content = without_hash(file->view());
  if (!content || content->size() != 16 + table.words().size() * 8) return false;
  ByteReader reader(*content);
  if (reader.u64() != health_magic || reader.u64() != slot_epoch) return false;
  for (auto& word : table.words())
    word.store(reader.u64(), std::memory_order_relaxed);         // before anybody else looks
  table.words().front().fetch_or(1, std::memory_order_relaxed);  // always_healthy
  return true;
}

}  // namespace waymark::zones
