// TlsSession: one TLS connection to the broker, without I/O: what came in, what is to go out, and
// the plain bytes in between. io thread. Knows no sockets: tls_transport.h does.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "amqp/tls_context.h"
#include "amqp/tls_text.h"

struct bio_st;  // OpenSSL's BIO
struct ssl_st;  // OpenSSL's SSL

namespace amqp_sidecar::amqp {

class TlsSession {
 public:
  // `name`, a DNS name or an IP address, is what the other side's certificate must carry.
  TlsSession(TlsContext context, const std::string& name, bool have_certificate);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  // Bytes from the other side, cut anywhere.
  void Feed(std::string_view bytes);

  enum class Progress {
    kNeedsMore,  // bytes of the other side; what output() has goes out first
    kDone,
    kEnded,   // the other side said goodbye
    kFailed,  // error() says why; what output() has may still be sent, to tell the other side
  };

  // To be called at the start and after each Feed, until it is kDone.
  Progress Handshake();

  // Plain bytes into `buffer`: `size` of them with kDone, none with any other.
  Progress Read(std::span<char> buffer, size_t& size);

  // Encrypts the bytes of `slots` from `offset` on into output(), one record's worth, and returns
  // how many. Small pieces share a record. 0 where there are none, or it failed.
  size_t Encrypt(std::span<const iovec> slots, size_t offset);

  // The goodbye, into output().
  void Close();

  // What is to be sent to the other side, and that its first `bytes` were.
  std::string_view output() const { return std::string_view(output_).substr(sent_); }
  void MarkSent(size_t bytes);

  const std::string& error() const { return error_; }

 private:
  static int OnVerify(int good, x509_store_ctx_st* store);
  static int OnCertificateRequest(ssl_st* ssl, void* session);

  Progress Judge(int result);
  void TakeOutput();

  struct Free {
    void operator()(ssl_st* ssl) const;
  };

  // Constant after construction.
  const TlsContext context_;
  const std::string name_;

  // Owned by the io thread.
  std::unique_ptr<ssl_st, Free> ssl_;
  bio_st* in_ = nullptr;   // owned by ssl_
  bio_st* out_ = nullptr;  // owned by ssl_
  std::string output_;
  size_t sent_ = 0;  // of output_
  ClientCertificate certificate_;
  std::string certificate_fault_;  // of the other side's
  std::string error_;
};

}  // namespace amqp_sidecar::amqp
