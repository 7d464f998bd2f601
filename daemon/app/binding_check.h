// The check of the way from an exchange to a queue. Pure, any thread.
#pragma once

#include <optional>
#include <string>

#include "app/route.h"
#include "rpc/check.h"
#include "rpc/sidecar_probe.h"

namespace amqp_sidecar::app {

struct BindingQuestion {
  std::optional<std::string> exchange;
  std::optional<std::string> routing_key;
  std::optional<std::string> queue;     // where it is to arrive; any, where not set
  std::optional<Route> configured;      // by the configuration at hand, where there is one
  bool declared = false;                // by the sidecar, and it stands in the broker
  std::optional<rpc::SendAnswer> sent;  // what became of a test message, where one was sent
};

rpc::Check CheckBinding(const BindingQuestion& question);

}  // namespace amqp_sidecar::app
