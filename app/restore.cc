// SPDX-License-Identifier: Apache-2.0
#include "app/restore.h"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <fcntl.h>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "api/http/access_keys.h"
#include "app/data_directory.h"
#include "base/async.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/shared_memory.h"
#include "zones/author.h"
#include "zones/compile/image_compiler.h"
#include "zones/compile/image_files.h"
#include "zones/store/sqlite_store.h"
#include "zones/validate.h"

namespace waymark::app {
namespace {

namespace fs = std::filesystem;

using Serials = std::map<std::string, std::uint32_t>;  // by zone id: what was answered last

Error failure(const std::string& what, const std::error_code& why) {
  const bool full = why == std::errc::no_space_on_device;
  return {full ? ErrorCode::storage_full : ErrorCode::io, what + ": " + why.message()};
}

/// RFC 1982 §3.2.
bool is_after(std::uint32_t one, std::uint32_t other) noexcept {
  return one != other && one - other < 0x8000'0000;
}

void note(Serials& seen, const std::string& zone, std::uint32_t serial) {
  const auto [known, is_new] = seen.emplace(zone, serial);
  if (!is_new && is_after(serial, known->second)) known->second = serial;
}

/// A directory that goes away again.
class Workplace {
 public:
  explicit Workplace(fs::path path) : path_(std::move(path)) {
    fs::remove_all(path_, failed_);  // what a kill left
    if (!failed_ && ::mkdir(path_.c_str(), 0700) != 0)
      failed_ = std::error_code(errno, std::generic_category());
  }
  ~Workplace() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;
  const std::error_code& failed() const noexcept { return failed_; }
  std::string path() const { return path_.string(); }

 private:
  fs::path path_;
  std::error_code failed_;
};

/// The image that was answered from last; none when there is none, or not one that can be read.
dns::Image last_image(const std::string& data_dir) {
  auto loaded = zones::ImageFiles(data_dir + "/images").load();
  if (!loaded || loaded->manifest.generation == 0) return {};
  std::vector<std::shared_ptr<const dns::Part>> parts;
  for (const auto& [id, memory] : loaded->parts) {
    auto part = dns::Part::open(memory, false);
    if (!part) return {};
    parts.push_back(*std::move(part));
  }
  auto image = dns::Image::open(loaded->manifest, std::move(parts));
  return image ? *std::move(image) : dns::Image();
}

/// What clients have seen of the zones, as far as it can be told.
Serials seen_serials(const zones::Snapshot& state, const dns::Image& image,
                     const std::vector<zones::ZoneMark>& marks) {
  Serials seen;
  for (const zones::ZoneMark& mark : marks)
    note(seen, mark.id, mark.serial);
  const auto all = state.zones();
  if (!all) return seen;
  for (const zones::HostedZone& zone : *all) {
    const auto answered = image.zone(dns::ZoneNumber{zone.number});
    if (answered && std::ranges::equal(answered->name, zone.name.wire()))
      note(seen, zone.id.text, zones::soa_serial(answered->soa_rdata));
  }
  return seen;
}

/// A change that gives the zone the serial after `seen`; none when its own is not before that.
Result<std::optional<zones::ChangeBatch>> raise(const zones::Snapshot& state,
                                                const zones::HostedZone& zone, std::uint32_t seen) {
  if (!is_after(seen, zone.serial)) return std::optional<zones::ChangeBatch>();
  const auto sets = state.record_sets_at(zone, zone.name);
  if (!sets) return sets.error();
  for (zones::RecordSet set : *sets) {
    if (set.type != dns::RrType::SOA || set.rdata.empty()) continue;
    zones::set_soa_serial(set.rdata.front(), zones::next_serial(seen));
    zones::ChangeBatch batch{zone.id, "restored; the serial goes on", std::nullopt, {}};
    batch.changes.push_back({zones::Change::Action::upsert, std::move(set)});
    return std::optional(std::move(batch));
  }
  return Error(ErrorCode::apex_required, "zone " + zone.name.to_string() + " has no SOA");
}

/// All of them share a few transactions. Fails with the first fault.
Result<void> commit_all(zones::Store& store, const std::vector<zones::ChangeBatch>& batches) {
  const SystemClock clock;
  Random random = Random::from_system();
  const std::string author = zones::to_text({"waymark", "restore"});
  Result<void> all;
  asio::io_context io;
  const auto commit = [&](const zones::ChangeBatch& batch) -> Awaitable<void> {
    zones::Decide decide = [&](const zones::Snapshot& state) {
      return zones::resolve(state, batch, {clock, random, author});
    };
    const auto done = co_await store.commit(std::move(decide));
    if (!done && all) all = done.error();
  };
  for (const zones::ChangeBatch& batch : batches)
    spawn(io, commit(batch));
  io.run();
  return all;
}

/// Returns how many went on.
Result<std::size_t> raise_serials(zones::Store& store, const dns::Image& image,
                                  const std::vector<zones::ZoneMark>& marks) {
  std::vector<zones::ChangeBatch> batches;
  {
    const auto state = store.snapshot();
    if (!state) return state.error();
    const auto all = (*state)->zones();
    if (!all) return all.error();
    const Serials seen = seen_serials(**state, image, marks);
    for (const zones::HostedZone& zone : *all) {
      const auto known = seen.find(zone.id.text);
      if (known == seen.end()) continue;
      auto batch = raise(**state, zone, known->second);
      if (!batch) return batch.error();
      if (*batch) batches.push_back(**std::move(batch));
    }
  }
  if (auto done = commit_all(store, batches); !done) return done.error();
  return batches.size();
}

/// Compiles the image that the next start answers from until its control process has compiled one.
Result<std::uint64_t> compile_first(const zones::Store& store, const std::string& images,
                                    std::uint64_t last) {
  zones::ImageCompiler compiler(store, {}, Random::from_system());
  auto generation = compiler.compile();
  if (!generation) return generation.error();
  generation->manifest.generation = last + 1;
  std::vector<std::shared_ptr<const dns::Part>> parts;
  for (zones::NewPart& part : generation->parts) {
    auto opened = dns::Part::open(std::move(part.content));
    if (!opened) return opened.error();
    parts.push_back(*std::move(opened));
  }
  const auto image = dns::Image::open(generation->manifest, std::move(parts));
  if (!image) return image.error();
  const zones::ImageFiles files(images);
  if (auto made = files.prepare(); !made) return made.error();
  if (auto saved = files.save(*image); !saved) return saved.error();
  return last + 1;
}

/// Access keys whose secrets can not be read with the key.secret that is there.
std::size_t unreadable_keys(const zones::Snapshot& state, const std::string& data_dir) {
  const auto keys = state.objects(zones::ObjectKind::access_key);
  if (!keys || keys->empty()) return 0;
  const auto vault = api::KeyVault::open(data_dir);
  return static_cast<std::size_t>(std::ranges::count_if(*keys, [&](const auto& one) {
    const auto key = api::decode_access_key(one.first, one.second);
    return !vault || !key || !vault->unseal(key->sealed_secret, one.first);
  }));
}

/// Where what was there is kept: a new directory beneath.
Result<std::string> make_aside(const std::string& data_dir) {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  (void)std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%SZ", &parts);
  for (int again = 0;; ++again) {
    const std::string path = data_dir + "/before-restore-" + text.data() +
                             (again == 0 ? "" : "-" + std::to_string(again));
    if (::mkdir(path.c_str(), 0700) == 0) return path;
    if (errno != EEXIST)
      return failure("make " + path, std::error_code(errno, std::generic_category()));
  }
}

Result<void> flush_directory(const std::string& path) {
  const FileDescriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder && ::fsync(folder.get()) == 0) return {};
  return failure("flush " + path, std::error_code(errno, std::generic_category()));
}

Result<void> move_to(const std::string& from, const std::string& to) {
  std::error_code failed;
  if (!fs::exists(from, failed)) return {};
  fs::rename(from, to, failed);
  if (failed) return failure("rename " + from, failed);
  return {};
}

/// Keeps the database at `path` under a second name, so that it is in its place until another one
/// takes that.
Result<void> keep_database(const std::string& path, const std::string& aside) {
  std::error_code failed;
  if (!fs::exists(path, failed)) return {};
  fs::create_hard_link(path, aside + "/waymark.db", failed);
  if (!failed) return {};
  return move_to(path, aside + "/waymark.db");  // a disk without links
}

/// Images go first and come last: none ever stands beside a database that it is not of.
Result<void> exchange(const std::string& made, const std::string& data_dir,
                      const std::string& aside) {
  const std::string database = data_dir + "/waymark.db";
  if (!aside.empty()) {
    if (auto moved = move_to(data_dir + "/images", aside + "/images"); !moved) return moved;
    if (auto kept = keep_database(database, aside); !kept) return kept;
    for (const char* ending : {"-wal", "-shm"})  // of a damaged one, which could not be folded
      if (auto moved = move_to(database + ending, aside + "/waymark.db" + ending); !moved)
        return moved;
    if (auto flushed = flush_directory(aside); !flushed) return flushed;
  }
  if (auto moved = move_to(made + "/waymark.db", database); !moved) return moved;
  if (auto moved = move_to(made + "/images", data_dir + "/images"); !moved) return moved;
  return flush_directory(data_dir);
}

bool holds_data(const std::string& data_dir) {
  std::error_code ignored;
  return fs::exists(data_dir + "/waymark.db", ignored) ||
         (fs::exists(data_dir + "/images", ignored) &&
          !fs::is_empty(data_dir + "/images", ignored));
}

/// The database in `workplace` goes on from what was there: serials, versions, generation.
Result<void> go_on(const RestoreWish& wish, const std::string& workplace, Restored& done) {
  const dns::Image last = last_image(wish.data_dir);
  auto marks = zones::zone_marks(wish.data_dir);
  if (!marks) {
    done.warnings.push_back("the database that was there can not be read: " +
                            marks.error().detail());
    marks = std::vector<zones::ZoneMark>();
  }
  if (auto raised = zones::raise_versions(workplace, *marks); !raised) return raised;
  const auto store = zones::SqliteStore::open(workplace, false);
  if (!store) return store.error();
  const auto raised = raise_serials(**store, last, *marks);
  if (!raised) return raised.error();
  done.serials_raised = *raised;
  const auto generation = compile_first(**store, workplace + "/images", last.generation());
  if (!generation) return generation.error();
  done.generation = *generation;
  const auto state = (*store)->snapshot();
  if (!state) return state.error();
  if (const std::size_t keys = unreadable_keys(**state, wish.data_dir); keys != 0)
    done.warnings.push_back(std::to_string(keys) +
                            " access keys can not be used without the key.secret of their time: "
                            "put it into " +
                            wish.data_dir + ", or make the keys anew");
  return {};
}

}  // namespace

Result<Restored> restore(const RestoreWish& wish, const zones::Database::CopyProgress& told) {
  const DataDirectory directory = DataDirectory::open(wish.data_dir);
  const bool replaces = holds_data(wish.data_dir);
  if (replaces && !wish.force)
    return Error(ErrorCode::conflict, "there is data in " + wish.data_dir +
                                          "; with --force it is kept aside, and replaced");
  const Workplace workplace(fs::path(wish.data_dir) / "restore.tmp");
  if (workplace.failed()) return failure("make " + workplace.path(), workplace.failed());
  const auto held = zones::take_backup(wish.file, workplace.path(), told);
  if (!held) return held.error();
  Restored done;
  done.held = *held;
  if (!held->sealed)
    done.warnings.push_back(wish.file +
                            " has no hash of `waymark backup`: its structure was checked alone");
  if (auto went_on = go_on(wish, workplace.path(), done); !went_on) return went_on.error();
  // Only the file is given its place: nothing of it may still stand in a log beside it.
  if (!zones::fold_log(workplace.path()))
    return Error(ErrorCode::io, "the database in " + workplace.path() +
                                    " could not be written to its end; nothing was replaced");
  if (replaces) {
    if (!zones::fold_log(wish.data_dir))
      done.warnings.emplace_back("the database that was there is damaged; its log is kept with it");
    auto aside = make_aside(wish.data_dir);
    if (!aside) return aside.error();
    done.kept = *std::move(aside);
  }
  if (const auto exchanged = exchange(workplace.path(), wish.data_dir, done.kept); !exchanged)
    return Error(exchanged.error().code(),
                 exchanged.error().detail() +
                     (done.kept.empty() ? "" : "; what was there is in " + done.kept));
  struct stat owner {};  // the server's user, when root restores for it
  if (geteuid() == 0 && ::stat(wish.data_dir.c_str(), &owner) == 0)
    directory.give_to(owner.st_uid, owner.st_gid);
  return done;
}

}  // namespace waymark::app
