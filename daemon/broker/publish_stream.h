// PublishStream: one caller's stream of publishes, at the door: takes them while the bounds allow,
// and parks the one that they do not. What it has taken does not end with it. One thread at a time,
// any; not the io thread.
#pragma once

#include <cstdint>
#include <memory>

#include "broker/pending_publish.h"
#include "broker/types.h"

namespace amqp_sidecar::broker {

class BrokerCore;

class PublishStream {
 public:
  // `core` outlives the stream.
  PublishStream(BrokerCore& core, std::shared_ptr<PublishListener> listener);
  // What is parked is dropped, and has no result.
  ~PublishStream();
  PublishStream(const PublishStream&) = delete;
  PublishStream& operator=(const PublishStream&) = delete;

  // Takes a message, in order, and the result comes to the listener, in time. False where it was
  // parked instead: nothing more is to be offered before Resume() has returned true.
  // request.deadline is not read.
  [[nodiscard]] bool Offer(uint64_t tag, PublishRequest request, base::TimePoint deadline);

  // Takes what is parked, if anything, and if the bounds allow it by now. To be tried again after
  // every result and OnRoom().
  [[nodiscard]] bool Resume(base::TimePoint deadline);

  // Sends off what was taken since the last time. Many at once cost less than one by one.
  void Flush();

 private:
  class Owner;

  bool Admit(base::TimePoint deadline);
  void Refuse(PublishList& publishes, const Error& error);

  BrokerCore& core_;
  const uint64_t id_;
  const std::shared_ptr<Owner> owner_;
  PublishList parked_;  // one at most
  PublishList taken_;
  size_t taken_bytes_ = 0;
};

}  // namespace amqp_sidecar::broker
