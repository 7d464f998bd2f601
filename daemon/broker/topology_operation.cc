#include "broker/topology_operation.h"

#include <utility>

namespace amqp_sidecar::broker {
namespace {

void Declare(amqp::Channel& channel, const Exchange& exchange, bool passive,
             amqp::ReplyCallback done) {
  amqp::ExchangeArgs args;
  args.name = exchange.name;
  args.passive = passive;
  if (!passive) {
    args.type = exchange.type;
    args.durable = exchange.durable;
    args.auto_delete = exchange.auto_delete;
    args.internal = exchange.internal;
    args.arguments = exchange.arguments;
  }
  channel.DeclareExchange(args, std::move(done));
}

void Declare(amqp::Channel& channel, const Queue& queue, bool passive, amqp::ReplyCallback done) {
  amqp::QueueArgs args;
  args.name = queue.name;
  args.passive = passive;
  if (!passive) {
    args.durable = queue.durable;
    args.exclusive = queue.exclusive;
    args.auto_delete = queue.auto_delete;
    args.arguments = queue.arguments;
  }
  channel.DeclareQueue(args, std::move(done));
}

void Declare(amqp::Channel& channel, const TopologyItem& item, bool passive,
             amqp::ReplyCallback done) {
  if (const auto* exchange = std::get_if<Exchange>(&item)) {
    Declare(channel, *exchange, passive, std::move(done));
  } else {
    Declare(channel, std::get<Queue>(item), passive, std::move(done));
  }
}

amqp::BindingArgs ToArgs(const Binding& binding) {
  return {binding.queue, binding.exchange, binding.routing_key, binding.arguments};
}

}  // namespace

ScratchChannel::Operation DeclareOperation(TopologyItem item) {
  return [item = std::move(item)](amqp::Channel& channel, amqp::ReplyCallback done) {
    if (const auto* binding = std::get_if<Binding>(&item)) {
      channel.BindQueue(ToArgs(*binding), std::move(done));
    } else {
      Declare(channel, item, false, std::move(done));
    }
  };
}

ScratchChannel::Operation CheckOperation(TopologyItem item) {
  return [item = std::move(item)](amqp::Channel& channel, amqp::ReplyCallback done) {
    Declare(channel, item, true, std::move(done));
  };
}

ScratchChannel::Operation CompareOperation(TopologyItem item) {
  return [item = std::move(item)](amqp::Channel& channel, amqp::ReplyCallback done) {
    Declare(channel, item, true, [](const amqp::Reply&) {});
    Declare(channel, item, false, std::move(done));
  };
}

ScratchChannel::Operation UnbindOperation(Binding binding) {
  return [binding = std::move(binding)](amqp::Channel& channel, amqp::ReplyCallback done) {
    channel.UnbindQueue(ToArgs(binding), std::move(done));
  };
}

}  // namespace amqp_sidecar::broker
