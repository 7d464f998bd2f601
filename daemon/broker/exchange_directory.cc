#include "broker/exchange_directory.h"

#include <utility>

namespace amqp_sidecar::broker {

void ExchangeDirectory::Check(const std::string& exchange, base::TimePoint deadline,
                              Answer answer) {
  amqp::ExchangeArgs args;
  args.name = exchange;
  args.passive = true;
  scratch_.Run([args](amqp::Channel& channel,
                      amqp::ReplyCallback done) { channel.DeclareExchange(args, std::move(done)); },
               deadline,
               [this, exchange, generation = generation_,
                answer = std::move(answer)](const amqp::Reply& reply) mutable {
                 // What an earlier link answered says nothing of this one.
                 if (reply.ok && generation == generation_) Learn(exchange);
                 answer(reply);
               });
}

void ExchangeDirectory::Learn(const std::string& exchange) {
  if (known_.size() < kMaxKnown) known_.insert(exchange);
}

void ExchangeDirectory::Clear() {
  known_.clear();
  ++generation_;
}

}  // namespace amqp_sidecar::broker
