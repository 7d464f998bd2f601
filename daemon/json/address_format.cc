#include "json/address_format.h"

#include <algorithm>
#include <cstddef>

#include "json/ascii.h"

namespace amqp_sidecar::json {
namespace {

// Calls `check` with each part between separators, the empty ones too: true where it always is.
template <typename Check>
bool AllParts(std::string_view text, char separator, Check check) {
  for (;;) {
    const size_t end = text.find(separator);
    if (!check(text.substr(0, end))) return false;
    if (end == std::string_view::npos) return true;
    text.remove_prefix(end + 1);
  }
}

bool IsByte(std::string_view text) {
  if (text.empty() || text.size() > 3 || !std::ranges::all_of(text, IsDigit)) return false;
  if (text.size() > 1 && text.front() == '0') return false;
  int value = 0;
  for (const char c : text) value = value * 10 + (c - '0');
  return value <= 255;
}

// The 16-bit groups that stand in the text, of which the last may be an IPv4 address, which is two;
// or more than all where something is none.
int CountGroups(std::string_view text, bool may_end_in_ipv4) {
  constexpr int kNone = 9;
  if (text.empty()) return 0;
  int groups = 0;
  const char* const end = text.data() + text.size();
  const bool are_groups = AllParts(text, ':', [&](std::string_view part) {
    const bool is_last = part.data() + part.size() == end;
    if (is_last && may_end_in_ipv4 && IsIpv4(part)) {
      groups += 2;
      return true;
    }
    return ++groups < kNone && !part.empty() && part.size() <= 4 &&
           std::ranges::all_of(part, IsHexDigit);
  });
  return are_groups ? groups : kNone;
}

bool IsAtomCharacter(char c) {
  return IsLetter(c) || IsDigit(c) || IsOneOf(c, "!#$%&'*+-/=?^_`{|}~");
}

// Between the quotes.
bool IsQuotedContent(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') return false;
    if (text[i] == '\\' && ++i == text.size()) return false;
    if (text[i] < ' ' || text[i] > '~') return false;
  }
  return true;
}

bool IsLocalPart(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    return IsQuotedContent(text.substr(1, text.size() - 2));
  }
  return AllParts(text, '.', [](std::string_view atom) {
    return !atom.empty() && std::ranges::all_of(atom, IsAtomCharacter);
  });
}

bool IsMailDomain(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) {
    const std::string_view literal = text.substr(1, text.size() - 2);
    if (!literal.starts_with("IPv6:")) return IsIpv4(literal);
    return IsIpv6(literal.substr(5));
  }
  return AllParts(text, '.', [](std::string_view label) {
    return !label.empty() && label.front() != '-' && label.back() != '-' &&
           std::ranges::all_of(label, [](char c) { return IsLetter(c) || IsDigit(c) || c == '-'; });
  });
}

}  // namespace

bool IsIpv4(std::string_view text) {
  int bytes = 0;
  return AllParts(text, '.', [&](std::string_view part) { return ++bytes <= 4 && IsByte(part); }) &&
         bytes == 4;
}

bool IsIpv6(std::string_view text) {
  const size_t gap = text.find("::");
  if (gap == std::string_view::npos) return CountGroups(text, true) == 8;
  // A gap stands for a group or more.
  return CountGroups(text.substr(0, gap), false) + CountGroups(text.substr(gap + 2), true) <= 7;
}

bool IsEmail(std::string_view text) {
  const size_t at = text.rfind('@');
  return at != std::string_view::npos && IsLocalPart(text.substr(0, at)) &&
         IsMailDomain(text.substr(at + 1));
}

}  // namespace amqp_sidecar::json
