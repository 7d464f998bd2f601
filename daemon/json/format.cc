#include "json/format.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "json/address_format.h"
#include "json/ascii.h"
#include "json/time_format.h"
#include "json/uri_format.h"

namespace amqp_sidecar::json {
namespace {

using NamedFormat = std::pair<Format, std::string_view>;

constexpr std::array kNames = {
    NamedFormat{Format::kDateTime, "date-time"}, NamedFormat{Format::kDate, "date"},
    NamedFormat{Format::kTime, "time"},          NamedFormat{Format::kEmail, "email"},
    NamedFormat{Format::kUuid, "uuid"},          NamedFormat{Format::kUri, "uri"},
    NamedFormat{Format::kIpv4, "ipv4"},          NamedFormat{Format::kIpv6, "ipv6"},
};

// 8-4-4-4-12 hexadecimal digits.
bool IsUuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (is_dash ? text[i] != '-' : !IsHexDigit(text[i])) return false;
  }
  return true;
}

}  // namespace

std::optional<Format> FormatNamed(std::string_view name) {
  const auto* found = std::ranges::find(kNames, name, &NamedFormat::second);
  if (found == kNames.end()) return std::nullopt;
  return found->first;
}

std::string_view FormatName(Format format) {
  return std::ranges::find(kNames, format, &NamedFormat::first)->second;
}

bool HasFormat(Format format, std::string_view text) {
  switch (format) {
    case Format::kDateTime:
      return IsDateTime(text);
    case Format::kDate:
      return IsDate(text);
    case Format::kTime:
      return IsTime(text);
    case Format::kEmail:
      return IsEmail(text);
    case Format::kUuid:
      return IsUuid(text);
    case Format::kUri:
      return IsUri(text);
    case Format::kIpv4:
      return IsIpv4(text);
    case Format::kIpv6:
      return IsIpv6(text);
  }
  return false;
}

}  // namespace amqp_sidecar::json
