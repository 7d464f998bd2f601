#include "bench/intake.h"

#include <stdexcept>

namespace amqp_sidecar::bench {

void Intake::Take(size_t body_bytes, bool redelivered) {
  if (Done()) throw std::runtime_error("more deliveries than messages");
  if (redelivered) throw std::runtime_error("a delivery that is not the first of its message");
  if (body_bytes != body_bytes_) {
    throw std::runtime_error("a body of " + std::to_string(body_bytes) + " bytes");
  }
  ++taken_;
}

}  // namespace amqp_sidecar::bench
