// OnInvalid: what a rule has become of a delivery whose body is at fault. A plain value.
#pragma once

#include <cstdint>

namespace amqp_sidecar::json {

enum class OnInvalid : uint8_t {
  kDeliver,     // its consumer gets it, and is told
  kDeadLetter,  // moved to where dead letters are; its consumer never sees it
  kReject,      // as if its consumer had rejected it, which never sees it
};

}  // namespace amqp_sidecar::json
