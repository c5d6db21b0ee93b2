// SPDX-License-Identifier: Apache-2.0
//
// An Authorization header → who it is. One token exists, and nothing else is taken for it.
#include <filesystem>
#include <fstream>
#include <unistd.h>

#include "api/http/authentication.h"
#include "tests/fuzz/target.h"
#include "zones/store/sqlite_store.h"

namespace waymark::api {
namespace {

constexpr std::string_view secret =
    "wm_0123456789ab_000102030405060708090a0b0c0d0e0f1011121314151617";

struct World {
  World() { std::ofstream(directory + "/admin.token") << secret << '\n'; }
  ~World() { std::filesystem::remove_all(directory); }
  static std::string new_directory() {
    char folder[] = "/tmp/waymark-fuzz-XXXXXX";
    return ::mkdtemp(folder);
  }

  std::string directory = new_directory();
  ManualClock clock;
  std::unique_ptr<zones::Store> store = zones::make_absent_store("there is none");
  Authenticator authenticator{*store, clock, directory, true};
};

}  // namespace
}  // namespace waymark::api

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace waymark;  // NOLINT(google-build-using-namespace)
  static api::World world;
  const std::string_view header = as_text({data, size});

  const auto who = world.authenticator.authenticate(header);

  fuzz::require(who.has_value() == (header == "Bearer " + std::string(api::secret)));
  (void)api::decode_token("0123456789ab", header);  // a row of the store
  return 0;
}
