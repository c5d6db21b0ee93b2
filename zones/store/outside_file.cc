// SPDX-License-Identifier: Apache-2.0
#include "zones/store/outside_file.h"

#include <algorithm>
#include <cmath>

#include <boost/asio/post.hpp>

#include "base/log.h"

namespace waymark::zones {
namespace {

using dns::Name;
using policy::LatencyLearner;

constexpr const char* schema =
    "CREATE TABLE IF NOT EXISTS answers ("
    "  name BLOB NOT NULL,"  // dns::Name::sort_key
    "  type INTEGER NOT NULL,"
    "  addresses BLOB NOT NULL,"  // 4 or 16 octets each, as the type says
    "  ttl INTEGER NOT NULL,"
    "  resolved_at INTEGER NOT NULL,"  // nanoseconds since 1970
    "  PRIMARY KEY (name, type)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS latencies ("
    "  prefix TEXT NOT NULL,"
    "  region TEXT NOT NULL,"
    "  mean INTEGER NOT NULL,"    // microseconds
    "  weight INTEGER NOT NULL,"  // thousandths
    "  samples INTEGER NOT NULL,"
    "  at INTEGER NOT NULL,"  // nanoseconds since 1970
    "  counts INTEGER NOT NULL,"
    "  PRIMARY KEY (prefix, region)) WITHOUT ROWID;";

std::vector<IpAddress> addresses_in(ByteView octets, dns::RrType type) {
  std::vector<IpAddress> out;
  IpAddress address;
  address.family = type == dns::RrType::A ? IpAddress::Family::v4 : IpAddress::Family::v6;
  const std::size_t each = address.wire().size();
  for (std::size_t at = 0; at + each <= octets.size(); at += each) {
    std::copy_n(octets.begin() + static_cast<std::ptrdiff_t>(at), each, address.octets.begin());
    out.push_back(address);
  }
  return out;
}

Bytes octets_of(const std::vector<IpAddress>& addresses) {
  Bytes out;
  for (const IpAddress& address : addresses) {
    const ByteView octets = address.wire();
    out.insert(out.end(), octets.begin(), octets.end());
  }
  return out;
}

}  // namespace

OutsideFile::OutsideFile(const std::string& directory) : work_(asio::make_work_guard(io_)) {
  auto database = Database::open_beside(directory + "/outside.db", schema);
  if (database)
    database_ = std::move(*database);
  else
    log::warning("outside_unavailable", {{"reason", database.error().detail()}});
  thread_ = std::thread([this] { io_.run(); });
}

OutsideFile::~OutsideFile() {
  asio::post(io_, [this] { work_.reset(); });
  thread_.join();
}

ExternalAnswers OutsideFile::answers() {
  ExternalAnswers out;
  if (database_ == nullptr) return out;
  Statement select(*database_, "SELECT name, type, addresses, ttl, resolved_at FROM answers");
  for (auto row = select.step(); row && *row; row = select.step()) {
    const ExternalTarget target{Name::from_sort_key(select.blob(0)),
                                static_cast<dns::RrType>(select.integer(1))};
    out[target] = {addresses_in(select.blob(2), target.type),
                   static_cast<std::uint32_t>(select.integer(3)),
                   TimePoint{Duration{select.integer(4)}}};
  }
  return out;
}

OutsideFile::Latencies OutsideFile::latencies() {
  Latencies out;
  if (database_ == nullptr) return out;
  Statement select(*database_,
                   "SELECT prefix, region, mean, weight, samples, at, counts FROM latencies"
                   " ORDER BY at");
  for (auto row = select.step(); row && *row; row = select.step()) {
    const auto prefix = IpPrefix::parse(select.text(0));
    if (!prefix) continue;
    LatencyLearner::Entry entry;
    entry.mean = static_cast<double>(select.integer(2)) / 1e3;
    entry.weight = static_cast<double>(select.integer(3)) / 1e3;
    entry.samples = static_cast<std::uint64_t>(select.integer(4));
    entry.at = TimePoint{Duration{select.integer(5)}};
    entry.counts = static_cast<std::uint16_t>(select.integer(6));
    out.emplace_back(LatencyLearner::Key{*prefix, select.text(1)}, entry);
  }
  return out;
}

void OutsideFile::save(ExternalChanges answers) {
  post(std::move(answers));
}
void OutsideFile::save(LatencyLearner::Changes latencies) {
  post(std::move(latencies));
}

template <class Changes>
void OutsideFile::post(Changes changes) {
  if (database_ == nullptr) return;
  asio::post(io_, [this, changes = std::move(changes)] {
    const auto done = write(changes);
    if (!done) {
      lost_.fetch_add(1, std::memory_order_relaxed);
      if (!told_) log::warning("outside_unavailable", {{"reason", done.error().detail()}});
    }
    told_ = !done;
  });
}

Result<void> OutsideFile::write(const ExternalChanges& answers) {
  auto transaction = Transaction::begin(*database_, Transaction::Kind::write);
  if (!transaction) return transaction.error();
  Statement put(*database_,
                "INSERT OR REPLACE INTO answers (name, type, addresses, ttl, resolved_at)"
                " VALUES (?, ?, ?, ?, ?)");
  Statement remove(*database_, "DELETE FROM answers WHERE name = ? AND type = ?");
  for (const auto& [target, answer] : answers) {
    const auto type = static_cast<std::uint16_t>(target.type);
    auto done = answer ? put.bind(target.name.sort_key(), type, octets_of(answer->addresses),
                                  answer->ttl, answer->resolved_at.time_since_epoch().count())
                             .run()
                       : remove.bind(target.name.sort_key(), type).run();
    if (!done) return done;
  }
  return transaction->commit();
}

Result<void> OutsideFile::write(const LatencyLearner::Changes& latencies) {
  auto transaction = Transaction::begin(*database_, Transaction::Kind::write);
  if (!transaction) return transaction.error();
  Statement put(*database_,
                "INSERT OR REPLACE INTO latencies (prefix, region, mean, weight, samples, at,"
                " counts) VALUES (?, ?, ?, ?, ?, ?, ?)");
  for (const auto& [key, entry] : latencies.put) {
    const auto done = put.bind(key.first.to_string(), key.second, std::llround(entry.mean * 1e3),
                               std::llround(entry.weight * 1e3), entry.samples,
                               entry.at.time_since_epoch().count(), entry.counts)
                          .run();
    if (!done) return done;
  }
  Statement remove(*database_, "DELETE FROM latencies WHERE prefix = ? AND region = ?");
  for (const auto& [prefix, region] : latencies.gone)
    if (auto done = remove.bind(prefix.to_string(), region).run(); !done) return done;
  return transaction->commit();
}

}  // namespace waymark::zones
