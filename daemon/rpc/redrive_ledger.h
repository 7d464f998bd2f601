// RedriveLedger: what a redrive has taken from the dead-letter queue, and what has become of it, so
// that a message which comes again, since link or channel was lost, is neither published nor
// counted twice. One thread. Knows no gRPC.
//
// Which of those that come again is which, the broker does not say: ids are new. They are known by
// all that would be published, byte for byte; two that are equal in that are one as good as the
// other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "amqp_sidecar/v1/message.pb.h"

namespace amqp_sidecar::rpc {

// What a message is known by when it comes again.
struct RedriveIdentity {
  std::string message_id;
  std::string content;  // serialized; left out of what is kept for long
  size_t bytes = 0;
  uint64_t hash = 0;
};
RedriveIdentity IdentityOf(const v1::Message& message);

class RedriveLedger {
 public:
  using Tag = uint64_t;     // names one message of the run
  using Source = uint32_t;  // names one subscription

  // Why a message stays in the queue.
  enum class Kept {
    kFailed,   // it cannot be moved
    kUnknown,  // it may have been moved
    kLeft,     // nothing was tried that could have moved it
    kShown,    // it was only to be looked at
  };

  struct Figures {
    uint64_t moved = 0;
    uint64_t failed = 0;
    uint64_t unknown = 0;
    uint64_t shown = 0;
  };

  // A subscription that holds `prefetch` unsettled deliveries at most.
  Source AddSource(uint32_t prefetch);
  // What it delivered will come again.
  void Interrupt(Source source);

  // Whether a delivery may be one that was taken already.
  bool expects() const { return !expected_.empty(); }
  // Where it is: takes its new id for the old one. `delivery` is one that was redelivered.
  bool Recognise(Source source, const std::string& delivery_id, const RedriveIdentity& identity);

  // A message that is new to the run and is published now.
  Tag Take(Source source, std::string delivery_id, RedriveIdentity identity);
  // The broker has it where it was to go: its original is to be acked.
  void Published(Tag tag);
  void Keep(Tag tag, Kept why);

  // Ids to ack now; each is due once.
  std::vector<std::string> TakeDueAcks() { return std::exchange(due_, {}); }
  // How it ended; an id that was replaced meanwhile is nobody's.
  void Acked(const std::string& delivery_id);
  void NotAcked(const std::string& delivery_id);

  const std::string& message_id(Tag tag) const { return entries_.at(tag).identity.message_id; }
  std::vector<Tag> Publishing() const;

  const Figures& figures() const { return figures_; }
  uint64_t taken() const { return last_tag_; }
  // Without an answer to their publish; published, and not known to be acked; stay where they are.
  size_t publishing() const { return publishing_; }
  size_t owed() const { return owed_; }
  size_t held() const { return held_; }

 private:
  enum class State { kPublishing, kOwed, kHeld, kAcked };
  struct Entry {
    State state = State::kPublishing;
    Source source = 0;
    std::string delivery_id;
    RedriveIdentity identity;
    bool live = true;  // the id counts
  };
  using Expected = std::unordered_multimap<uint64_t, Tag>;  // by hash
  struct SourceState {
    size_t prefetch = 0;
    std::deque<Tag> acked;  // the last ones
  };

  void MoveTo(State state, Entry& entry);
  size_t* CountOf(State state);
  Expected::iterator FindExpected(const RedriveIdentity& identity);
  void Expect(Tag tag, Entry& entry);
  void Remember(Tag tag, Entry& entry);
  void Forget(Tag tag);

  std::vector<SourceState> sources_;
  std::unordered_map<Tag, Entry> entries_;
  std::unordered_map<std::string, Tag> by_id_;
  Expected expected_;  // those that are not live
  std::vector<std::string> due_;
  Figures figures_;
  Tag last_tag_ = 0;
  size_t publishing_ = 0;
  size_t owed_ = 0;
  size_t held_ = 0;
};

}  // namespace amqp_sidecar::rpc
