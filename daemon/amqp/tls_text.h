// What went wrong with TLS, in words that say what to do. Any thread. Decides nothing.
#pragma once

#include <string>

#include <openssl/types.h>

namespace amqp_sidecar::amqp {

// OpenSSL's own word for an error of its queue.
std::string TlsErrorReason(unsigned long error);

// Why the broker's certificate is not taken. `store` is in the middle of the verification that
// failed; `name` is what the certificate must carry.
std::string CertificateFault(X509_STORE_CTX* store, const std::string& name);

// Whether the broker asked for a certificate of ours, and whether we have one.
struct ClientCertificate {
  bool asked_for = false;
  bool have = false;
};

// Why the handshake failed, or a session ended, by OpenSSL's `error`; 0 where it has none.
std::string TlsFault(unsigned long error, const ClientCertificate& certificate);

}  // namespace amqp_sidecar::amqp
