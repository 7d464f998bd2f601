#include "support/certificates.h"

#include <array>
#include <ctime>
#include <stdexcept>
#include <vector>

#include "support/subprocess.h"

namespace amqp_sidecar::test {
namespace {

void OpenSsl(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "openssl");
  const RunResult result = Run(arguments);
  if (result.exit_code != 0) throw std::runtime_error("openssl: " + result.output());
}

void NewKey(const std::string& file) {
  OpenSsl({"genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", file});
}

void SignByItself(const std::string& key, const std::string& certificate, const std::string& name,
                  const std::vector<std::string>& extensions) {
  std::vector<std::string> command = {"req",       "-x509", "-key", key,     "-out",
                                      certificate, "-days", "2",    "-subj", "/CN=" + name};
  for (const std::string& extension : extensions) {
    command.insert(command.end(), {"-addext", extension});
  }
  OpenSsl(command);
}

// As `openssl ca` wants it.
std::string ToText(std::chrono::system_clock::time_point time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y%m%d%H%M%SZ", &parts)};
}

}  // namespace

CertificateAuthority::CertificateAuthority(const std::string& name) {
  NewKey(dir_.File("ca-key.pem"));
  SignByItself(dir_.File("ca-key.pem"), file(), name, {"keyUsage=critical,keyCertSign,cRLSign"});
  dir_.Write("index.txt", "");
  dir_.Write("serial", "01\n");
  dir_.Write("ca.conf", "[ca]\ndefault_ca = own\n[own]\ndatabase = " + dir_.File("index.txt") +
                            "\nserial = " + dir_.File("serial") + "\nnew_certs_dir = " +
                            dir_.path() + "\ndefault_md = sha256\npolicy = any\n" +
                            "unique_subject = no\n[any]\ncommonName = supplied\n");
}

CertificateFiles CertificateAuthority::Issue(const Request& request) {
  const std::string base = dir_.File("issued-" + std::to_string(++issued_));
  const CertificateFiles files{base + ".pem", base + "-key.pem"};
  NewKey(files.key);
  OpenSsl({"req", "-new", "-key", files.key, "-out", base + ".csr", "-subj",
           "/CN=" + request.common_name});
  const std::string extensions = dir_.Write(
      "extensions.conf", request.names.empty() ? "" : "subjectAltName = " + request.names + "\n");
  OpenSsl({"ca", "-batch", "-notext", "-config", dir_.File("ca.conf"), "-cert", file(), "-keyfile",
           dir_.File("ca-key.pem"), "-in", base + ".csr", "-out", files.certificate, "-extfile",
           extensions, "-startdate", ToText(request.begin), "-enddate", ToText(request.end)});
  return files;
}

CertificateFiles SelfSigned(const TempDir& dir) {
  const CertificateFiles files{dir.File("self.pem"), dir.File("self-key.pem")};
  NewKey(files.key);
  SignByItself(files.key, files.certificate, "localhost",
               {"subjectAltName=DNS:localhost,IP:127.0.0.1"});
  return files;
}

}  // namespace amqp_sidecar::test
