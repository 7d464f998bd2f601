// Checker: what the callers asked and were told, what the model broker saw and kept, and whether
// the two agree: nothing that was OK is lost, nothing that failed with NO is there, nothing is
// answered twice or never. One thread. Decides nothing about what happens.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/types.h"
#include "trace.h"

namespace amqp_sidecar::simulation {

// Where a stored copy of a message ended.
enum class Fate {
  kHeld,             // in a queue, or delivered and unsettled
  kConsumed,         // acked
  kRejected,         // rejected, and the queue dead-letters to nowhere
  kExpired,          // its time was over, and the queue dead-letters to nowhere
  kDropped,          // dead-lettered to where nothing takes it
  kDeadLettered,     // by the broker: other copies are where it went
  kMoved,            // by the sidecar: another copy is where it went
  kRemoved,          // purged, or its queue was deleted
  kTransient,        // its queue or itself did not outlive a restart, as it was declared
  kLostUnconfirmed,  // did not outlive a restart, and had not been confirmed
};

class Checker {
 public:
  using CopyId = size_t;

  struct Publish {
    std::string exchange;
    std::string routing_key;
    std::string message_id;
    size_t body_bytes = 0;
    bool allow_unroutable = false;
    // What else consumers are to see.
    std::string expiration;
    std::string user_id;
    amqp::FieldTable headers;
    base::TimePoint called;
    base::TimePoint deadline;

    int answers = 0;
    base::TimePoint answered;
    broker::PublishResult result;

    // What the broker saw of it.
    int stored = 0;  // attempts that put it into a queue
    base::TimePoint last_stored;
    int returned = 0;  // attempts that were sent back
    int refused = 0;   // attempts that were nacked
    int acked_stored = 0;
    int acked_returned = 0;
    std::vector<CopyId> copies;
    bool may_be_double = false;
    bool lost_track = false;
  };

  explicit Checker(Trace& trace, const base::Reactor& reactor) : trace_(trace), reactor_(reactor) {}

  // The first thing that is wrong; empty where nothing is.
  const std::string& failure() const { return failure_; }
  void Fail(const std::string& what);

  // Something that may make the sidecar publish a message again.
  void Fault() { faults_.push_back(reactor_.Now()); }
  // No fault is planned in this run: duplicates and disorder are not allowed.
  void ExpectNoFaults() { faultless_ = true; }
  bool faultless() const { return faultless_; }
  // Not of this publish, all the same.
  void ExpectDuplicates(size_t index) { publishes_[index].may_be_double = true; }
  // Of several of one message that were in one queue, which of them went where cannot be told.
  void LoseTrack(size_t index) { publishes_[index].lost_track = true; }
  base::TimePoint Now() const { return reactor_.Now(); }

  // The sidecar's bounds are far away.
  void ExpectNoLimits() { limited_ = false; }
  // From now on it may be said that the broker is blocked, or that the sidecar drains.
  void SawAlarm() { alarm_seen_ = true; }
  void SawDrain() { drain_seen_ = true; }

  // From `by` on all is well: a publish that has time until then ends in a clear answer.
  void ExpectRecovery(base::TimePoint by) { well_by_ = by; }

  // --- The callers.
  size_t Called(Publish publish);
  // It came to the broker by other ways than the sidecar.
  size_t CameOtherwise(Publish publish);
  void NotTaken(size_t index) { publishes_[index].result.routed = false; }
  void Answered(size_t index, broker::PublishResult result);
  const Publish& publish(size_t index) const { return publishes_[index]; }
  size_t publishes() const { return publishes_.size(); }
  size_t unanswered_publishes() const { return unanswered_; }
  // The body that publish `index` has.
  std::string Body(size_t index) const;
  // `id` is the correlation id that names a publish.
  std::optional<size_t> Find(std::string_view id) const;
  static std::string NameOf(size_t index) { return "p" + std::to_string(index); }

  // Any other call that has one answer, by `deadline`.
  size_t CalledOther(std::string what, base::TimePoint deadline);
  void AnsweredOther(size_t index);
  size_t unanswered_others() const { return unanswered_others_; }
  // Fails where a call of before `time` is not answered.
  void CheckAnsweredSince(base::TimePoint time);

  // --- The model broker.
  CopyId Stored(size_t index, std::string_view queue, bool first_copy);
  void Returned(size_t index) { ++publishes_[index].returned; }
  void Refused(size_t index) { ++publishes_[index].refused; }
  void Acked(size_t index, bool returned, const std::vector<CopyId>& copies);
  // What is known of the way of a copy.
  struct Journey {
    // What it was published with, or dead-lettered.
    std::string exchange;
    std::string routing_key;
    // Attempts of that queue before the last wait.
    std::string queue;
    uint32_t attempts = 0;
    // It waits until then, at least.
    base::TimePoint not_before;
    // What it carries of a wait: a consumer of that queue sees it as it was then.
    std::string exchange_then;
    std::string routing_key_then;
    bool died_then = false;
    bool died = false;    // the broker dead-lettered it, other than from a wait
    bool killed = false;  // the sidecar dead-lettered it
  };
  const Journey& journey(CopyId copy) const { return copies_[copy].journey; }
  size_t publish_of(CopyId copy) const { return copies_[copy].publish; }
  // The broker puts a message where another of its queues had it.
  CopyId Copied(CopyId from, Journey journey);
  // The sidecar has published again what was delivered as `from`.
  CopyId Moved(CopyId from, Journey journey);
  // It was of another one of the same message that `copy` was made.
  void SetParent(CopyId copy, CopyId parent) { copies_[copy].parent = parent; }
  void Confirmed(CopyId copy) { copies_[copy].confirmed = true; }
  bool confirmed(CopyId copy) const { return copies_[copy].confirmed; }
  void Ended(CopyId copy, Fate fate) { copies_[copy].fate = fate; }

  // --- At the end. `held`: copies that the broker has.
  void Finish(size_t held);

  uint64_t outcomes() const { return outcomes_; }

 private:
  struct Copy {
    size_t publish;
    CopyId parent;  // what it was made of: itself where it was published
    Fate fate = Fate::kHeld;
    bool confirmed = false;
    Journey journey = {};
  };
  struct OtherCall {
    std::string what;
    base::TimePoint called;
    base::TimePoint deadline;
    int answers = 0;
  };

  void CheckOk(size_t index);
  void CheckFailed(size_t index);
  void CheckDuplicates(size_t index);
  CopyId AddCopy(Copy copy);
  CopyId OriginOf(CopyId copy) const;
  void CheckKept(size_t index);
  std::string Describe(size_t index) const;

  Trace& trace_;
  const base::Reactor& reactor_;
  std::string failure_;
  bool faultless_ = false;
  bool limited_ = true;
  bool alarm_seen_ = false;
  bool drain_seen_ = false;
  base::TimePoint well_by_ = base::kNever;
  std::vector<base::TimePoint> faults_;
  std::vector<Publish> publishes_;
  size_t unanswered_ = 0;
  std::vector<OtherCall> others_;
  size_t unanswered_others_ = 0;
  std::vector<Copy> copies_;
  uint64_t outcomes_ = 0;
  // By queue, exchange and routing key: the last publish that was stored there first.
  std::map<std::string, size_t> last_stored_;
};

}  // namespace amqp_sidecar::simulation
