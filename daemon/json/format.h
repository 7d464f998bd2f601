// Format: the values of JSON Schema's `format` that are checked where a rule asks. Pure, any
// thread.
#pragma once

#include <optional>
#include <string_view>

namespace amqp_sidecar::json {

enum class Format { kDateTime, kDate, kTime, kEmail, kUuid, kUri, kIpv4, kIpv6 };

// Nothing where it is none of these: "date-time" is one.
std::optional<Format> FormatNamed(std::string_view name);
// As a schema has it.
std::string_view FormatName(Format format);

// RFC 3339 §5.6 (date-time, date, time), RFC 5321 §4.1.2 (email), RFC 4122 §3 (uuid), RFC 3986 §3
// (uri), RFC 2673 §3.2 (ipv4), RFC 4291 §2.2 (ipv6).
bool HasFormat(Format format, std::string_view text);

}  // namespace amqp_sidecar::json
