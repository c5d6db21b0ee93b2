// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include <boost/asio/ssl/context.hpp>

#include "base/async.h"
#include "base/result.h"

namespace waymark {

/// A certificate and its key, or authorities; shared by the connections made with it. Null: no TLS.
using TlsContext = std::shared_ptr<asio::ssl::context>;

/// For a server, TLS 1.2 and later (RFC 9325 §3.1.1). PEM files: the chain, leaf first, and its
/// key. Fails with `bad_value`, naming the file.
Result<TlsContext> server_tls(const std::string& certificate_file, const std::string& key_file);

/// For a client that checks the server's certificate against a PEM file, or the system's
/// authorities when it is empty. Fails with `bad_value`, naming the file.
Result<TlsContext> client_tls(const std::string& authorities_file);

}  // namespace waymark
