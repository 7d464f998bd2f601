#include "amqp/endpoint.h"

#include <charconv>
#include <optional>

#include "absl/strings/str_cat.h"

namespace amqp_sidecar::amqp {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Nothing where a % is not followed by two hexadecimal digits.
std::optional<std::string> Decode(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = HexDigit(text[i + 1]);
    const int low = HexDigit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return out;
}

absl::Status Invalid(std::string_view what) {
  return absl::InvalidArgumentError(std::string(what));
}

absl::Status BadEncoding(std::string_view part) {
  return Invalid(
      absl::StrCat("the ", std::string(part), " has a % without two hexadecimal digits"));
}

absl::Status ReadUser(std::string_view text, Endpoint& endpoint) {
  const size_t colon = text.find(':');
  const std::optional<std::string> user = Decode(text.substr(0, colon));
  if (!user) return BadEncoding("user");
  if (user->empty()) return Invalid("the user is empty");
  if (user->find('\0') != std::string::npos) return Invalid("the user has a NUL byte");
  endpoint.user = *user;
  if (colon == std::string_view::npos) return absl::OkStatus();
  const std::optional<std::string> password = Decode(text.substr(colon + 1));
  if (!password) return BadEncoding("password");
  if (password->find('\0') != std::string::npos) return Invalid("the password has a NUL byte");
  endpoint.password = *password;
  endpoint.has_password = true;
  return absl::OkStatus();
}

absl::Status ReadPort(std::string_view text, Endpoint& endpoint) {
  if (text.empty()) return absl::OkStatus();
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port < 1 || port > 65535) {
    return Invalid("the port is not a number from 1 to 65535");
  }
  endpoint.port = static_cast<uint16_t>(port);
  return absl::OkStatus();
}

absl::Status ReadHostAndPort(std::string_view text, Endpoint& endpoint) {
  std::string_view port;
  if (text.substr(0, 1) == "[") {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) return Invalid("the IPv6 address has no closing bracket");
    endpoint.host = std::string(text.substr(1, end - 1));
    port = text.substr(end + 1);
    if (!port.empty() && port[0] != ':') return Invalid("there is something behind the bracket");
  } else {
    const size_t colon = text.find(':');
    const std::optional<std::string> host = Decode(text.substr(0, colon));
    if (!host) return BadEncoding("host");
    endpoint.host = *host;
    port = colon == std::string_view::npos ? std::string_view() : text.substr(colon);
  }
  if (endpoint.host.empty()) return Invalid("the host is missing");
  if (endpoint.host.find('\0') != std::string::npos) return Invalid("the host has a NUL byte");
  return port.empty() ? absl::OkStatus() : ReadPort(port.substr(1), endpoint);
}

absl::Status ReadVhost(std::string_view text, Endpoint& endpoint) {
  if (text.empty()) return absl::OkStatus();
  if (text.find('/') != std::string_view::npos) {
    return Invalid("the virtual host has a slash in it: write %2F");
  }
  const std::optional<std::string> vhost = Decode(text);
  if (!vhost) return BadEncoding("virtual host");
  if (vhost->size() > 255) return Invalid("the virtual host is over 255 bytes");
  endpoint.vhost = *vhost;
  return absl::OkStatus();
}

}  // namespace

std::string Endpoint::HostAndPort() const {
  const bool bare_ipv6 = host.find(':') != std::string::npos;
  return bare_ipv6 ? absl::StrCat("[", host, "]:", port) : absl::StrCat(host, ":", port);
}

absl::StatusOr<Endpoint> ParseUri(std::string_view uri) {
  Endpoint endpoint;
  const size_t scheme_end = uri.find("://");
  const std::string_view scheme = uri.substr(0, scheme_end);
  if (scheme_end == std::string_view::npos || (scheme != "amqp" && scheme != "amqps")) {
    return Invalid("it does not begin with amqp:// or amqps://");
  }
  endpoint.tls = scheme == "amqps";
  if (endpoint.tls) endpoint.port = 5671;
  std::string_view rest = uri.substr(scheme_end + 3);
  if (rest.find_first_of("?#") != std::string_view::npos) {
    return Invalid("it has a query or a fragment (a ? or # in a name is written %3F or %23)");
  }
  const size_t slash = rest.find('/');
  std::string_view authority = rest.substr(0, slash);
  const std::string_view path =
      slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);

  const size_t at = authority.rfind('@');
  if (at != std::string_view::npos) {
    absl::Status status = ReadUser(authority.substr(0, at), endpoint);
    if (!status.ok()) return status;
    authority.remove_prefix(at + 1);
  }
  if (absl::Status status = ReadHostAndPort(authority, endpoint); !status.ok()) return status;
  if (absl::Status status = ReadVhost(path, endpoint); !status.ok()) return status;
  if (endpoint.user == "guest" && !endpoint.has_password) {
    endpoint.password = "guest";
    endpoint.has_password = true;
  }
  return endpoint;
}

}  // namespace amqp_sidecar::amqp
