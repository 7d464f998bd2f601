// RoundTrip: a message through the sidecar and the broker and back, by a temporary queue that goes
// with it; and what it says of the user's permissions. The calling thread.
//
// The queue is the sidecar's, exclusive to a subscription, and bound to amq.direct, which every
// virtual host has, with a key of its own: nobody else gets the message, and nothing of anybody's
// is touched.
#pragma once

#include <grpcpp/channel.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "rpc/check.h"
#include "rpc/client_channel.h"

namespace amqp_sidecar::rpc {

struct RoundTrip {
  // How far it came.
  enum class Stage { kBegun, kSubscribed, kConfirmed, kDelivered, kAcked };
  Stage stage = Stage::kBegun;
  std::optional<CallFailure> failure;  // why not further
  std::chrono::milliseconds time{};    // from publish to delivery
};

// Ends by `deadline`.
RoundTrip GoRound(const std::shared_ptr<grpc::Channel>& channel, base::TimePoint deadline);

// Whether the user may configure, write and read, as far as the round trip showed.
Check CheckPermissions(const RoundTrip& trip);
Check CheckRoundTrip(const RoundTrip& trip);

}  // namespace amqp_sidecar::rpc
