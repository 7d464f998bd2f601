// PublishAccount: how every publish of a caller ended: counted, and the log told of the failed
// ones: of each kind at once, and then not of every one. Any thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "base/mutex.h"
#include "base/reactor.h"
#include "base/repeat_limit.h"
#include "broker/counters.h"
#include "broker/pending_publish.h"
#include "broker/trace_context.h"
#include "broker/types.h"

namespace amqp_sidecar::broker {

class PublishAccount {
 public:
  // Failures of one kind (reason, exchange and routing key) are told of so often at most.
  static constexpr base::Duration kTellEvery = std::chrono::seconds(10);
  // Kinds that are told apart; what comes beyond is told together, by its reason.
  static constexpr size_t kMostKinds = 100;

  // Which publish it was.
  struct Subject {
    std::string_view exchange;
    std::string_view routing_key;
    TraceId trace_id = {};
  };

  // Not owned, and outlive this.
  PublishAccount(base::Reactor& reactor, PublishCounts& counts)
      : reactor_(reactor), counts_(counts) {}
  // Tells of what was held back. The io thread has ended, or is the caller's.
  ~PublishAccount();

  void Ended(const Subject& subject, const PublishResult& result) ABSL_LOCKS_EXCLUDED(mutex_);
  void Ended(const PendingPublish& publish, const PublishResult& result) {
    Ended({publish.exchange, publish.routing_key, publish.trace_id}, result);
  }
  // Tells of what was held back. From here on it is held back until the end of this. Io thread.
  void End() ABSL_LOCKS_EXCLUDED(mutex_);

  // Kinds that are remembered.
  size_t kinds() ABSL_LOCKS_EXCLUDED(mutex_) {
    const base::MutexLock lock(&mutex_);
    return failures_.size();
  }

 private:
  using Kind = std::tuple<Reason, std::string, std::string>;
  // What the log is told: of the last one of its kind.
  struct Failures {
    base::RepeatLimit limit{kTellEvery};
    std::string message_id;
    TraceId trace_id = {};
    std::string detail;
  };

  using Entry = std::pair<const Kind, Failures>;

  Entry& Of(const Subject& subject, Reason reason) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void TellLater() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SetTimer() ABSL_LOCKS_EXCLUDED(mutex_);
  void TellRest() ABSL_LOCKS_EXCLUDED(mutex_);
  static void Tell(const Entry& entry, uint64_t count);

  base::Reactor& reactor_;
  PublishCounts& counts_;

  // Owned by the io thread.
  base::TimerId timer_ = 0;

  base::Mutex mutex_;
  std::map<Kind, Failures> failures_ ABSL_GUARDED_BY(mutex_);
  bool rest_comes_ ABSL_GUARDED_BY(mutex_) = false;  // TellRest() is on its way
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace amqp_sidecar::broker
