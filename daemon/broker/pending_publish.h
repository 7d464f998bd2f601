// PendingPublish: one publish between the door and its answer. io thread, once it is through the
// door.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>

#include "amqp/publish.h"
#include "base/reactor.h"
#include "broker/trace_context.h"
#include "broker/types.h"

namespace amqp_sidecar::broker {

class PublishLane;
struct PendingPublish;

// Who hears how a publish ended, once. On the io thread; must not block.
class PublishOwner {
 public:
  virtual ~PublishOwner() = default;
  virtual void OnAnswer(const PendingPublish& publish, PublishResult result) = 0;
};

struct PendingPublish {
  uint64_t id = 0;  // in the order of arrival
  std::string exchange;
  std::string routing_key;
  std::string message_id;
  amqp::EncodedPublish encoded;
  bool allow_unroutable = false;
  // The stream that it came by, 0 for a call of its own: those of one stream keep their order, and
  // no stream is served before another.
  uint64_t stream = 0;
  base::TimePoint deadline;
  std::shared_ptr<PublishOwner> owner;
  uint64_t owner_tag = 0;            // the owner's own
  size_t admitted_bytes = 0;         // as the owner had them admitted
  base::TimePoint taken_at{};        // when the io thread took it on
  base::TimePoint handed_over_at{};  // to the connection, the last time
  TraceId trace_id{};

  // It was written on a channel that ended before it was confirmed: the broker may have it.
  bool may_have_arrived = false;
  // The broker refused it once; a second time is final.
  bool refused_before = false;
  // It was on a channel that was given up for its silence; a second time is final.
  bool unheard_before = false;

  // Among those with the same deadline, while PublishDeadlines has it.
  bool due_here = false;
  PendingPublish* due_before = nullptr;
  PendingPublish* due_after = nullptr;

  // Where it is: the list that holds it and its place there; once it is handed to a channel, its
  // lane and its tag.
  std::list<PendingPublish>* home = nullptr;
  std::list<PendingPublish>::iterator place;
  PublishLane* lane = nullptr;
  uint64_t tag = 0;
};

using PublishList = std::list<PendingPublish>;

// Moves `publish` to the end of `to`. Nothing is copied, and pointers to it stay good.
inline void MoveTo(PublishList& to, PendingPublish& publish) {
  to.splice(to.end(), *publish.home, publish.place);
  publish.home = &to;
}

// Moves `publish` into `to`, which is in the order of arrival, to where it belongs there. Cheap for
// one that belongs near the front.
inline void MoveBack(PublishList& to, PendingPublish& publish) {
  auto before = to.begin();
  while (before != to.end() && before->id < publish.id) ++before;
  to.splice(before, *publish.home, publish.place);
  publish.home = &to;
}

// Moves all of `from` to the end of `to`, in order.
inline void MoveAll(PublishList& to, PublishList& from) {
  for (PendingPublish& publish : from) publish.home = &to;
  to.splice(to.end(), from);
}

inline void SortByArrival(PublishList& publishes) {
  publishes.sort([](const PendingPublish& a, const PendingPublish& b) { return a.id < b.id; });
}

}  // namespace amqp_sidecar::broker
