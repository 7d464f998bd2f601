#include "broker/subscription_queue.h"

#include <utility>

namespace amqp_sidecar::broker {

void SubscriptionQueue::Prepare(Done done) {
  run_ = std::make_shared<Run>();
  run_->done = std::move(done);
  if (temporary_) {
    Declare();
  } else {
    Check();
  }
}

void SubscriptionQueue::Finish(std::optional<amqp::Failure> failure) {
  const std::shared_ptr<Run> over = std::move(run_);
  over->done(std::move(failure));
}

void SubscriptionQueue::Do(std::weak_ptr<Run> run, ScratchChannel::Operation operation, Then then) {
  scratch_.Run(std::move(operation), base::kNever,
               [run = std::move(run), then = std::move(then)](const amqp::Reply& reply) mutable {
                 if (!run.expired()) then(reply);
               });
}

void SubscriptionQueue::Check() {
  amqp::QueueArgs args;
  args.name = name_;
  args.passive = true;
  Do(
      run_,
      [args](amqp::Channel& channel, amqp::ReplyCallback reply) {
        channel.DeclareQueue(args, std::move(reply));
      },
      [this](const amqp::Reply& reply) {
        if (reply.ok) return Bind();
        if (reply.failure.code == amqp::kReplyNotFound) return Declare();
        Finish(reply.failure);
      });
}

void SubscriptionQueue::Declare() {
  amqp::QueueArgs args;
  args.name = name_;
  args.durable = !temporary_;
  args.exclusive = temporary_;
  args.auto_delete = temporary_;
  Do(
      run_,
      [args](amqp::Channel& channel, amqp::ReplyCallback reply) {
        channel.DeclareQueue(args, std::move(reply));
      },
      [this](const amqp::Reply& reply) {
        if (reply.ok) return Bind();
        Finish(reply.failure);
      });
}

void SubscriptionQueue::Bind() {
  if (run_->next_binding == bindings_.size()) return Finish(std::nullopt);
  const Binding& binding = bindings_[run_->next_binding++];
  const amqp::BindingArgs args{name_, binding.exchange, binding.routing_key, binding.arguments};
  Do(
      run_,
      [args](amqp::Channel& channel, amqp::ReplyCallback reply) {
        channel.BindQueue(args, std::move(reply));
      },
      [this](const amqp::Reply& reply) {
        if (reply.ok) return Bind();
        Finish(reply.failure);
      });
}

}  // namespace amqp_sidecar::broker
