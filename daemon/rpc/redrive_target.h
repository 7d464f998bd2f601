// RedriveTarget: where a dead-lettered message goes to be worked on again, and as what. Pure, any
// thread.
#pragma once

#include <optional>
#include <string>

#include "amqp_sidecar/v1/message.pb.h"
#include "amqp_sidecar/v1/subscriber.pb.h"
#include "rpc/command_client.h"

namespace amqp_sidecar::rpc {

struct RedriveTarget {
  std::string exchange;  // empty: the default exchange
  std::string routing_key;
};

// Nothing where the rule leaves it to the message, and that does not say. It says so by the header
// x-sidecar-queue; else by the newest entry of x-death that is neither of the emptied queue nor of
// one in which a sidecar had the message wait for its next attempt. Its own routing key is that of
// x-sidecar-routing-key, else of x-sidecar-retry, else of that entry, else of the delivery.
std::optional<RedriveTarget> TargetOf(const RedriveRule& rule, const v1::Delivery& delivery);

// The message that takes the delivery's place: its body and properties, moved out of it, without
// user_id and the headers that no client may publish.
v1::Message MessageFor(RedriveTarget target, v1::Delivery& delivery);

// Whether a text of it, or the name of a header, holds U+FFFD: as far as anybody can tell, it was
// not valid UTF-8, and what it was is not known here.
bool LostText(const v1::Message& message);

}  // namespace amqp_sidecar::rpc
