#include "broker/message_mover.h"

#include <chrono>
#include <utility>

#include "base/log.h"
#include "base/strings.h"
#include "broker/channel_failure.h"

namespace amqp_sidecar::broker {
namespace {

Error NotDeclared(const std::string& name, const amqp::Reply& reply) {
  Error error = TopologyError(reply.failure);
  error.detail = base::Concat("queue \"", name, "\": ", error.detail);
  return error;
}

bool TakesNothing(const Error& error) {
  return error.reason == Reason::kUnroutable || error.reason == Reason::kExchangeNotFound ||
         error.reason == Reason::kInvalidMessage || error.reason == Reason::kAccessRefused;
}

}  // namespace

class MessageMover::Published final : public PublishOwner {
 public:
  Published(base::Reactor& reactor, Done done) : reactor_(reactor), done_(std::move(done)) {}
  void OnAnswer(const PendingPublish&, PublishResult result) override {
    // The publisher is in the middle of something.
    reactor_.Defer([done = std::move(done_), error = std::move(result.error)]() mutable {
      done(std::move(error));
    });
  }

 private:
  base::Reactor& reactor_;
  Done done_;
};

void MessageMover::Wait(const std::string& queue, std::shared_ptr<const ReceivedMessage> message,
                        base::Duration delay, Done done) {
  PublishToWait(queue, std::move(message), delay, false, reactor_.Now() + time_, std::move(done));
}

void MessageMover::PublishToWait(const std::string& queue,
                                 std::shared_ptr<const ReceivedMessage> message,
                                 base::Duration delay, bool again, base::TimePoint deadline,
                                 Done done) {
  const std::string name = OwnQueues::WaitQueueName(queue, delay);
  auto publish = [=, this, message = std::move(message),
                  done = std::move(done)](const amqp::Reply& reply) mutable {
    if (!reply.ok) return done(NotDeclared(name, reply));
    auto published = [=, this, done = std::move(done)](std::optional<Error> error) mutable {
      if (!error || error->reason != Reason::kUnroutable || again) return done(std::move(error));
      // Somebody deleted it since.
      queues_.Forget(name);
      PublishToWait(queue, message, delay, true, deadline, std::move(done));
    };
    Publish("", name, WaitProperties(*message, queue), message->body, deadline,
            std::move(published));
  };
  queues_.EnsureWaitQueue(queue, delay, deadline, std::move(publish));
}

void MessageMover::DeadLetter(Death death, std::shared_ptr<const ReceivedMessage> message,
                              Done done) {
  const base::TimePoint deadline = reactor_.Now() + time_;
  if (!death.exchange) {
    return ToDeadQueue(std::move(death), std::move(message), deadline, std::move(done));
  }
  const std::string exchange = *death.exchange;
  const std::string key = death.routing_key.empty() ? message->routing_key : death.routing_key;
  const Properties properties = DeadLetterProperties(*message, death.queue, death.note);
  const std::shared_ptr<const std::string> body = message->body;
  auto published = [this, deadline, death = std::move(death), message = std::move(message),
                    done = std::move(done)](std::optional<Error> error) mutable {
    if (!error || !TakesNothing(*error)) return done(std::move(error));
    base::Log(base::LogLevel::kError, "dead-letter exchange takes nothing: moved to <queue>.dead",
              {{"queue", death.queue}, {"exchange", *death.exchange}, {"reason", error->detail}});
    ToDeadQueue(std::move(death), std::move(message), deadline, std::move(done));
  };
  Publish(exchange, key, properties, body, deadline, std::move(published));
}

void MessageMover::ToDeadQueue(Death death, std::shared_ptr<const ReceivedMessage> message,
                               base::TimePoint deadline, Done done) {
  const std::string queue = death.queue;
  auto publish = [this, deadline, death = std::move(death), message = std::move(message),
                  done = std::move(done)](const amqp::Reply& reply) mutable {
    const std::string name = OwnQueues::DeadQueueName(death.queue);
    if (!reply.ok) return done(NotDeclared(name, reply));
    auto published = [this, name, done = std::move(done)](std::optional<Error> error) mutable {
      if (error && error->reason == Reason::kUnroutable) queues_.Forget(name);
      done(std::move(error));
    };
    Publish("", name, DeadLetterProperties(*message, death.queue, death.note), message->body,
            deadline, std::move(published));
  };
  queues_.EnsureDeadQueue(queue, deadline, std::move(publish));
}

void MessageMover::Publish(const std::string& exchange, const std::string& routing_key,
                           const Properties& properties, std::shared_ptr<const std::string> body,
                           base::TimePoint deadline, Done done) {
  auto encoded = amqp::EncodePublish(exchange, routing_key, properties, std::move(body));
  const auto owner = std::make_shared<Published>(reactor_, std::move(done));
  if (!encoded.ok()) {
    PublishResult refused;
    refused.error = Error{Reason::kInvalidMessage, std::string(encoded.status().message())};
    return owner->OnAnswer({}, std::move(refused));
  }
  PublishList list;
  PendingPublish& publish = list.emplace_back();
  publish.exchange = exchange;
  publish.routing_key = routing_key;
  publish.message_id = properties.message_id;
  publish.encoded = *std::move(encoded);
  publish.deadline = deadline;
  publish.owner = owner;
  publisher_.Publish(std::move(list));
}

}  // namespace amqp_sidecar::broker
