// Addresses: of hosts, and of mail. Pure, any thread.
#pragma once

#include <string_view>

namespace amqp_sidecar::json {

// Four decimal numbers without leading zeros.
bool IsIpv4(std::string_view text);
// RFC 4291 §2.2, without a zone.
bool IsIpv6(std::string_view text);
// RFC 5321 §4.1.2, ASCII only: a mailbox without a name.
bool IsEmail(std::string_view text);

}  // namespace amqp_sidecar::json
