#include "amqp/tls_text.h"

#include <arpa/inet.h>
#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <array>
#include <ctime>
#include <memory>

#include "base/strings.h"

namespace amqp_sidecar::amqp {
namespace {

constexpr int kNamesShown = 8;

// Printable ASCII alone, and not much of it: it is the other side's, and goes into logs.
std::string Clean(const unsigned char* data, int size) {
  std::string text;
  for (int i = 0; i < size && text.size() < 100; ++i) {
    text.push_back(data[i] >= 0x20 && data[i] < 0x7F ? static_cast<char>(data[i]) : '?');
  }
  return text;
}

// The common name, or all of it where there is none.
std::string NameToText(const X509_NAME* name) {
  const int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  if (at >= 0) {
    const ASN1_STRING* common = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
    return Clean(ASN1_STRING_get0_data(common), ASN1_STRING_length(common));
  }
  std::array<char, 256> line{};
  X509_NAME_oneline(name, line.data(), static_cast<int>(line.size()));
  return Clean(reinterpret_cast<const unsigned char*>(line.data()),
               static_cast<int>(std::char_traits<char>::length(line.data())));
}

std::string TimeToText(const ASN1_TIME* time) {
  tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return "an unreadable time";
  std::array<char, 32> text{};
  const size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S UTC", &parts);
  return {text.data(), size};
}

std::string AddressToText(const ASN1_OCTET_STRING* address) {
  const int family = ASN1_STRING_length(address) == 4 ? AF_INET : AF_INET6;
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (ASN1_STRING_length(address) != 4 && ASN1_STRING_length(address) != 16) return "?";
  ::inet_ntop(family, ASN1_STRING_get0_data(address), text.data(), text.size());
  return text.data();
}

// The host names and addresses that a certificate is for.
std::string NamesOf(X509* certificate) {
  struct FreeNames {
    void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
  };
  const std::unique_ptr<GENERAL_NAMES, FreeNames> names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::string all;
  int shown = 0;
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    std::string one;
    if (name->type == GEN_DNS) {
      one = Clean(ASN1_STRING_get0_data(name->d.dNSName), ASN1_STRING_length(name->d.dNSName));
    } else if (name->type == GEN_IPADD) {
      one = AddressToText(name->d.iPAddress);
    } else {
      continue;
    }
    if (++shown > kNamesShown) return all + ", and more";
    all += (all.empty() ? "" : ", ") + one;
  }
  if (all.empty()) all = NameToText(X509_get_subject_name(certificate));
  return all;
}

// "the broker's certificate", or whose else it is.
std::string Whose(X509_STORE_CTX* store, X509* certificate) {
  if (X509_STORE_CTX_get_error_depth(store) == 0 || certificate == nullptr) {
    return "the broker's certificate";
  }
  return base::Concat("the certificate of the authority \"",
                      NameToText(X509_get_subject_name(certificate)), "\"");
}

// What the broker thinks of the certificate that it was shown; empty where the alert is not of
// that.
std::string RefusedCertificate(int reason) {
  switch (reason) {
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
      return "it has expired, says the broker: renew it";
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
      return "the broker does not trust the authority that signed it";
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
      return "it is revoked, says the broker";
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
    case SSL_R_TLSV1_ALERT_DECRYPT_ERROR:
      return "see the broker's log";
    default:
      return "";
  }
}

bool WantsCertificate(int reason) {
  return reason == SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED ||
         reason == SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE ||
         reason == SSL_R_SSLV3_ALERT_BAD_CERTIFICATE;
}

}  // namespace

std::string TlsErrorReason(unsigned long error) {
  const char* reason = ERR_reason_error_string(error);
  return reason == nullptr ? "no reason is known" : reason;
}

std::string CertificateFault(X509_STORE_CTX* store, const std::string& name) {
  X509* const certificate = X509_STORE_CTX_get_current_cert(store);
  const std::string whose = Whose(store, certificate);
  const int error = X509_STORE_CTX_get_error(store);
  if (certificate == nullptr) return whose + ": " + X509_verify_cert_error_string(error);
  switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return base::Concat(whose, " expired at ", TimeToText(X509_get0_notAfter(certificate)),
                          ": renew it, unless this host's clock is wrong");
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return base::Concat(whose, " is not valid before ",
                          TimeToText(X509_get0_notBefore(certificate)),
                          ": check this host's clock");
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return base::Concat(whose, " is for ", NamesOf(certificate), " and not for ", name,
                          ": connect by a name that it carries, or name one in "
                          "amqp.tls.server_name");
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return base::Concat(whose,
                          " is signed by itself and not trusted: to trust it, name it in "
                          "amqp.tls.ca_file");
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return base::Concat(whose, " is signed by \"", NameToText(X509_get_issuer_name(certificate)),
                          "\", an authority that is not trusted: name that authority's "
                          "certificate in amqp.tls.ca_file");
    default:
      return base::Concat(whose, " is not valid: ", X509_verify_cert_error_string(error));
  }
}

std::string TlsFault(unsigned long error, const ClientCertificate& certificate) {
  const int reason = ERR_GET_LIB(error) == ERR_LIB_SSL ? ERR_GET_REASON(error) : 0;
  if (WantsCertificate(reason) && certificate.asked_for && !certificate.have) {
    return "the broker asks for a client certificate: set amqp.tls.cert_file and "
           "amqp.tls.key_file";
  }
  if (const std::string why = RefusedCertificate(reason);
      !why.empty() && certificate.asked_for && certificate.have) {
    return base::Concat("the broker refused the client certificate (amqp.tls.cert_file): ", why);
  }
  switch (reason) {
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
    case SSL_R_WRONG_SSL_VERSION:
      return "the broker offers neither TLS 1.2 nor TLS 1.3: enable one of them there";
    case SSL_R_WRONG_VERSION_NUMBER:
      return "the other side does not speak TLS: is this the broker's port for amqps?";
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
      return "the broker refused the TLS handshake: it may have no cipher in common with us";
    default:
      return base::Concat("TLS failed: ", TlsErrorReason(error));
  }
}

}  // namespace amqp_sidecar::amqp
