#include "amqp/tls_context.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "amqp/tls_text.h"
#include "base/file.h"
#include "base/strings.h"

namespace amqp_sidecar::amqp {
namespace {

// A bundle of all the authorities of the world has a quarter of it.
constexpr size_t kMaxFileBytes = 1u << 20;

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Certificate = std::unique_ptr<X509, Free>;

// Without it OpenSSL asks for a passphrase at the terminal, and waits.
int NoPassphrase(char*, int, int, void*) { return -1; }

// A setting that names a PEM file.
struct PemFile {
  const char* setting;
  const std::string& path;

  absl::Status Fail(const std::string& what) const {
    ERR_clear_error();
    return absl::InvalidArgumentError(base::Concat(setting, ": ", what));
  }
  absl::Status Broken(const char* what) const {
    return Fail(base::Concat(path, " has ", what, ": ", TlsErrorReason(ERR_peek_last_error())));
  }
  absl::StatusOr<std::string> Read() const {
    absl::StatusOr<std::string> text = base::ReadRegularFile(path, kMaxFileBytes);
    if (!text.ok()) return Fail(std::string(text.status().message()));
    return text;
  }
};

std::unique_ptr<BIO, Free> Open(const std::string& text) {
  return std::unique_ptr<BIO, Free>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Whether the end of the file is what ended the reading, as opposed to a broken element.
bool AtEnd() {
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (at_end) ERR_clear_error();
  return at_end;
}

absl::Status LoadAuthorities(const PemFile& file, SSL_CTX* context) {
  const absl::StatusOr<std::string> text = file.Read();
  if (!text.ok()) return text.status();
  const auto bio = Open(*text);
  ERR_clear_error();
  int count = 0;
  while (const Certificate one{PEM_read_bio_X509(bio.get(), nullptr, NoPassphrase, nullptr)}) {
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), one.get()) != 1) {
      return file.Broken("a certificate that cannot be used");
    }
    ++count;
  }
  if (!AtEnd()) return file.Broken("a broken certificate");
  if (count == 0) return file.Fail(file.path + " has no certificate in it (PEM is expected)");
  return absl::OkStatus();
}

absl::Status LoadCertificate(const PemFile& file, SSL_CTX* context) {
  const absl::StatusOr<std::string> text = file.Read();
  if (!text.ok()) return text.status();
  const auto bio = Open(*text);
  ERR_clear_error();
  const Certificate own{PEM_read_bio_X509_AUX(bio.get(), nullptr, NoPassphrase, nullptr)};
  if (!own && AtEnd()) return file.Fail(file.path + " has no certificate in it (PEM is expected)");
  if (!own || SSL_CTX_use_certificate(context, own.get()) != 1) {
    return file.Broken("a certificate that cannot be used");
  }
  while (const Certificate one{PEM_read_bio_X509(bio.get(), nullptr, NoPassphrase, nullptr)}) {
    if (SSL_CTX_add1_chain_cert(context, one.get()) != 1) {
      return file.Broken("a certificate that cannot be used");
    }
  }
  return AtEnd() ? absl::OkStatus() : file.Broken("a broken certificate");
}

absl::Status LoadKey(const PemFile& file, SSL_CTX* context) {
  const absl::StatusOr<std::string> text = file.Read();
  if (!text.ok()) return text.status();
  const auto bio = Open(*text);
  ERR_clear_error();
  const std::unique_ptr<EVP_PKEY, Free> key(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassphrase, nullptr));
  if (!key && !base::Contains(*text, "PRIVATE KEY-----")) {
    return file.Fail(file.path + " has no private key in it (PEM is expected)");
  }
  if (!key && base::Contains(*text, "ENCRYPTED")) {
    return file.Fail(file.path + " is encrypted: store the key without a passphrase");
  }
  if (!key) return file.Broken("a broken private key");
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1) {
    return file.Fail(base::Concat(file.path, " is not the key of amqp.tls.cert_file: ",
                                  TlsErrorReason(ERR_peek_last_error())));
  }
  return absl::OkStatus();
}

}  // namespace

void FreeTlsContext::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }

absl::StatusOr<TlsContext> LoadTlsContext(const TlsOptions& options) {
  TlsContext context(SSL_CTX_new(TLS_client_method()));
  if (context == nullptr || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1) {
    return absl::InternalError("amqp.tls: OpenSSL does not start");
  }
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  if (options.ca_file.empty()) {
    SSL_CTX_set_default_verify_paths(context.get());
  } else if (auto status = LoadAuthorities({"amqp.tls.ca_file", options.ca_file}, context.get());
             !status.ok()) {
    return status;
  }
  if (options.cert_file.empty()) return context;
  if (auto status = LoadCertificate({"amqp.tls.cert_file", options.cert_file}, context.get());
      !status.ok()) {
    return status;
  }
  if (auto status = LoadKey({"amqp.tls.key_file", options.key_file}, context.get()); !status.ok()) {
    return status;
  }
  return context;
}

}  // namespace amqp_sidecar::amqp
