// ExchangeDirectory: which exchanges are known to be there while this link lives, found out by a
// passive declare on the scratch channel: so that a publish to one that is not there harms nobody
// but itself. io thread. Knows no publishes.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "broker/scratch_channel.h"

namespace amqp_sidecar::broker {

class ExchangeDirectory {
 public:
  // Called with the answer to the passive declare.
  using Answer = absl::AnyInvocable<void(const amqp::Reply&)>;

  // Names that are remembered at most; more are checked each time.
  static constexpr size_t kMaxKnown = 10'000;

  explicit ExchangeDirectory(ScratchChannel& scratch) : scratch_(scratch) {}

  bool Knows(const std::string& exchange) const {
    return exchange.empty() || known_.contains(exchange);
  }

  // Asks the broker. Not for an exchange that is being asked for already.
  void Check(const std::string& exchange, base::TimePoint deadline, Answer answer);

  // It was declared.
  void Learn(const std::string& exchange);
  // It was deleted, or turned out not to be there.
  void Forget(const std::string& exchange) { known_.erase(exchange); }
  // The link is gone.
  void Clear();

 private:
  ScratchChannel& scratch_;
  std::set<std::string> known_;
  uint64_t generation_ = 0;
};

}  // namespace amqp_sidecar::broker
