#include "amqp/tls_session.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace amqp_sidecar::amqp {
namespace {

// The most that a TLS record holds.
constexpr size_t kRecordBytes = 16u << 10;

bool IsAddress(const std::string& name) {
  in6_addr any{};
  return ::inet_pton(AF_INET, name.c_str(), &any) == 1 ||
         ::inet_pton(AF_INET6, name.c_str(), &any) == 1;
}

// The names of a certificate have neither the root's dot nor a zone.
std::string WithoutDotAndZone(std::string name) {
  if (name.find(':') != std::string::npos) name = name.substr(0, name.find('%'));
  if (name.size() > 1 && name.ends_with('.')) name.pop_back();
  return name;
}

}  // namespace

void TlsSession::Free::operator()(ssl_st* ssl) const { SSL_free(ssl); }

TlsSession::TlsSession(TlsContext context, const std::string& name, bool have_certificate)
    : context_(std::move(context)),
      name_(WithoutDotAndZone(name)),
      ssl_(SSL_new(context_.get())),
      certificate_{false, have_certificate} {
  in_ = BIO_new(BIO_s_mem());
  out_ = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl_.get(), in_, out_);
  SSL_set_connect_state(ssl_.get());
  SSL_set_app_data(ssl_.get(), this);
  SSL_set_verify(ssl_.get(), SSL_VERIFY_PEER, OnVerify);
  SSL_set_cert_cb(ssl_.get(), OnCertificateRequest, this);
  X509_VERIFY_PARAM* const verify = SSL_get0_param(ssl_.get());
  bool named = false;
  if (IsAddress(name_)) {
    named = X509_VERIFY_PARAM_set1_ip_asc(verify, name_.c_str()) == 1;
  } else {
    X509_VERIFY_PARAM_set_hostflags(verify, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    named = X509_VERIFY_PARAM_set1_host(verify, name_.data(), name_.size()) == 1 &&
            SSL_set_tlsext_host_name(ssl_.get(), name_.c_str()) == 1;
  }
  // Never on without knowing whom the certificate is to be for.
  if (!named || name_.empty()) error_ = "the name of the broker cannot be verified by TLS";
}

TlsSession::~TlsSession() = default;

int TlsSession::OnVerify(int good, X509_STORE_CTX* store) {
  if (good == 1) return 1;
  auto* const ssl =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* const session = static_cast<TlsSession*>(SSL_get_app_data(ssl));
  session->certificate_fault_ = CertificateFault(store, session->name_);
  return 0;
}

int TlsSession::OnCertificateRequest(SSL*, void* session) {
  static_cast<TlsSession*>(session)->certificate_.asked_for = true;
  return 1;
}

void TlsSession::Feed(std::string_view bytes) {
  BIO_write(in_, bytes.data(), static_cast<int>(bytes.size()));
}

TlsSession::Progress TlsSession::Handshake() {
  if (!error_.empty()) return Progress::kFailed;
  ERR_clear_error();
  return Judge(SSL_do_handshake(ssl_.get()));
}

TlsSession::Progress TlsSession::Read(std::span<char> buffer, size_t& size) {
  size = 0;
  if (!error_.empty()) return Progress::kFailed;
  // A record is small where the broker's frames are: as many as fit.
  Progress progress = Progress::kDone;
  while (progress == Progress::kDone && size < buffer.size()) {
    size_t got = 0;
    ERR_clear_error();
    progress = Judge(SSL_read_ex(ssl_.get(), buffer.data() + size, buffer.size() - size, &got));
    size += got;
  }
  // What ended it is told by the next call.
  return size > 0 ? Progress::kDone : progress;
}

size_t TlsSession::Encrypt(std::span<const iovec> slots, size_t offset) {
  if (!error_.empty()) return 0;
  std::array<char, kRecordBytes> record;
  size_t size = 0;
  for (const iovec& slot : slots) {
    if (offset >= slot.iov_len) {
      offset -= slot.iov_len;
      continue;
    }
    const size_t piece = std::min(slot.iov_len - offset, record.size() - size);
    std::memcpy(record.data() + size, static_cast<const char*>(slot.iov_base) + offset, piece);
    size += piece;
    offset = 0;
    if (size == record.size()) break;
  }
  if (size == 0) return 0;
  ERR_clear_error();
  size_t written = 0;
  // Memory always takes a whole record.
  if (Judge(SSL_write_ex(ssl_.get(), record.data(), size, &written)) != Progress::kDone) {
    if (error_.empty()) error_ = "TLS cannot be written to any more";
    return 0;
  }
  return written;
}

void TlsSession::Close() {
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
  TakeOutput();
}

void TlsSession::MarkSent(size_t bytes) {
  sent_ += bytes;
  if (sent_ < output_.size()) return;
  output_.clear();
  sent_ = 0;
}

TlsSession::Progress TlsSession::Judge(int result) {
  const int error = SSL_get_error(ssl_.get(), result);
  const unsigned long reason = ERR_peek_error();
  TakeOutput();
  if (result == 1) return Progress::kDone;
  if (error == SSL_ERROR_WANT_READ) return Progress::kNeedsMore;
  if (error == SSL_ERROR_ZERO_RETURN) return Progress::kEnded;
  error_ = certificate_fault_.empty() ? TlsFault(reason, certificate_) : certificate_fault_;
  ERR_clear_error();
  return Progress::kFailed;
}

void TlsSession::TakeOutput() {
  const size_t pending = BIO_ctrl_pending(out_);
  if (pending == 0) return;
  const size_t before = output_.size();
  output_.resize(before + pending);
  BIO_read(out_, output_.data() + before, static_cast<int>(pending));
}

}  // namespace amqp_sidecar::amqp
