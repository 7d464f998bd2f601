// The AMQP 0-9-1 values that a message carries: field tables and the basic properties. Plain
// values, any thread. Knows no bytes: codec.h does.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace amqp_sidecar::amqp {

struct FieldValue;
using FieldArray = std::vector<FieldValue>;
// Ordered by name, so that the same table always has the same bytes.
using FieldTable = std::map<std::string, FieldValue>;

// Seconds since 1970, as AMQP has it.
struct Timestamp {
  int64_t seconds = 0;
  bool operator==(const Timestamp&) const = default;
};

// A byte array ('x'), as opposed to a long string ('S').
struct Bytes {
  std::string data;
  bool operator==(const Bytes&) const = default;
};

// A value of a field table. monostate is AMQP's void. On the way in every integer type becomes
// int64_t (an unsigned one above its range becomes a double), float and decimal become double.
struct FieldValue {
  std::variant<std::monostate, bool, int64_t, double, std::string, Bytes, Timestamp, FieldArray,
               FieldTable>
      value;
  bool operator==(const FieldValue&) const = default;
};

// The basic properties. An empty string, 0 or an empty table is a property that is not there.
struct Properties {
  std::string content_type;
  std::string content_encoding;
  FieldTable headers;
  uint8_t delivery_mode = 0;  // 1 transient, 2 persistent
  uint8_t priority = 0;       // 0 to 255
  std::string correlation_id;
  std::string reply_to;
  std::string expiration;  // milliseconds, in decimal
  std::string message_id;
  Timestamp timestamp;
  std::string type;
  std::string user_id;
  std::string app_id;
  bool operator==(const Properties&) const = default;
};

}  // namespace amqp_sidecar::amqp
