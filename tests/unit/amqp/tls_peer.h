// TlsPeer: the broker's end of TLS, with a certificate of its own that it signed itself, without
// I/O. One thread.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <string_view>

namespace amqp_sidecar::amqp {

class TlsPeer {
 public:
  // The certificate is for `names`, in OpenSSL's writing: "DNS:rabbit,IP:127.0.0.1".
  explicit TlsPeer(const std::string& names = "DNS:localhost,IP:127.0.0.1",
                   int version = TLS1_3_VERSION);

  // In PEM.
  const std::string& certificate() const { return certificate_; }

  // Bytes from the client; then what there is to answer.
  void Feed(std::string_view bytes);
  std::string TakeOutput();

  // Goes on with the handshake; true once it is done.
  bool Handshake();
  // All that is decrypted, or can be.
  std::string Read();
  void Write(std::string_view bytes);
  void Close() { SSL_shutdown(ssl_.get()); }
  // New keys, for both sides.
  void UpdateKeys() { SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_REQUESTED); }
  bool GotGoodbye() const { return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0; }

 private:
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  std::unique_ptr<SSL_CTX, Free> context_;
  std::unique_ptr<SSL, Free> ssl_;
  BIO* in_ = nullptr;
  BIO* out_ = nullptr;
  std::string certificate_;
};

}  // namespace amqp_sidecar::amqp
