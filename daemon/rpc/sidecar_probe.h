// SidecarProbe: the calls of `doctor` to a running sidecar, each by a deadline. The calling thread.
// What the answers mean, the checks say.
#pragma once

#include <grpcpp/channel.h>
#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "amqp_sidecar/v1/status.pb.h"
#include "base/clock.h"
#include "rpc/check.h"
#include "rpc/client_channel.h"

namespace amqp_sidecar::rpc {

// Of a queue, as somebody saw it; `failure` says why not.
struct QueueAnswer {
  std::optional<CallFailure> failure;
  uint64_t messages = 0;
  uint32_t consumers = 0;
};

// Of a test message to an exchange of the user's.
struct SendAnswer {
  std::optional<CallFailure> failure;  // absent: the broker has it, in a queue at least
  std::string message_id;
};

class SidecarProbe {
 public:
  // The header that marks a test message.
  static constexpr char kMark[] = "x-amqp-sidecar-doctor";

  explicit SidecarProbe(std::string address) : address_(std::move(address)) {}

  // Whether the sidecar answers, and goes on with its work. `peer` is who listens, as far as that
  // is known.
  Check Connect(base::TimePoint deadline, pid_t peer);

  // The last one; nothing where the sidecar never answered.
  const std::optional<v1::SidecarStatus>& status() const { return status_; }
  // Asks again; the last one stays where there is no answer.
  void RenewStatus(base::TimePoint deadline);

  QueueAnswer GetQueue(const std::string& queue, base::TimePoint deadline) const;
  SendAnswer Send(const std::string& exchange, const std::string& routing_key,
                  base::TimePoint deadline) const;

  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

 private:
  grpc::Status GetStatus(base::TimePoint deadline);

  const std::string address_;
  std::shared_ptr<grpc::Channel> channel_;
  std::optional<v1::SidecarStatus> status_;
};

// For gRPC, which counts by the wall clock.
std::chrono::system_clock::time_point ToWallClock(base::TimePoint deadline);

}  // namespace amqp_sidecar::rpc
