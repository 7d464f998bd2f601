// What the broker's words about a failed channel mean to a caller. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "amqp/failure.h"
#include "broker/reason.h"

namespace amqp_sidecar::broker {

// The name in `... exchange 'NAME' ...` of RabbitMQ's reply text; the default exchange's is empty.
// Nothing where it names none.
std::optional<std::string_view> ExchangeNamedIn(std::string_view reply_text);

// A 404 that will pass: the queue is there, its home node is down.
bool SaysHomeNodeIsDown(const amqp::Failure& failure);

// A channel.close that a publish brought about.
Error PublishError(const amqp::Failure& failure);
// A channel.close, or no answer, where a consumer was asked for.
Error SubscribeError(const amqp::Failure& failure);
// The failure of a declare, delete, bind, unbind, purge or passive declare.
Error TopologyError(const amqp::Failure& failure);

}  // namespace amqp_sidecar::broker
