// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include <curl/curl.h>

#include "base/http_client.h"

namespace waymark {

template <auto Free>
struct CurlDeleter {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};
using Easy = std::unique_ptr<CURL, CurlDeleter<curl_easy_cleanup>>;
using Multi = std::unique_ptr<CURLM, CurlDeleter<curl_multi_cleanup>>;
using Url = std::unique_ptr<CURLU, CurlDeleter<curl_url_cleanup>>;
using List = std::unique_ptr<curl_slist, CurlDeleter<curl_slist_free_all>>;

/// One transfer of HttpClient, as libcurl is told of it. Included by http_client.cc alone.
struct HttpAttempt {
  const HttpClient::Permit* permit = nullptr;
  HttpRequest request;
  HttpClient::Done done;
  Easy easy;
  List connect_to, headers;
  std::size_t header_octets = 0;
  std::string body;
  bool enough = false;         // we ended it: all that was wanted has arrived
  std::optional<Error> fault;  // we ended it: this is why

  /// A handle with all that is the same for every request; the sockets are the client's matter.
  static Easy new_handle();
  /// Sets every option that differs from request to request. Fails with `bad_value` (path, host).
  Result<void> prepare();
  /// What libcurl's end of the transfer means.
  Result<HttpResponse> outcome(CURLcode ended);

 private:
  std::optional<std::string> url() const;
  void prepare_tls();
  void prepare_body();
  Result<void> prepare_headers();
  Error failure(CURLcode ended) const;
};

}  // namespace waymark
