// CertificateAuthority: makes certificates with the openssl command line tool, as an operator
// would. Gone with the object. One thread.
#pragma once

#include <chrono>
#include <string>

#include "support/temp_dir.h"

namespace amqp_sidecar::test {

// Files in PEM.
struct CertificateFiles {
  std::string certificate;
  std::string key;
};

class CertificateAuthority {
 public:
  explicit CertificateAuthority(const std::string& name = "Test CA");

  // The authority's own certificate.
  std::string file() const { return dir_.File("ca.pem"); }

  struct Request {
    std::string common_name = "localhost";
    std::string names = "DNS:localhost,IP:127.0.0.1";  // subjectAltName; empty: none
    std::chrono::system_clock::time_point begin =
        std::chrono::system_clock::now() - std::chrono::hours(1);
    std::chrono::system_clock::time_point end =
        std::chrono::system_clock::now() + std::chrono::hours(24);
  };
  CertificateFiles Issue(const Request& request);
  CertificateFiles Issue() { return Issue(Request()); }

 private:
  TempDir dir_;
  int issued_ = 0;
};

// A certificate for localhost that no authority signed.
CertificateFiles SelfSigned(const TempDir& dir);

}  // namespace amqp_sidecar::test
