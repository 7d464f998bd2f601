// TlsContext: what a TLS connection to the broker is made with: whom to trust, what to show. From
// files, read anew for each connection, so that replaced ones count without a restart. Any thread.
// Blocks on the files, which must be small and local.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"

struct ssl_ctx_st;  // OpenSSL's SSL_CTX

namespace amqp_sidecar::amqp {

// The settings amqp.tls.*, whose names stand in what is told of them.
struct TlsOptions {
  std::string ca_file;      // PEM; empty: the system's authorities
  std::string cert_file;    // PEM, the chain behind it; empty: none
  std::string key_file;     // PEM, without a passphrase
  std::string server_name;  // a DNS name or an IP address; empty: the host that is dialed
};

struct FreeTlsContext {
  void operator()(ssl_ctx_st* context) const;
};
using TlsContext = std::unique_ptr<ssl_ctx_st, FreeTlsContext>;

// TLS 1.2 and 1.3 alone, the other side's chain verified, no renegotiation.
//
// Errors: INVALID_ARGUMENT that begins with the setting, such as amqp.tls.ca_file: not readable, no
// certificate in it, a key that does not belong to the certificate.
absl::StatusOr<TlsContext> LoadTlsContext(const TlsOptions& options);

}  // namespace amqp_sidecar::amqp
