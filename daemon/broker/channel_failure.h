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

// What a declare's arguments are to what is there: the first property that differs.
struct Inequivalence {
  struct Value {
    std::string text;
    std::string type;  // the broker's name for it, such as "signedint"; empty where it names none
  };
  std::string property;          // "durable", "x-max-length"
  bool has_values = false;       // false where the broker's words were cut short: 255 bytes at most
  std::optional<Value> current;  // absent: it has none
  std::optional<Value> asked;    // likewise
};

// `inequivalent arg 'NAME' for ...` of RabbitMQ's reply text. Nothing where it says anything else.
std::optional<Inequivalence> InequivalenceIn(std::string_view reply_text);

// For a person: `x-max-length is "5" in the broker, and none VERB`, such as "was asked for".
// Demands has_values.
std::string Words(const Inequivalence& inequivalence, std::string_view verb);

// A channel.close that a publish brought about.
Error PublishError(const amqp::Failure& failure);
// A channel.close, or no answer, where a consumer was asked for.
Error SubscribeError(const amqp::Failure& failure);
// The failure of a declare, delete, bind, unbind, purge or passive declare.
Error TopologyError(const amqp::Failure& failure);
// The same of what only looks: no outcome is unknown, whatever happens to it.
Error LookError(const amqp::Failure& failure);

}  // namespace amqp_sidecar::broker
