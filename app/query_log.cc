// SPDX-License-Identifier: Apache-2.0
#include "app/query_log.h"

#include <string>

#include "base/ip.h"
#include "base/log.h"
#include "dns/protocol/name.h"
#include "dns/protocol/rr_type.h"

namespace waymark::app {
namespace {

std::string name_of(const dns::LoggedQuery& query) {
  if (query.name_octets == 0) return "";
  const auto name = dns::Name::from_wire(ByteView(query.name).first(query.name_octets));
  return name ? name->to_string() : "?";
}

IpAddress client_of(const dns::LoggedQuery& query) {
  IpAddress client;
  client.family = query.is_v4 != 0 ? IpAddress::Family::v4 : IpAddress::Family::v6;
  client.octets = query.address;
  return client;
}

void write(std::uint32_t worker, const dns::LoggedQuery& query) {
  log::info("query", {{"worker", worker},
                      {"unix_us", query.unix_us},
                      {"client", client_of(query).to_string()},
                      {"port", query.port},
                      {"proto", query.tcp != 0 ? "tcp" : "udp"},
                      {"name", name_of(query)},
                      {"class", query.rr_class},
                      {"type", to_string(dns::RrType{query.type})},
                      {"rcode", to_string(dns::Rcode{query.rcode})},
                      {"truncated", query.truncated != 0},
                      {"octets", query.octets}});
}

}  // namespace

void drain_query_logs(const dns::Board& board, const std::function<void(const IpAddress&)>& met) {
  dns::LoggedQuery query;
  for (std::uint32_t worker = 0; worker < board.workers(); ++worker)
    for (std::uint32_t i = 0; i < dns::QueryRing::capacity && board.query_log(worker).take(query);
         ++i) {
      write(worker, query);
      met(client_of(query));
    }
}

}  // namespace waymark::app
