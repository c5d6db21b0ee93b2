// SPDX-License-Identifier: Apache-2.0
#include "base/tls.h"

#include <openssl/ssl.h>

namespace waymark {
namespace {

using boost::system::error_code;

TlsContext make_context(asio::ssl::context::method method) {
  auto context = std::make_shared<asio::ssl::context>(method);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  SSL_CTX_set_options(context->native_handle(), SSL_OP_NO_RENEGOTIATION);
  return context;
}

Error refuse(const std::string& file, const error_code& failed) {
  return {ErrorCode::bad_value, file + " can not be used: " + failed.message()};
}

}  // namespace

Result<TlsContext> server_tls(const std::string& certificate_file, const std::string& key_file) {
  TlsContext context = make_context(asio::ssl::context::tls_server);
  error_code failed;
  context->use_certificate_chain_file(certificate_file, failed);
  if (failed) return refuse(certificate_file, failed);
  context->use_private_key_file(key_file, asio::ssl::context::pem, failed);
  if (failed) return refuse(key_file, failed);
  if (SSL_CTX_check_private_key(context->native_handle()) != 1)
    return Error(ErrorCode::bad_value, key_file + " is not the key of " + certificate_file);
  return context;
}

Result<TlsContext> client_tls(const std::string& authorities_file) {
  TlsContext context = make_context(asio::ssl::context::tls_client);
  error_code failed;
  if (authorities_file.empty())
    context->set_default_verify_paths(failed);
  else
    context->load_verify_file(authorities_file, failed);
  if (failed) return refuse(authorities_file, failed);
  context->set_verify_mode(asio::ssl::verify_peer, failed);
  return context;
}

}  // namespace waymark
