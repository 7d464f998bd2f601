// Looks at an encoded field table without decoding it: is it whole, and small enough to decode?
// rabbitmq-c recurses as deep as a table nests, and what a table of a few bytes decodes to can be
// fifty times its size. Pure.
#pragma once

#include <cstddef>
#include <string_view>

namespace amqp_sidecar::amqp {

enum class TableVerdict {
  kOk,
  kTooComplex,  // nests deeper than kMaxTableDepth, or holds more than kMaxTableValues
  kMalformed,   // ends too soon, or has a field of an unknown kind
};

// `bytes` begins with the table's own length; what comes behind the table is not looked at.
TableVerdict ScanTable(std::string_view bytes);

}  // namespace amqp_sidecar::amqp
