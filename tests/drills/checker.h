// Checker: what became of every message of a drill, by message_id: what the callers were told, and
// what was delivered. Any thread. Judges; injects nothing, and asks no broker.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "support/client.h"

namespace amqp_sidecar::test {

// The sets' sizes. `lost`, `lied`, `invented`, `damaged` and `unanswered` must be 0, always;
// duplicates may be as many as were in flight when something broke.
struct Verdict {
  uint64_t attempted = 0;
  uint64_t ok = 0;
  uint64_t no = 0;         // failed, and the broker is said not to have it
  uint64_t unknown = 0;    // failed, and nobody can say
  uint64_t delivered = 0;  // distinct messages

  uint64_t lost = 0;        // OK, and not delivered
  uint64_t lied = 0;        // delivered, though it was said that the broker does not have it
  uint64_t invented = 0;    // delivered, and never attempted
  uint64_t damaged = 0;     // delivered with another body than was sent
  uint64_t unanswered = 0;  // neither OK nor failed
  uint64_t duplicates = 0;  // deliveries beyond the first of each
};

std::ostream& operator<<(std::ostream& out, const Verdict& verdict);

class Checker {
 public:
  // Ids are told apart from those of other checkers by `name`.
  explicit Checker(std::string name) : name_(std::move(name)) {}

  // Before a publish: the message_id to publish this body with.
  std::string Attempt(std::string_view body);
  // What the publish was told; the last one counts where a message was published again.
  void Answer(const std::string& id, const Outcome& outcome);
  void Deliver(const std::string& id, std::string_view body);

  // Whether each publish that was OK has been delivered.
  bool AllDelivered() const;
  Verdict Judge() const;

 private:
  enum class Told : uint8_t { kNothing, kOk, kNo, kUnknown };
  struct Record {
    uint64_t hash = 0;
    uint32_t deliveries = 0;
    Told told = Told::kNothing;
  };
  // nullptr: not one of ours.
  Record* Find(const std::string& id);

  const std::string name_;
  mutable std::mutex mutex_;
  std::vector<Record> records_;  // by the number in the id
  uint64_t undelivered_ok_ = 0;
  uint64_t invented_ = 0;
  uint64_t damaged_ = 0;
};

}  // namespace amqp_sidecar::test
