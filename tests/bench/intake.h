// Intake: the client's own account of one queue that is drained, kept alike for every path. One
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace amqp_sidecar::bench {

// What every path consumes with: deliveries that are not acknowledged, at most; and how many are
// acknowledged at once where the client chooses.
constexpr uint16_t kPrefetch = 256;
constexpr size_t kAckBatch = 64;

// What is in the queue, all of it once.
struct DrainWork {
  std::string queue;
  size_t body_bytes = 0;
  size_t messages = 0;
};

class Intake {
 public:
  explicit Intake(const DrainWork& work) : body_bytes_(work.body_bytes), messages_(work.messages) {}

  // Throws on a body of another length, a redelivery, and one more than there were.
  void Take(size_t body_bytes, bool redelivered);
  bool Done() const { return taken_ == messages_; }
  size_t taken() const { return taken_; }

 private:
  const size_t body_bytes_;
  const size_t messages_;
  size_t taken_ = 0;
};

}  // namespace amqp_sidecar::bench
