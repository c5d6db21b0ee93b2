// SPDX-License-Identifier: Apache-2.0
//
// Writes the seeds whose form is our own, or says whether they are still of it:
//   fuzz_seeds write tests/data/fuzz      after a change of layout
//   fuzz_seeds check tests/data/fuzz      ctest: fuzz.seeds_are_of_this_layout
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "tests/fuzz/every_part.h"
#include "zones/change_batch.h"
#include "zones/client_objects.h"

namespace waymark {
namespace {

/// "part/zones" → content.
using Seeds = std::map<std::string, Bytes>;

void add_parts(Seeds& seeds) {
  static constexpr std::array kinds{"names", "zones", "latency", "locations",
                                    "cidrs", "views", "slots"};
  const dns::Image image = dns::fuzz::every_part();
  seeds["part/manifest"] = image.manifest().encode();
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    const ByteView part = image.parts()[i]->view();
    seeds[std::string("part/") + kinds[i]] = Bytes(part.begin(), part.end());
  }
}

/// Rows of the store, behind the octet by which the target chooses.
void add_rows(Seeds& seeds) {
  const auto put = [&](const std::string& name, Octet kind, const Bytes& row) {
    Bytes seed{kind};
    seed.insert(seed.end(), row.begin(), row.end());
    seeds["stored/" + name] = seed;
  };
  zones::RecordSet set;
  set.owner = *dns::Name::parse("www.example.com.");
  set.type = dns::RrType::A;
  set.set_id = "one";
  set.ttl = 60;
  set.rdata = {{192, 0, 2, 1}, {192, 0, 2, 2}};
  set.routing = zones::Geoproximity{"", 52.5, 13.4, -10};
  set.health_check_id = "H1";
  put("set", 1, encode(set));
  put("routing", 2, encode(zones::Routing(zones::Cidr{"C1", "office"})));
  zones::Commit commit;
  commit.id.text = "C1";
  commit.scope = zones::ZoneId{"Z1"};
  commit.version = 1;
  commit.comment = "a comment";
  commit.author = "T1 rest";
  commit.effects.added = {set};
  commit.effects.objects = {{{zones::ObjectKind::token, "T1"}, std::nullopt, "{}"}};
  put("commit", 0, encode(commit));
  const zones::CidrCollection collection{"C1", "offices",  1,
                                         1,    {"office"}, {{0, *IpPrefix::parse("192.0.2.0/24")}}};
  const std::string text = encode(collection);
  put("cidrs", 3, Bytes(text.begin(), text.end()));
}

int write(const Seeds& seeds, const std::filesystem::path& directory) {
  for (const auto& [name, content] : seeds) {
    std::filesystem::create_directories((directory / name).parent_path());
    std::ofstream(directory / name, std::ios::binary)
        .write(reinterpret_cast<const char*>(content.data()),
               static_cast<std::streamsize>(content.size()));
  }
  return 0;
}

int check(const Seeds& seeds, const std::filesystem::path& directory) {
  int old = 0;
  for (const auto& [name, content] : seeds) {
    std::ifstream file(directory / name, std::ios::binary);
    const std::vector<char> there{std::istreambuf_iterator<char>(file), {}};
    if (Bytes(there.begin(), there.end()) == content) continue;
    std::printf("%s is of another layout; run: fuzz_seeds write\n", name.c_str());
    ++old;
  }
  return old;
}

}  // namespace
}  // namespace waymark

int main(int argc, char** argv) {
  using namespace waymark;  // NOLINT(google-build-using-namespace)
  const std::string what = argc == 3 ? argv[1] : "";
  Seeds seeds;
  add_parts(seeds);
  add_rows(seeds);
  if (what == "write") return write(seeds, argv[2]);
  return what == "check" ? check(seeds, argv[2]) : 2;
}
