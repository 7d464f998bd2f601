// Publisher: many messages over one stream, each with a future.
#pragma once

#include <cstddef>
#include <future>
#include <memory>
#include <string_view>

#include "amqp_sidecar/body.h"
#include "amqp_sidecar/message.h"

namespace amqp_sidecar {

struct PublisherOptions {
  // Messages without an answer, at most; at least 1. Publish waits for room.
  std::size_t max_in_flight = 1000;
};

// Any thread may use it. Messages of one exchange and routing key keep the order of the calls, as
// long as none is tried again. A message is sent as soon as the stream is free: what waits
// meanwhile goes together.
class Publisher {
 public:
  class Impl;
  explicit Publisher(std::unique_ptr<Impl> impl);
  // As Close.
  ~Publisher();
  Publisher(Publisher&&) noexcept;
  Publisher& operator=(Publisher&&) noexcept;

  // Takes a message, once there is room for it. The future has the result or an Error: at the
  // latest at the message's timeout. Unlike std::async's it does not wait when it is destroyed.
  // Throws an Error (nothing was sent) where there is no room in time, where `stop` is requested
  // meanwhile, where the message cannot be sent at all, and after Close.
  //
  // What failed with UNAVAILABLE and persisted kNo is tried again until the timeout. What was
  // written when the sidecar went away fails with SIDECAR_UNAVAILABLE and kUnknown: publish it
  // again with the error's message_id.
  std::future<PublishResult> Publish(std::string_view exchange, std::string_view routing_key,
                                     Body body, const PublishOptions& options = {});

  // Waits until all that was taken before it is answered.
  void Flush();

  // As Flush; then ends the stream. Publish fails from now on.
  void Close();

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace amqp_sidecar
