#include "tls_peer.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <array>

#include "support/catch.h"

namespace amqp_sidecar::amqp {
namespace {

void AddExtension(X509* certificate, int name, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, name, value.c_str());
  REQUIRE(extension != nullptr);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

}  // namespace

TlsPeer::TlsPeer(const std::string& names, int version)
    : context_(SSL_CTX_new(TLS_server_method())) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("peer"), -1, -1, 0);
  X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
  AddExtension(certificate, NID_subject_alt_name, names);
  REQUIRE(X509_sign(certificate, key, EVP_sha256()) > 0);

  REQUIRE(SSL_CTX_use_certificate(context_.get(), certificate) == 1);
  REQUIRE(SSL_CTX_use_PrivateKey(context_.get(), key) == 1);
  SSL_CTX_set_max_proto_version(context_.get(), version);
  BIO* pem = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(pem, certificate);
  certificate_.resize(BIO_ctrl_pending(pem));
  BIO_read(pem, certificate_.data(), static_cast<int>(certificate_.size()));
  BIO_free(pem);
  X509_free(certificate);
  EVP_PKEY_free(key);

  ssl_.reset(SSL_new(context_.get()));
  in_ = BIO_new(BIO_s_mem());
  out_ = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl_.get(), in_, out_);
  SSL_set_accept_state(ssl_.get());
}

void TlsPeer::Feed(std::string_view bytes) {
  BIO_write(in_, bytes.data(), static_cast<int>(bytes.size()));
}

std::string TlsPeer::TakeOutput() {
  std::string output(BIO_ctrl_pending(out_), '\0');
  BIO_read(out_, output.data(), static_cast<int>(output.size()));
  return output;
}

bool TlsPeer::Handshake() { return SSL_do_handshake(ssl_.get()) == 1; }

std::string TlsPeer::Read() {
  std::string all;
  std::array<char, 16384> buffer;
  size_t got = 0;
  while (SSL_read_ex(ssl_.get(), buffer.data(), buffer.size(), &got) == 1) {
    all.append(buffer.data(), got);
  }
  return all;
}

void TlsPeer::Write(std::string_view bytes) {
  size_t written = 0;
  REQUIRE(SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &written) == 1);
}

}  // namespace amqp_sidecar::amqp
