// SPDX-License-Identifier: Apache-2.0
//
// A part of an image as a worker gets it. What passes the check takes the place of the sound part
// of its kind, and questions are answered from it.
#include <array>
#include <atomic>
#include <memory>

#include "dns/responder.h"
#include "tests/fuzz/every_part.h"
#include "tests/fuzz/target.h"

namespace waymark::dns {
namespace {

Bytes question(std::string_view name, RrType type) {
  Bytes packet{0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0};
  ByteWriter writer(packet);
  writer.put(Name::parse(name).value().wire());
  writer.u16(static_cast<std::uint16_t>(type)), writer.u16(1);
  return packet;
}

void answer_from(const Image& image) {
  std::array<std::atomic<std::uint64_t>, 4> bits{};
  const auto counters = std::make_unique<WorkerSlot>();
  Responder responder(health::HealthTable(bits), *counters, Random(1));
  responder.use(image);
  static Bytes out(65535);
  for (const char* name :
       {"a.", "n.a.", "x.w.a.", "x.s.a.", "s.a.", "r.a.", "l.a.", "g.a.", "c.a.", "none.a."}) {
    for (const RrType type : {RrType::A, RrType::NS, RrType::SOA, RrType::ANY}) {
      const Bytes packet = question(name, type);
      Exchange exchange;
      exchange.query = packet;
      exchange.from = {IpAddress::loopback_v4(), 5353};
      exchange.transport = Transport::tcp;
      exchange.out = out;
      responder.respond({&exchange, 1});
      waymark::fuzz::require(exchange.verdict == Verdict::reply &&
                             exchange.octets >= packet.size());
    }
  }
}

}  // namespace
}  // namespace waymark::dns

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace waymark;       // NOLINT(google-build-using-namespace)
  using namespace waymark::dns;  // NOLINT(google-build-using-namespace)
  static const Image base = dns::fuzz::every_part();
  (void)Manifest::decode({data, size});
  const auto part = Part::open(Bytes(data, data + size));
  if (!part) return 0;
  Manifest manifest = base.manifest();
  std::vector<std::shared_ptr<const Part>> parts = base.parts();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i]->kind() != (*part)->kind()) continue;
    parts[i] = *part;
    manifest.parts[i] = {(*part)->kind(), (*part)->id(), size, {}};
  }
  const auto image = Image::open(manifest, std::move(parts));
  if (!image) return 0;
  answer_from(*image);
  (void)image->slots();
  return 0;
}
