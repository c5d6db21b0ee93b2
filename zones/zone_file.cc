// SPDX-License-Identifier: Apache-2.0
#include "zones/zone_file.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "zones/name_rules.h"
#include "zones/records/rdata.h"
#include "zones/records/tokens.h"
#include "zones/validate.h"

namespace waymark::zones {
namespace {

using dns::Name;
using dns::RrType;

constexpr std::size_t max_faults = 100;
constexpr std::uint32_t max_ttl = 0x7FFF'FFFF;  // RFC 2181 §8
constexpr std::size_t progress_step = 1 << 20;

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return x == y || ((x ^ y) == 0x20 && (x | 0x20) >= 'a' && (x | 0x20) <= 'z');
  });
}

std::optional<dns::RrClass> parse_class(std::string_view text) noexcept {
  static constexpr std::array<std::pair<std::string_view, dns::RrClass>, 4> classes{
      {{"IN", dns::RrClass::IN},
       {"CH", dns::RrClass::CH},
       {"HS", dns::RrClass::HS},
       {"CLASS1", dns::RrClass::IN}}};
  for (const auto& [name, value] : classes)
    if (equal_ignoring_case(text, name)) return value;
  return std::nullopt;
}

/// An owner as it was first met; records of the same one in a row share it.
struct Owner {
  Name name;
  Bytes sort_key;
};

struct Record {
  std::uint32_t owner = 0;
  std::uint32_t ttl = 0;
  std::uint32_t line = 0;
  RrType type{};
  Bytes rdata;
};

/// What is sorted: the first octets of the owner's key below the origin decide nearly always.
struct SortItem {
  std::uint64_t prefix;
  std::uint32_t record;
  RrType type;
};

std::uint64_t key_prefix(ByteView key) noexcept {
  std::uint64_t prefix = 0;
  for (std::size_t i = 0; i < 8; ++i)
    prefix = prefix << 8 | (i < key.size() ? key[i] : 0);
  return prefix;
}

class ZoneFileReader {
 public:
  ZoneFileReader(std::string_view text, const Name& origin, std::string_view file_name)
      : tokenizer_(text, Tokenizer::Mode::master_file),
        zone_(origin),
        origin_(origin),
        file_name_(file_name),
        zone_key_octets_(origin.sort_key().size()) {}

  Result<std::vector<RecordSet>> read(const std::function<void(std::size_t)>& progress) {
    std::size_t told = 0;
    for (auto next = tokenizer_.next(tokens_); next != Tokenizer::Next::end;
         next = tokenizer_.next(tokens_)) {
      if (next == Tokenizer::Next::fault) {
        const Tokenizer::Fault& found = tokenizer_.fault();
        fault(found.line, found.column, found.sentence);
      } else {
        read_entry();
      }
      if (full()) break;
      if (progress && tokenizer_.position() - told >= progress_step)
        progress(told = tokenizer_.position());
    }
    if (progress) progress(tokenizer_.position());
    std::vector<RecordSet> sets;
    if (faults_.empty()) sets = group();
    if (faults_.empty()) return sets;
    return Error::batch(std::move(faults_));
  }

 private:
  bool full() const noexcept { return faults_.size() >= max_faults; }

  void fault(std::uint32_t line, std::uint32_t column, std::string_view sentence) {
    if (full()) return;
    faults_.emplace_back(ErrorCode::bad_zone_file,
                         std::string(file_name_) + ":" + std::to_string(line) + ":" +
                             std::to_string(column) + ": " + std::string(sentence));
  }
  void fault(const Token& token, std::string_view sentence) {
    fault(token.line, token.column, sentence);
  }
  /// Just behind the last token.
  void fault_at_end(std::string_view sentence) {
    const Token& last = tokens_.back();
    const std::size_t octets = last.text.size() + (last.quoted ? 2 : 0);
    fault(last.line, last.column + static_cast<std::uint32_t>(octets), sentence);
  }

  void read_entry() {
    const Token& first = tokens_[0];
    if (!first.quoted && first.text[0] == '$') return read_directive();
    std::size_t at = 0;
    if (!tokenizer_.begins_with_blank()) {
      if (!read_owner(first)) return;
      at = 1;
    } else if (owners_.empty()) {
      return fault(first, "there is no owner before this record to take over");
    }
    read_record(at);
  }

  void read_directive() {
    const Token& word = tokens_[0];
    const std::string shown(word.text);
    if (equal_ignoring_case(word.text, "$INCLUDE"))
      return fault(word,
                   "$INCLUDE is not followed, since files of the server are not for zone files; "
                   "put its records here");
    if (equal_ignoring_case(word.text, "$GENERATE"))
      return fault(word, "$GENERATE is not part of RFC 1035; write its records out");
    const bool is_origin = equal_ignoring_case(word.text, "$ORIGIN");
    if (!is_origin && !equal_ignoring_case(word.text, "$TTL"))
      return fault(word, shown + " is not a directive; use $ORIGIN or $TTL");
    if (tokens_.size() < 2) return fault_at_end(shown + " needs a value");
    if (tokens_.size() > 2) return fault(tokens_[2], shown + " takes one value");
    if (is_origin)
      read_origin(tokens_[1]);
    else if (const auto ttl = read_ttl(tokens_[1]))
      default_ttl_ = *ttl;
  }

  void read_origin(const Token& token) {
    auto name = Name::parse(token.text, origin_);
    if (!name) return fault(token, name.error().detail());
    origin_ = std::move(*name);
  }

  std::optional<std::uint32_t> read_ttl(const Token& token) {
    const auto ttl = token.quoted ? std::nullopt : parse_seconds(token.text);
    if (ttl && *ttl <= max_ttl) return ttl;
    fault(token,
          "TTL " + std::string(token.text) + " is out of range; use 0 to 2147483647, or 1h30m");
    return std::nullopt;
  }

  bool read_owner(const Token& token) {
    // Sorted files repeat owners; the text alone tells when nothing else moved the origin.
    auto name = Name::parse(token.text, origin_);
    if (token.quoted || !name) {
      fault(token, token.quoted ? "an owner name stands without quotes" : name.error().detail());
      return false;
    }
    if (!name->is_under(zone_)) {
      fault(token, name->to_string() + " is not in zone " + zone_.to_string());
      return false;
    }
    if (owners_.empty() || owners_.back().name != *name) {
      Bytes key = name->sort_key();
      owners_.push_back({std::move(*name), std::move(key)});
    }
    return true;
  }

  void read_record(std::size_t at) {
    std::optional<std::uint32_t> ttl;
    bool has_class = false;
    for (; at < tokens_.size(); ++at) {  // TTL and class in either order, RFC 1035 §5.1
      const Token& token = tokens_[at];
      if (!ttl && !token.quoted && token.text[0] >= '0' && token.text[0] <= '9') {
        ttl = read_ttl(token);
        if (!ttl) return;
      } else if (const auto its_class =
                     has_class || token.quoted ? std::nullopt : parse_class(token.text)) {
        if (*its_class != dns::RrClass::IN)
          return fault(token, "class " + std::string(token.text) + " is not served; use IN");
        has_class = true;
      } else {
        break;
      }
    }
    if (at >= tokens_.size()) return fault_at_end("a type must follow");
    const auto type = tokens_[at].quoted ? std::nullopt : dns::parse_rr_type(tokens_[at].text);
    if (!type)
      return fault(tokens_[at], '"' + std::string(tokens_[at].text) + "\" is not a record type");
    read_rdata(*type, at, ttl);
  }

  void read_rdata(RrType type, std::size_t type_at, std::optional<std::uint32_t> ttl) {
    if (dns::is_meta(type))
      return fault(tokens_[type_at], dns::to_string(type) + " is not a type that a zone can hold");
    const auto values = std::span<const Token>(tokens_).subspan(type_at + 1);
    std::size_t faulty = 0;
    auto rdata = parse_rdata(type, values, origin_, faulty);
    if (!rdata) {
      const std::string sentence = rdata.error().detail();
      return faulty < values.size() ? fault(values[faulty], sentence) : fault_at_end(sentence);
    }
    ttl = decide_ttl(type, *rdata, ttl);
    if (!ttl)
      return fault(tokens_[type_at],
                   "this record has no TTL, and neither $TTL nor a record before gives one");
    records_.push_back({static_cast<std::uint32_t>(owners_.size() - 1), *ttl, tokens_[0].line, type,
                        std::move(*rdata)});
  }

  // RFC 2308 §4: $TTL, else the last TTL given (RFC 1035 §5.1), else for the SOA its MINIMUM.
  std::optional<std::uint32_t> decide_ttl(RrType type, ByteView rdata,
                                          std::optional<std::uint32_t> given) {
    if (given) return last_ttl_ = given;
    if (default_ttl_) return default_ttl_;
    if (!last_ttl_ && type == RrType::SOA)
      last_ttl_ = std::min(load32(rdata.data() + rdata.size() - 4), max_ttl);
    return last_ttl_;
  }

  ByteView key_of(const Record& record) const noexcept {
    return ByteView(owners_[record.owner].sort_key).subspan(zone_key_octets_);
  }

  /// Record numbers in canonical order of owner, then type, then RDATA.
  std::vector<SortItem> sorted() const {
    std::vector<SortItem> items;
    items.reserve(records_.size());
    for (std::uint32_t i = 0; i < records_.size(); ++i)
      items.push_back({key_prefix(key_of(records_[i])), i, records_[i].type});
    std::sort(items.begin(), items.end(), [this](const SortItem& a, const SortItem& b) {
      if (a.prefix != b.prefix) return a.prefix < b.prefix;
      const Record &left = records_[a.record], &right = records_[b.record];
      if (left.owner != right.owner) {
        const ByteView x = key_of(left), y = key_of(right);
        const auto order =
            std::lexicographical_compare_three_way(x.begin(), x.end(), y.begin(), y.end());
        if (order != 0) return order < 0;
      }
      if (a.type != b.type) return a.type < b.type;
      return left.rdata < right.rdata;
    });
    return items;
  }

  std::vector<RecordSet> group() {
    std::vector<RecordSet> sets;
    std::vector<std::uint32_t> lines;  // where each set is first met in the file
    sets.reserve(owners_.size());
    lines.reserve(owners_.size());
    for (const SortItem& item : sorted()) {
      Record& record = records_[item.record];
      const Name& owner = owners_[record.owner].name;
      if (sets.empty() || sets.back().type != record.type || sets.back().owner != owner) {
        RecordSet& set = sets.emplace_back();
        set.owner = owner;
        set.type = record.type;
        set.ttl = record.ttl;
        lines.push_back(record.line);
      }
      RecordSet& set = sets.back();
      set.ttl = std::min(set.ttl, record.ttl);  // RFC 2181 §5.2
      lines.back() = std::min(lines.back(), record.line);
      if (set.rdata.empty() || set.rdata.back() != record.rdata)
        set.rdata.push_back(std::move(record.rdata));
    }
    check(sets, lines);
    return sets;
  }

  void check(const std::vector<RecordSet>& sets, const std::vector<std::uint32_t>& lines) {
    if (sets.empty() || sets[0].owner != zone_)
      fault(1, 1, "the zone needs SOA and NS records at " + zone_.to_string());
    for (std::size_t first = 0; first < sets.size() && !full();) {
      std::size_t end = first;
      for (; end < sets.size() && sets[end].owner == sets[first].owner; ++end)
        for (const Error& error : check_record_set(sets[end], zone_))
          fault(lines[end], 1, error.detail());
      std::string_view told;  // every set of a CNAME's name has the same fault: one line tells it
      const auto faults = faults_of_name(std::span(sets).subspan(first, end - first), zone_);
      for (const SetFault& found : faults) {
        if (found.error.detail() != told) fault(lines[first + found.set], 1, found.error.detail());
        told = found.error.detail();
      }
      first = end;
    }
  }

  Tokenizer tokenizer_;
  const Name& zone_;
  Name origin_;
  std::string_view file_name_;
  std::size_t zone_key_octets_;
  std::vector<Token> tokens_;
  std::vector<Owner> owners_;
  std::vector<Record> records_;
  std::optional<std::uint32_t> default_ttl_, last_ttl_;
  std::vector<Error> faults_;
};

}  // namespace

Result<std::vector<RecordSet>> parse_zone_file(std::string_view text, const Name& origin,
                                               std::string_view file_name,
                                               const std::function<void(std::size_t)>& progress) {
  return ZoneFileReader(text, origin, file_name).read(progress);
}

}  // namespace waymark::zones
