#include "json/uri.h"

#include <algorithm>
#include <cstddef>

#include "base/strings.h"

namespace amqp_sidecar::json {
namespace {

struct Components {
  std::string_view scheme;     // with its colon
  std::string_view authority;  // with its slashes
  std::string_view path;
  std::string_view query;     // with its question mark
  std::string_view fragment;  // with its number sign
};

bool IsAlpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsAlphanumeric(char c) { return IsAlpha(c) || (c >= '0' && c <= '9'); }

std::string_view TakeScheme(std::string_view& rest) {
  const size_t colon = rest.find_first_of(":/?#");
  if (colon == std::string_view::npos || colon == 0 || rest[colon] != ':') return {};
  const std::string_view name = rest.substr(0, colon);
  const bool is_scheme = IsAlpha(name.front()) && std::ranges::all_of(name, [](char c) {
                           return IsAlphanumeric(c) || c == '+' || c == '-' || c == '.';
                         });
  if (!is_scheme) return {};
  const std::string_view scheme = rest.substr(0, colon + 1);
  rest.remove_prefix(colon + 1);
  return scheme;
}

Components Split(std::string_view uri) {
  Components parts;
  const auto take_behind = [&uri](char mark) {
    const size_t at = std::min(uri.find(mark), uri.size());
    const std::string_view behind = uri.substr(at);
    uri = uri.substr(0, at);
    return behind;
  };
  parts.fragment = take_behind('#');
  parts.query = take_behind('?');
  parts.scheme = TakeScheme(uri);
  if (uri.starts_with("//")) {
    const size_t end = std::min(uri.find('/', 2), uri.size());
    parts.authority = uri.substr(0, end);
    uri.remove_prefix(end);
  }
  parts.path = uri;
  return parts;
}

// RFC 3986 §5.2.4.
std::string WithoutDots(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const size_t begin = path.starts_with('/') ? 1 : 0;
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view segment = path.substr(begin, end - begin);
    const bool is_last = end == path.size();
    if (segment == "..") {
      const size_t parent = out.rfind('/');
      out.erase(parent == std::string::npos ? 0 : parent);
      if (is_last) out += '/';
    } else if (segment == ".") {
      if (is_last && begin == 1) out += '/';
    } else {
      out += path.substr(0, end);
    }
    path.remove_prefix(end);
  }
  return out;
}

// RFC 3986 §5.2.3.
std::string Merged(const Components& base, std::string_view path) {
  if (!base.authority.empty() && base.path.empty()) return base::Concat("/", path);
  const size_t slash = base.path.rfind('/');
  if (slash == std::string_view::npos) return std::string(path);
  return base::Concat(base.path.substr(0, slash + 1), path);
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string ResolveUri(std::string_view base, std::string_view reference) {
  const Components from = Split(base);
  const Components to = Split(reference);
  if (!to.scheme.empty()) {
    return base::Concat(to.scheme, to.authority, WithoutDots(to.path), to.query, to.fragment);
  }
  if (!to.authority.empty()) {
    return base::Concat(from.scheme, to.authority, WithoutDots(to.path), to.query, to.fragment);
  }
  const std::string_view query = to.path.empty() && to.query.empty() ? from.query : to.query;
  std::string path(from.path);
  if (to.path.starts_with('/')) {
    path = WithoutDots(to.path);
  } else if (!to.path.empty()) {
    path = WithoutDots(Merged(from, to.path));
  }
  return base::Concat(from.scheme, from.authority, path, query, to.fragment);
}

std::optional<std::string> PercentDecoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = HexDigit(text[i + 1]);
    const int low = HexDigit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

std::optional<UriParts> SplitFragment(std::string_view uri) {
  const size_t mark = std::min(uri.find('#'), uri.size());
  auto fragment = PercentDecoded(mark == uri.size() ? std::string_view() : uri.substr(mark + 1));
  if (!fragment) return std::nullopt;
  return UriParts{std::string(uri.substr(0, mark)), *std::move(fragment)};
}

std::string PercentEncodedPath(std::string_view path) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : path) {
    if (IsAlphanumeric(c) || std::string_view("-._~/!$&'()*+,;=:@").find(c) != std::string::npos) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

}  // namespace amqp_sidecar::json
