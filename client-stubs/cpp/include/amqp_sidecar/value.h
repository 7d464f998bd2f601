// Value: a header or an argument, in C++'s own types.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace amqp_sidecar {

struct Value;

// AMQP's timestamps have a resolution of one second; not before 1970. Of now:
// std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()).
using Timestamp = std::chrono::sys_seconds;

// A byte array, as opposed to a text, which is UTF-8.
struct Bytes {
  std::string data;
  bool operator==(const Bytes&) const = default;
};

// Of any kinds, in order.
using Array = std::vector<Value>;

// By name, at most 255 bytes each.
using Table = std::map<std::string, Value, std::less<>>;

// Any integer becomes an std::int64_t. Arrays and tables nest 16 levels deep at most. A delivery
// may have std::monostate, AMQP's void; what is sent may not.
struct Value : std::variant<std::monostate, std::string, std::int64_t, double, bool, Bytes,
                            Timestamp, Array, Table> {
  using variant::variant;
};

}  // namespace amqp_sidecar
