#include "json/uri_format.h"

#include <algorithm>
#include <cstddef>

#include "json/address_format.h"
#include "json/ascii.h"

namespace amqp_sidecar::json {
namespace {

bool IsUnreserved(char c) { return IsLetter(c) || IsDigit(c) || IsOneOf(c, "-._~"); }
bool IsSubDelimiter(char c) { return IsOneOf(c, "!$&'()*+,;="); }

// Nothing but what may stand anywhere, percent-encoded bytes, and `others`.
bool IsOnly(std::string_view text, std::string_view others) {
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size() || !IsHexDigit(text[i + 1]) || !IsHexDigit(text[i + 2]))
        return false;
      i += 2;
    } else if (!IsUnreserved(c) && !IsSubDelimiter(c) && !IsOneOf(c, others)) {
      return false;
    }
  }
  return true;
}

bool IsScheme(std::string_view text) {
  return !text.empty() && IsLetter(text.front()) && std::ranges::all_of(text, [](char c) {
    return IsLetter(c) || IsDigit(c) || IsOneOf(c, "+-.");
  });
}

// Of an address of a kind to come: v1.anything
bool IsFutureAddress(std::string_view text) {
  if (text.empty() || !IsOneOf(text.front(), "vV")) return false;
  const size_t dot = text.find('.');
  if (dot == std::string_view::npos) return false;
  const std::string_view version = text.substr(1, dot - 1);
  const std::string_view rest = text.substr(dot + 1);
  return !version.empty() && std::ranges::all_of(version, IsHexDigit) && !rest.empty() &&
         std::ranges::all_of(
             rest, [](char c) { return IsUnreserved(c) || IsSubDelimiter(c) || c == ':'; });
}

bool IsPort(std::string_view text) {
  return text.empty() || (text.front() == ':' && std::ranges::all_of(text.substr(1), IsDigit));
}

bool IsAuthority(std::string_view text) {
  const size_t at = text.find('@');
  if (at != std::string_view::npos) {
    if (!IsOnly(text.substr(0, at), ":")) return false;
    text.remove_prefix(at + 1);
  }
  if (!text.starts_with('[')) {
    const size_t colon = std::min(text.find(':'), text.size());
    return IsOnly(text.substr(0, colon), "") && IsPort(text.substr(colon));
  }
  const size_t end = text.find(']');
  if (end == std::string_view::npos) return false;
  const std::string_view address = text.substr(1, end - 1);
  return (IsIpv6(address) || IsFutureAddress(address)) && IsPort(text.substr(end + 1));
}

}  // namespace

bool IsUri(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos || !IsScheme(text.substr(0, colon))) return false;
  text.remove_prefix(colon + 1);
  const size_t hash = std::min(text.find('#'), text.size());
  if (hash < text.size() && !IsOnly(text.substr(hash + 1), ":@/?")) return false;
  text = text.substr(0, hash);
  const size_t mark = std::min(text.find('?'), text.size());
  if (mark < text.size() && !IsOnly(text.substr(mark + 1), ":@/?")) return false;
  text = text.substr(0, mark);
  if (text.starts_with("//")) {
    const size_t path = std::min(text.find('/', 2), text.size());
    if (!IsAuthority(text.substr(2, path - 2))) return false;
    text.remove_prefix(path);
  }
  return IsOnly(text, ":@/");
}

}  // namespace amqp_sidecar::json
