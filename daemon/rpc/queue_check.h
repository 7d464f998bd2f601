// The checks of one queue: whether it is there, and whether somebody takes what is in it. Pure, any
// thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "amqp_sidecar/v1/status.pb.h"
#include "rpc/check.h"
#include "rpc/sidecar_probe.h"

namespace amqp_sidecar::rpc {

// One for the queue, one for its consumers. `status` adds what the sidecar's own subscriptions do;
// `seen_by` says who looked, where it was not the sidecar.
std::vector<Check> CheckQueue(const std::string& queue, const QueueAnswer& answer,
                              const std::optional<v1::SidecarStatus>& status,
                              const std::string& seen_by = "");
std::vector<Check> SkipQueue(const std::string& why, const std::string& advice = "");

}  // namespace amqp_sidecar::rpc
