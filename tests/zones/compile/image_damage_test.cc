// SPDX-License-Identifier: Apache-2.0
#include <cerrno>
#include <csignal>
#include <fstream>
#include <functional>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/random.h"
#include "tests/zones/compile/world.h"
#include "zones/compile/image_files.h"

namespace waymark::zones {
namespace {

namespace fs = std::filesystem;

std::string octets_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}
void write(const fs::path& path, const std::string& octets) {
  std::ofstream(path, std::ios::binary) << octets;
}

/// Two generations in a folder, the second of some 60 KB.
class ImageDamage : public testing::Test {
 protected:
  void SetUp() override {
    const ZoneId zone = world.create("example.com.");
    Compiling compiling(world.store());
    compiling.step();
    first = compiling.image;
    std::vector<RecordSet> sets;
    for (int i = 0; i < 300; ++i)
      sets.push_back(a("h" + std::to_string(i) + ".example.com."));
    ASSERT_TRUE(world.put(zone, std::move(sets)));
    compiling.step();
    second = compiling.image;
    ASSERT_EQ(second.generation(), first.generation() + 1);
    ASSERT_TRUE(files.prepare());
    ASSERT_TRUE(files.save(first));
  }
  std::uint64_t loaded() const { return ImageFiles(folder.path()).load()->manifest.generation; }
  /// The files that the second generation does not share with the first.
  std::vector<fs::path> save_second() const {
    std::set<fs::path> before, fresh;
    for (const auto& entry : fs::directory_iterator(folder.path()))
      before.insert(entry.path());
    EXPECT_TRUE(files.save(second));
    for (const auto& entry : fs::directory_iterator(folder.path()))
      if (!before.contains(entry.path())) fresh.insert(entry.path());
    return {fresh.begin(), fresh.end()};
  }

  World world;
  Folder folder;
  ImageFiles files{folder.path()};
  dns::Image first, second;
};

/// Runs `action` in a process that is killed at its n-th stop: before or after a system call. False
/// when it came to its end first.
bool killed_at(int stop, const std::function<void()>& action) {
  const pid_t child = fork();
  if (child == 0) {
    if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) _exit(3);
    (void)raise(SIGSTOP);
    action();
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  for (int i = 0; i < stop && WIFSTOPPED(status); ++i) {
    ptrace(PTRACE_SYSCALL, child, nullptr, nullptr);
    waitpid(child, &status, 0);
  }
  if (!WIFSTOPPED(status)) return false;
  (void)kill(child, SIGKILL);
  waitpid(child, &status, 0);
  return true;
}

TEST_F(ImageDamage, KilledBetweenAnyTwoCallsTheOldOrTheNewOneLoads) {  // LKG-1
#if defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the sanitizer's own threads do not survive a fork";
#endif
  const std::string before = folder.path() + ".before";
  fs::copy(folder.path(), before);
  int stop = 0, old = 0, fresh = 0;
  for (bool killed = true; killed; ++stop) {
    fs::remove_all(folder.path());
    fs::copy(before, folder.path());
    killed = killed_at(stop, [this] { (void)ImageFiles(folder.path()).save(second); });
    const std::uint64_t generation = loaded();
    ASSERT_TRUE(generation == first.generation() || generation == second.generation()) << stop;
    ++(generation == first.generation() ? old : fresh);
    ASSERT_TRUE(killed || generation == second.generation());
    // And what was left lying about does not stand in the way of the next one.
    ASSERT_TRUE(ImageFiles(folder.path()).save(second)) << stop;
    ASSERT_EQ(loaded(), second.generation()) << stop;
  }
  fs::remove_all(before);
  EXPECT_GT(old, 40);
  EXPECT_GT(fresh, 1);
}

#if defined(__x86_64__)
/// The calls that reach the file system on the way of a copy.
bool touches_files(long call) {
  switch (call) {
    case SYS_openat:
    case SYS_write:
    case SYS_fsync:
    case SYS_rename:
    case SYS_mkdir:
    case SYS_unlink:
      return true;
    default:
      return false;
  }
}

enum class Saved : std::uint8_t { yes, no, no_call_left };

/// Runs `action` in a process whose n-th call of these fails with `error` instead of being made;
/// with `from_then_on`, all later ones, too.
Saved with_failing_calls(int n, int error, bool from_then_on, const std::function<bool()>& action) {
  const pid_t child = fork();
  if (child == 0) {
    if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) _exit(3);
    (void)raise(SIGSTOP);
    _exit(action() ? 0 : 1);
  }
  int status = 0, seen = 0;
  bool inside = false, failing = false;
  waitpid(child, &status, 0);
  for (;;) {
    ptrace(PTRACE_SYSCALL, child, nullptr, nullptr);
    waitpid(child, &status, 0);
    if (!WIFSTOPPED(status)) break;
    user_regs_struct registers{};
    ptrace(PTRACE_GETREGS, child, nullptr, &registers);
    inside = !inside;
    if (inside) {
      failing = touches_files(static_cast<long>(registers.orig_rax)) &&
                (seen++ == n || (from_then_on && seen > n));
      if (failing) registers.orig_rax = ~0ULL;  // no such call
    } else if (failing) {
      registers.rax = static_cast<unsigned long long>(-static_cast<long long>(error));
    }
    if (failing) ptrace(PTRACE_SETREGS, child, nullptr, &registers);
  }
  if (seen <= n) return Saved::no_call_left;
  EXPECT_TRUE(WIFEXITED(status)) << n;
  return WEXITSTATUS(status) == 0 ? Saved::yes : Saved::no;
}

TEST_F(ImageDamage, Dur4WhicheverCallFailsTheOldOrTheNewOneLoadsAndSavedMeansTheNew) {
#if defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the sanitizer's own threads do not survive a fork";
#endif
  const std::string before = folder.path() + ".before";
  fs::copy(folder.path(), before);
  int failed = 0;
  for (const int error : {EIO, ENOSPC})
    for (const bool from_then_on : {false, true})
      for (int n = 0;; ++n) {
        fs::remove_all(folder.path());
        fs::copy(before, folder.path());
        const Saved saved = with_failing_calls(n, error, from_then_on, [this] {
          return ImageFiles(folder.path()).save(second).has_value();
        });
        if (saved == Saved::no_call_left) break;
        const std::uint64_t generation = loaded();
        ASSERT_TRUE(generation == second.generation() ||
                    (saved == Saved::no && generation == first.generation()))
            << n << ", error " << error;
        failed += saved == Saved::no ? 1 : 0;
        ASSERT_TRUE(ImageFiles(folder.path()).save(second)) << n;
        ASSERT_EQ(loaded(), second.generation()) << n;
      }
  fs::remove_all(before);
  EXPECT_GT(failed, 40);
}
#endif

TEST_F(ImageDamage, IsSeenWhereverOneBitDiffers) {  // LKG-2
  const std::vector<fs::path> fresh = save_second();
  ASSERT_GE(fresh.size(), 3U);
  ASSERT_EQ(loaded(), second.generation());
  Random random(1);
  for (const fs::path& path : fresh) {
    const auto octets = static_cast<std::uint32_t>(fs::file_size(path));
    for (int i = 0; i < 3'400; ++i) {  // more than 10,000 in all
      std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
      const std::streamoff at = random.below(octets);
      const auto bit = static_cast<char>(1 << random.below(8));
      const auto flip = [&] {
        file.seekg(at);
        const auto octet = static_cast<char>(file.get());
        file.seekp(at);
        file.put(static_cast<char>(octet ^ bit)).flush();
      };
      flip();
      ASSERT_EQ(loaded(), first.generation()) << path << " at " << at;
      flip();
    }
  }
  EXPECT_EQ(loaded(), second.generation());
}

TEST_F(ImageDamage, IsSeenWhenAFileIsCutOrLongerOrOutOfOrder) {  // LKG-2
  constexpr std::size_t block = 4096;
  std::size_t swapped = 0;
  for (const fs::path& path : save_second()) {
    const std::string whole = octets_of(path);
    const auto expect_seen = [&](const std::string& octets, const char* what) {
      write(path, octets);
      EXPECT_EQ(loaded(), first.generation()) << path << ' ' << what << ' ' << octets.size();
    };
    for (std::size_t cut = 0; cut < whole.size(); cut += block)
      expect_seen(whole.substr(0, cut), "cut to");
    for (const std::size_t more : {std::size_t{1}, block})
      expect_seen(whole + std::string(more, '\0'), "longer:");
    for (std::size_t at = 0; at + 2 * block <= whole.size(); at += block, ++swapped)
      expect_seen(whole.substr(0, at) + whole.substr(at + block, block) + whole.substr(at, block) +
                      whole.substr(at + 2 * block),
                  "with two blocks exchanged");
    write(path, whole);
  }
  EXPECT_GT(swapped, 2U);
  EXPECT_EQ(loaded(), second.generation());
}

}  // namespace
}  // namespace waymark::zones
