// QueueTypes: whether a queue is classic, quorum or a stream, which AMQP has no question for. io
// thread. Asks through the scratch channel, and remembers while the link lives.
//
// The question is a declare of the queue with a type that no broker has: nothing can come of it but
// a refusal, which names the first property that the queue has otherwise. That may be another one
// than the type, such as its x-message-ttl; then it is asked again with that property as it is. Of
// a long name the broker's words leave no room for the type: then each type there is is asked for,
// in turn, by a declare that is preceded by a passive one, so that nothing can come of it either.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "absl/functional/any_invocable.h"
#include "base/reactor.h"
#include "broker/scratch_channel.h"
#include "broker/types.h"

namespace amqp_sidecar::broker {

enum class QueueKind { kClassic, kQuorum, kStream };
// "classic".
std::string_view QueueKindName(QueueKind kind);

class QueueTypes {
 public:
  struct Answer {
    std::optional<QueueKind> kind;  // absent without an error: there is no such queue
    // It could not be found out. ACCESS_REFUSED: the user may not declare (configure) it.
    std::optional<Error> error;
  };
  using Callback = absl::AnyInvocable<void(const Answer&)>;

  // Queues that are remembered at most; others are asked about each time.
  static constexpr size_t kMaxKnown = 10'000;
  // Questions about one queue at most: one for each of its arguments, one for the type, and one for
  // each type.
  static constexpr size_t kMaxQuestions = 24;

  // Both are not owned and outlive this.
  QueueTypes(base::Reactor& reactor, ScratchChannel& scratch)
      : reactor_(reactor), scratch_(scratch) {}

  // `done` is called once, not from within: with what is remembered, or else with what the broker
  // says, by `deadline`.
  void Find(const std::string& queue, base::TimePoint deadline, Callback done);

  // It was declared as one of this kind.
  void Learn(const std::string& queue, QueueKind kind);
  // It was deleted, or may have been, or matters: the next Find asks the broker.
  void Forget(const std::string& queue) { known_.erase(queue); }
  // The link is gone.
  void Clear();

 private:
  struct Search;

  void Ask(Search search);
  void OnAnswer(Search search, const amqp::Reply& reply);

  base::Reactor& reactor_;
  ScratchChannel& scratch_;
  std::map<std::string, QueueKind> known_;
  uint64_t generation_ = 0;  // counts the links
};

}  // namespace amqp_sidecar::broker
