// SPDX-License-Identifier: Apache-2.0
#include "base/http_attempt.h"

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

#include "base/connect_error.h"
#include "base/tls_crypto.h"

namespace waymark {
namespace {

constexpr std::chrono::milliseconds max_connect_time{4'000};
constexpr std::size_t max_header_octets = 16'384;
constexpr long buffer_octets = 4'096;  // a thousand attempts at once stay small
constexpr long max_chain_octets = 65'536;
constexpr long ca_file_seconds = 60;  // for which a CA file that was read is not read again
constexpr const char* user_agent = "Waymark-Health-Check/0.1";

std::string host_text(const IpAddress& address) {
  return address.is_v4() ? address.to_string() : "[" + address.to_string() + "]";
}

bool has_control_or_space(std::string_view text) noexcept {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F; });
}

std::size_t on_header(const char* line, std::size_t, std::size_t octets, void* data) {
  auto& attempt = *static_cast<HttpAttempt*>(data);
  attempt.header_octets += octets;
  if (attempt.header_octets > max_header_octets) {
    attempt.fault = Error(ErrorCode::too_large, "the header block is over 16,384 octets");
    return 0;
  }
  long status = 0;
  curl_easy_getinfo(attempt.easy.get(), CURLINFO_RESPONSE_CODE, &status);
  const std::string_view text(line, octets);
  const bool header_ends = status >= 200 && (text == "\r\n" || text == "\n");
  if (!header_ends || !attempt.request.until.empty()) return octets;
  attempt.enough = true;
  return 0;
}

CURLcode on_tls_context(CURL*, void* context, void*) {
  limit_certificate_chain(context, max_chain_octets);
  return CURLE_OK;
}

std::size_t on_body(const char* octets, std::size_t, std::size_t count, void* data) {
  auto& attempt = *static_cast<HttpAttempt*>(data);
  const std::string& until = attempt.request.until;
  const std::size_t before = attempt.body.size();
  attempt.body.append(octets, std::min(count, attempt.request.body_limit - before));
  const std::size_t from = before - std::min(before, until.size() - 1);
  attempt.enough = attempt.body.size() >= attempt.request.body_limit ||
                   attempt.body.find(until, from) != std::string::npos;
  return attempt.enough ? 0 : count;
}

}  // namespace

Easy HttpAttempt::new_handle() {
  Easy owner(curl_easy_init());
  CURL* easy = owner.get();
  if (easy == nullptr) return owner;
  curl_easy_setopt(easy, CURLOPT_USERAGENT, user_agent);
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");  // also not from the environment
  curl_easy_setopt(easy, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
  curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, ca_file_seconds);
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, &on_tls_context);
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, buffer_octets);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &on_header);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &on_body);
  return owner;
}

Result<void> HttpAttempt::prepare() {
  if (!request.path.starts_with('/')) request.path.insert(0, "/");
  if (has_control_or_space(request.path))
    return Error(ErrorCode::bad_value, "the path has spaces or control characters; escape them");
  const auto address_url = url();
  if (!address_url || has_control_or_space(request.host))
    return Error(ErrorCode::bad_value, "\"" + request.host + "\" is not a host name");

  const std::string target = "::" + host_text(request.address) + ":" + std::to_string(request.port);
  connect_to.reset(curl_slist_append(nullptr, target.c_str()));
  CURL* handle = easy.get();
  curl_easy_setopt(handle, CURLOPT_URL, address_url->c_str());
  curl_easy_setopt(handle, CURLOPT_REQUEST_TARGET, request.path.c_str());
  curl_easy_setopt(handle, CURLOPT_CONNECT_TO, connect_to.get());
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(std::min(request.timeout, max_connect_time).count()));
  curl_easy_setopt(handle, CURLOPT_OPENSOCKETDATA, this);
  curl_easy_setopt(handle, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, this);
  prepare_tls();
  prepare_body();
  return prepare_headers();
}

void HttpAttempt::prepare_tls() {
  if (!request.tls) return;
  CURL* handle = easy.get();
  const auto file = [](const std::string& name) { return name.empty() ? nullptr : name.c_str(); };
  curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, request.verify ? 1L : 0L);
  curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, request.verify ? 2L : 0L);
  if (!request.ca_file.empty()) curl_easy_setopt(handle, CURLOPT_CAINFO, request.ca_file.c_str());
  curl_easy_setopt(handle, CURLOPT_SSLCERT, file(request.client_certificate));
  curl_easy_setopt(handle, CURLOPT_SSLKEY, file(request.client_key));
}

void HttpAttempt::prepare_body() {
  CURL* handle = easy.get();
  if (!request.post) {
    curl_easy_setopt(handle, CURLOPT_HTTPGET, 1L);
    return;
  }
  curl_easy_setopt(handle, CURLOPT_POST, 1L);
  curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request.post->c_str());
  curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE,
                   static_cast<curl_off_t>(request.post->size()));
}

Result<void> HttpAttempt::prepare_headers() {
  curl_slist* list = curl_slist_append(nullptr, "Connection: close");
  if (request.tls && !request.sni && !request.host.empty()) {
    const std::string port = request.port == 443 ? "" : ":" + std::to_string(request.port);
    list = curl_slist_append(list, ("Host: " + request.host + port).c_str());
  }
  for (const std::string& header : request.headers)
    list = curl_slist_append(list, header.c_str());
  headers.reset(list);
  if (list == nullptr) return Error(ErrorCode::unavailable, "no memory for an attempt");
  curl_easy_setopt(easy.get(), CURLOPT_HTTPHEADER, list);
  return {};
}

/// The URL holds scheme, host and port alone; libcurl checks the host's spelling.
std::optional<std::string> HttpAttempt::url() const {
  const Url parts(curl_url());
  // A name in the URL is a name in the handshake; so without SNI it stands in the header alone.
  const bool by_name = !request.host.empty() && (!request.tls || request.sni);
  const std::string host = by_name ? request.host : host_text(request.address);
  const std::string port = std::to_string(request.port);
  char* text = nullptr;
  if (curl_url_set(parts.get(), CURLUPART_SCHEME, request.tls ? "https" : "http", 0) != CURLUE_OK ||
      curl_url_set(parts.get(), CURLUPART_HOST, host.c_str(), 0) != CURLUE_OK ||
      curl_url_set(parts.get(), CURLUPART_PORT, port.c_str(), 0) != CURLUE_OK ||
      curl_url_set(parts.get(), CURLUPART_PATH, "/", 0) != CURLUE_OK ||
      curl_url_get(parts.get(), CURLUPART_URL, &text, 0) != CURLUE_OK)
    return std::nullopt;
  const std::unique_ptr<char, CurlDeleter<curl_free>> owner(text);
  return std::string(text);
}

Result<HttpResponse> HttpAttempt::outcome(CURLcode ended) {
  if (ended != CURLE_OK && !enough) return failure(ended);
  long status = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
  return HttpResponse{static_cast<int>(status), std::move(body)};
}

Error HttpAttempt::failure(CURLcode ended) const {
  if (fault) return *fault;
  long error_number = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_OS_ERRNO, &error_number);
  switch (ended) {
    case CURLE_OPERATION_TIMEDOUT: {
      curl_off_t connected = 0;
      curl_easy_getinfo(easy.get(), CURLINFO_CONNECT_TIME_T, &connected);
      const auto limit =
          connected == 0 ? std::min(request.timeout, max_connect_time) : request.timeout;
      return {ErrorCode::timed_out, timed_out_text(limit)};
    }
    case CURLE_COULDNT_CONNECT: {
      const int number = static_cast<int>(error_number);
      const ErrorCode other = number == ECONNREFUSED ? ErrorCode::not_found : ErrorCode::io;
      return {is_local_shortage(number) ? ErrorCode::unavailable : other,
              connect_error_text(number)};
    }
    case CURLE_OUT_OF_MEMORY:
      return {ErrorCode::too_large, "a header line is too long"};  // libcurl's word for it
    case CURLE_GOT_NOTHING:
      return {ErrorCode::io, "connection closed without an answer"};
    case CURLE_PARTIAL_FILE:
      return {ErrorCode::io, "connection closed in the middle of the body"};
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
      return {ErrorCode::io, "connection reset"};
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
      return {ErrorCode::io, "the answer is not HTTP/1.0 or HTTP/1.1"};
    case CURLE_PEER_FAILED_VERIFICATION:
      return {ErrorCode::unauthorized, "the certificate is not valid for this host"};
    case CURLE_SSL_CONNECT_ERROR:
      return {ErrorCode::unauthorized, "TLS handshake failed"};
    case CURLE_SSL_CACERT_BADFILE:
      return {ErrorCode::bad_value, "the CA file can not be read"};
    case CURLE_SSL_CERTPROBLEM:
      return {ErrorCode::bad_value, "the client certificate or its key can not be used"};
    default:
      return {ErrorCode::io, curl_easy_strerror(ended)};
  }
}

}  // namespace waymark
