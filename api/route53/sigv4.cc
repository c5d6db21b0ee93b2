// SPDX-License-Identifier: Apache-2.0
#include "api/route53/sigv4.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "api/http/router.h"
#include "base/bytes.h"
#include "base/result.h"
#include "base/tls_crypto.h"

namespace waymark::api {
namespace {

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256", terminator = "aws4_request";

using Digest = std::array<Octet, 32>;

std::string sha256_hex(std::string_view text) {
  const ByteView piece = as_octets(text);
  return hex(sha256({&piece, 1}));
}

Digest hmac(std::string_view key, std::string_view text) {
  Digest digest{};
  unsigned octets = 0;
  WAYMARK_ASSERT(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                      as_octets(text).data(), text.size(), digest.data(), &octets) != nullptr);
  return digest;
}

std::string_view text_of(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

std::vector<std::string> split(std::string_view text, char at) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t end = text.find(at);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool is_made_of(std::string_view text, std::string_view letters) {
  return !text.empty() && text.find_first_not_of(letters) == std::string_view::npos;
}

std::vector<std::string_view> values_of(const RawRequest& request, std::string_view name) {
  std::vector<std::string_view> found;
  for (const auto& [key, value] : request.headers)
    if (lower(key) == name) found.push_back(value);
  return found;
}

std::string_view path_of(std::string_view target) {
  return target.substr(0, target.find('?'));
}
std::string_view query_of(std::string_view target) {
  const std::size_t question = target.find('?');
  return question == std::string_view::npos ? std::string_view() : target.substr(question + 1);
}

/// As it stands when it can not be decoded: then the router refuses it.
std::string decoded(const std::string& text) {
  auto plain = percent_decode(text);
  return plain ? std::move(*plain) : text;
}

/// The path as it was sent, without dot segments and empty ones, encoded once more: for all
/// services but S3.
std::string canonical_path(std::string_view path) {
  std::vector<std::string> segments;
  for (std::string& segment : split(path, '/')) {
    if (segment.empty() || segment == ".") continue;
    if (segment != "..")
      segments.push_back(std::move(segment));
    else if (!segments.empty())
      segments.pop_back();
  }
  std::string out;
  for (const std::string& segment : segments)
    out += "/" + percent_encode(segment);
  return path.ends_with('/') || segments.empty() ? out + "/" : out;
}

std::string canonical_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const std::string& part : split(query, '&')) {
    if (part.empty()) continue;
    const std::size_t equals = part.find('=');
    const auto encoded = [](std::string text) {
      std::replace(text.begin(), text.end(), '+', ' ');
      return percent_encode(decoded(text));
    };
    pairs.emplace_back(encoded(part.substr(0, equals)),
                       equals == std::string::npos ? "" : encoded(part.substr(equals + 1)));
  }
  std::sort(pairs.begin(), pairs.end());
  std::string out;
  for (const auto& [name, value] : pairs)
    out += (out.empty() ? "" : "&") + name + "=" + value;
  return out;
}

/// Without blanks around it, and one where there are several.
std::string canonical_value(std::string_view value) {
  std::string out;
  for (const char c : trimmed(value))
    if ((c != ' ' && c != '\t') || out.back() != ' ') out += c == '\t' ? ' ' : c;
  return out;
}

AwsFault incomplete(std::string sentence) {
  return {400, "IncompleteSignature", std::move(sentence)};
}

/// "20150830T123600Z".
std::optional<TimePoint> parse_amz_date(std::string_view text) {
  if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
  const auto number = [&](std::size_t at, std::size_t digits) -> int {
    int value = 0;
    const char* end = text.data() + at + digits;
    const auto [stop, failure] = std::from_chars(text.data() + at, end, value);
    return failure == std::errc{} && stop == end && text[at] != '-' ? value : -1;
  };
  using namespace std::chrono;  // NOLINT(google-build-using-namespace)
  const int hour = number(9, 2), minute = number(11, 2), second = number(13, 2);
  const int month_number = number(4, 2), day_number = number(6, 2);
  const year_month_day date{year(number(0, 4)), month(static_cast<unsigned>(month_number)),
                            day(static_cast<unsigned>(day_number))};
  // A TimePoint counts nanoseconds in 64 bits: other years would come out as a day near now.
  if (!date.ok() || date.year() < 1970y || date.year() > 2261y) return std::nullopt;
  if (month_number < 0 || day_number < 0 || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
      second < 0 || second > 60)
    return std::nullopt;
  return sys_days(date) + hours(hour) + minutes(minute) + seconds(second);
}

/// "Sun, 30 Aug 2015 12:36:00 GMT" (RFC 9110 §5.6.7; botocore writes -0000 for GMT) as
/// "20150830T123600Z". Empty: anything else.
std::string amz_date_of_http(std::string_view text) {
  constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  constexpr std::string_view shape = "aaa, 00 aaa 0000 00:00:00 ";
  if (text.size() < shape.size()) return {};
  const std::string_view zone = text.substr(shape.size());
  if (zone != "GMT" && zone != "-0000" && zone != "+0000") return {};
  const std::size_t month = months.find(text.substr(8, 3));
  if (month == std::string_view::npos || month % 3 != 0) return {};
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (shape[i] == '0' ? !digit : shape[i] != 'a' && shape[i] != text[i]) return {};
  }
  const std::string number = std::to_string(month / 3 + 101).substr(1);
  return std::string(text.substr(12, 4)) + number + std::string(text.substr(5, 2)) + "T" +
         std::string(text.substr(17, 2)) + std::string(text.substr(20, 2)) +
         std::string(text.substr(23, 2)) + "Z";
}

/// The header that says when a request was signed: Date counts where there is no x-amz-date.
std::string_view time_header(const RawRequest& request) {
  return values_of(request, "x-amz-date").empty() ? "date" : "x-amz-date";
}

/// `Credential=…, SignedHeaders=…, Signature=…`: each once and nothing else.
AwsResult<SignatureClaim> read_authorization(std::string_view header) {
  if (!header.starts_with(algorithm) || header.size() == algorithm.size() ||
      header[algorithm.size()] != ' ')
    return incomplete("Sign with " + std::string(algorithm) + " in the Authorization header");
  SignatureClaim claim;
  std::string credential, headers;
  for (const std::string& part : split(header.substr(algorithm.size() + 1), ',')) {
    const std::string_view field = trimmed(part);
    const std::size_t equals = field.find('=');
    const std::string_view name = field.substr(0, equals);
    std::string* into = name == "Credential"      ? &credential
                        : name == "SignedHeaders" ? &headers
                        : name == "Signature"     ? &claim.signature
                                                  : nullptr;
    if (into == nullptr || !into->empty() || equals == std::string_view::npos)
      return incomplete("Authorization holds Credential, SignedHeaders and Signature, each once");
    *into = field.substr(equals + 1);
  }
  const auto scope = split(credential, '/');
  if (scope.size() != 5 || scope[0].empty() || scope[4] != terminator ||
      !is_made_of(scope[1], "0123456789") ||
      !is_made_of(scope[2], "abcdefghijklmnopqrstuvwxyz0123456789-"))
    return incomplete("Credential is KEY/YYYYMMDD/REGION/SERVICE/aws4_request");
  if (claim.signature.size() != 64 || !is_made_of(claim.signature, "0123456789abcdef"))
    return incomplete("Signature is 64 hexadecimal digits");
  claim.key_id = scope[0];
  claim.date = scope[1];
  claim.region = scope[2];
  claim.service = scope[3];
  claim.signed_headers = split(headers, ';');
  return claim;
}

/// None: they are in order.
std::optional<AwsFault> check_signed_headers(const RawRequest& request,
                                             const SignatureClaim& claim) {
  const auto& names = claim.signed_headers;
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i].empty() || lower(names[i]) != names[i] || (i > 0 && names[i] <= names[i - 1]))
      return incomplete("SignedHeaders is a sorted list of names in lower case");
  for (const std::string_view needed : {std::string_view("host"), time_header(request)})
    if (std::find(names.begin(), names.end(), needed) == names.end())
      return incomplete("The header " + std::string(needed) + " must be signed");
  for (const std::string& name : names)
    if (values_of(request, name).empty())
      return incomplete("The header " + name + " is signed, but was not sent");
  for (const auto& [key, value] : request.headers)
    if (const std::string name = lower(key);
        name.starts_with("x-amz-") && std::find(names.begin(), names.end(), name) == names.end())
      return incomplete("The header " + name + " must be signed");
  return std::nullopt;
}

std::optional<AwsFault> read_time(const RawRequest& request, SignatureClaim& claim, TimePoint now) {
  const std::string header(time_header(request));
  const auto dates = values_of(request, header);
  if (dates.size() != 1) return incomplete("There are several " + header + " headers");
  claim.time = trimmed(dates[0]);
  if (header == "date")
    if (std::string plain = amz_date_of_http(claim.time); !plain.empty())
      claim.time = std::move(plain);
  const auto time = parse_amz_date(claim.time);
  if (!time) return incomplete(header + " is YYYYMMDDTHHMMSSZ");
  if (!claim.time.starts_with(claim.date) || claim.date.size() != 8)
    return incomplete("The date in Credential is not that of " + header);
  claim.at = *time;
  const Duration skew = *time > now ? *time - now : now - *time;
  if (skew > max_clock_skew)
    return AwsFault{400, "RequestExpired",
                    "The request's time " + claim.time + " is more than 5 minutes from ours"};
  return std::nullopt;
}

}  // namespace

AwsResult<SignatureClaim> read_claim(const RawRequest& request, std::string_view service,
                                     TimePoint now) {
  for (const std::string& part : split(query_of(request.target), '&')) {
    const std::string name = lower(decoded(part.substr(0, part.find('='))));
    if (name.starts_with("x-amz-"))
      return incomplete("Presigned requests are not accepted; sign the headers");
  }
  const auto authorizations = values_of(request, "authorization");
  if (authorizations.empty() || !values_of(request, "x-amzn-authorization").empty())
    return AwsFault{403, "MissingAuthenticationToken",
                    "Sign the request with Signature Version 4 in one Authorization header"};
  if (authorizations.size() > 1) return incomplete("There are several Authorization headers");
  auto claim = read_authorization(trimmed(authorizations[0]));
  if (!claim) return claim;
  if (claim->service != service)
    return AwsFault{
        403, "SignatureDoesNotMatch",
        "The credential is scoped to " + claim->service + ", not to " + std::string(service)};
  if (auto fault = check_signed_headers(request, *claim)) return *std::move(fault);
  if (auto fault = read_time(request, *claim, now)) return *std::move(fault);
  for (const std::string_view told : values_of(request, "x-amz-content-sha256"))
    if (trimmed(told) != sha256_hex(request.body))
      return AwsFault{403, "SignatureDoesNotMatch", "x-amz-content-sha256 is not the body's hash"};
  return claim;
}

std::string canonical_request(const RawRequest& request,
                              const std::vector<std::string>& signed_headers) {
  std::string out = request.method + "\n" + canonical_path(path_of(request.target)) + "\n" +
                    canonical_query(query_of(request.target)) + "\n";
  std::string names;
  for (const std::string& name : signed_headers) {
    out += name + ":";
    bool first = true;
    for (const std::string_view value : values_of(request, name)) {
      out += (first ? "" : ",") + canonical_value(value);
      first = false;
    }
    out += "\n";
    names += (names.empty() ? "" : ";") + name;
  }
  return out + "\n" + names + "\n" + sha256_hex(request.body);
}

std::string string_to_sign(const SignatureClaim& claim, std::string_view canonical) {
  return std::string(algorithm) + "\n" + claim.time + "\n" + claim.date + "/" + claim.region + "/" +
         claim.service + "/" + std::string(terminator) + "\n" + sha256_hex(canonical);
}

std::string signature_of(const SignatureClaim& claim, std::string_view canonical,
                         std::string_view secret) {
  Digest key = hmac("AWS4" + std::string(secret), claim.date);
  for (const std::string_view part :
       {std::string_view(claim.region), std::string_view(claim.service), terminator})
    key = hmac(text_of(key), part);
  return hex(hmac(text_of(key), string_to_sign(claim, canonical)));
}

bool is_signed_with(const RawRequest& request, const SignatureClaim& claim,
                    std::string_view secret) {
  const std::string right =
      signature_of(claim, canonical_request(request, claim.signed_headers), secret);
  return right.size() == claim.signature.size() &&
         CRYPTO_memcmp(right.data(), claim.signature.data(), right.size()) == 0;
}

}  // namespace waymark::api
