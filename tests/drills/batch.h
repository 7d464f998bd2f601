// Batch: publishes of a drill that are to end differently, sent together and told to a Checker. One
// thread.
#pragma once

#include <string>
#include <vector>

#include "drills/checker.h"
#include "support/client.h"
#include "support/direct.h"

namespace amqp_sidecar::test {

class Batch {
 public:
  explicit Batch(Checker& checker) : checker_(checker) {}

  void Add(const std::string& exchange, const std::string& key);
  // All, `in_flight` at once; the answers in the order of Add.
  std::vector<Outcome> Publish(Client& client, int in_flight);

 private:
  Checker& checker_;
  std::vector<pb::PublishRequest> requests_;
};

// Empties the queue into the checker.
void DeliverAll(Direct& direct, const std::string& queue, Checker& checker);

}  // namespace amqp_sidecar::test
