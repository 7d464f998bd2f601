#include "broker/subscription.h"

#include <utility>

#include "base/log.h"
#include "base/planted.h"
#include "base/strings.h"
#include "broker/channel_failure.h"

namespace amqp_sidecar::broker {
namespace {

// Attempts before this one, where the broker counts them (quorum queues).
uint32_t EarlierAttempts(const Properties& properties) {
  const auto header = properties.headers.find("x-delivery-count");
  if (header == properties.headers.end()) return 0;
  const auto* count = std::get_if<int64_t>(&header->second.value);
  return count != nullptr && *count > 0 && *count < UINT32_MAX ? static_cast<uint32_t>(*count) : 0;
}

}  // namespace

Subscription::Subscription(base::Reactor& reactor, amqp::Link& link, Owner& owner,
                           Identity identity, SubscribeRequest request,
                           std::shared_ptr<SubscriptionListener> listener)
    : reactor_(reactor),
      link_(link),
      owner_(owner),
      identity_(identity),
      request_(std::move(request)),
      listener_(std::move(listener)) {}

Subscription::~Subscription() {
  CloseChannel();
  reactor_.Cancel(retry_timer_);
}

void Subscription::Start(amqp::Connection* connection) {
  connection_ = connection;
  if (connection_ != nullptr) {
    Consume();
    return;
  }
  Interrupted("no link to the broker: waiting for it");
}

void Subscription::LinkUp(amqp::Connection& connection) {
  connection_ = &connection;
  if (state_ == State::kWaiting) Consume();
}

void Subscription::LinkDown(const amqp::Failure& failure) {
  connection_ = nullptr;
  reactor_.Cancel(std::exchange(retry_timer_, 0));
  if (state_ == State::kEnded) return;
  Interrupted(base::Concat("the link to the broker was lost: ", failure.text));
}

std::string Subscription::ConsumerTag() const {
  return base::Concat("amqp-sidecar-", identity_.id, "-", incarnation_);
}

void Subscription::Consume() {
  reactor_.Cancel(std::exchange(retry_timer_, 0));
  channel_ = connection_->OpenChannel(*this);
  if (channel_ == nullptr) {
    if (was_active_) {
      RetryIn(kRetryEvery);
      return;
    }
    End({Reason::kLimitExceeded,
         base::Concat("all ", connection_->channels_max(),
                      " channels of the connection are in use: end a subscription, or raise "
                      "amqp.max_channels")});
    return;
  }
  state_ = State::kConsuming;
  ledger_ = DeliveryLedger();
  ++incarnation_;
  amqp::ConsumeArgs args;
  args.queue = request_.queue;
  args.consumer_tag = ConsumerTag();
  args.exclusive = request_.exclusive;
  args.arguments = request_.arguments;
  if (request_.priority != 0) {
    args.arguments["x-priority"] = FieldValue{static_cast<int64_t>(request_.priority)};
  }
  // A failure of either is followed by OnClosed.
  channel_->Qos(static_cast<uint16_t>(request_.prefetch), [](const amqp::Reply&) {});
  channel_->Consume(args, [this](const amqp::Reply& reply) {
    if (reply.ok) OnConsumed();
  });
  link_.FlushSoon();
}

void Subscription::OnConsumed() {
  if (state_ != State::kConsuming) return;
  state_ = State::kActive;
  active_since_ = reactor_.Now();
  const bool again = std::exchange(was_active_, true);
  told_interrupted_ = false;
  base::Log(base::LogLevel::kInfo, again ? "consumer is back" : "consumer started",
            {{"queue", request_.queue}, {"subscription", identity_.id}, {"peer", request_.peer}});
  listener_->OnEvent(again ? SubscriptionEvent::kResubscribed : SubscriptionEvent::kSubscribed, "");
}

// Deliveries from before are stale from here on: the broker gives them to somebody again.
void Subscription::Interrupted(const std::string& why) {
  const bool draining = state_ == State::kDraining;
  state_ = State::kWaiting;
  if (ledger_.HasFrames()) owner_.OnSettlementsLost(identity_.id);
  ledger_ = DeliveryLedger();
  withheld_ = 0;
  if (draining) {
    End({Reason::kDraining, "the sidecar is shutting down"});
    return;
  }
  if (std::exchange(told_interrupted_, true)) return;
  interrupted_at_ = reactor_.Now();
  base::Log(base::LogLevel::kWarn, "consumer interrupted",
            {{"queue", request_.queue}, {"subscription", identity_.id}, {"reason", why}});
  listener_->OnEvent(SubscriptionEvent::kInterrupted, why);
}

void Subscription::OnDelivery(amqp::IncomingDelivery delivery) {
  ledger_.Add(delivery.tag);
  if (state_ == State::kDraining) {
    // It stays unsettled, and goes back with the channel.
    ++withheld_;
    return;
  }
  Delivery out;
  out.id = FormatDeliveryId({identity_.life, identity_.id, incarnation_, delivery.tag});
  out.queue = request_.queue;
  out.exchange = std::move(delivery.exchange);
  out.routing_key = std::move(delivery.routing_key);
  out.body = std::move(delivery.body);
  out.attempt = EarlierAttempts(delivery.properties) + 1;
  out.properties = std::move(delivery.properties);
  out.redelivered = delivery.redelivered;
  listener_->OnDelivery(std::move(out));
}

void Subscription::OnOversizedDelivery(uint64_t tag, uint64_t body_bytes) {
  base::Log(base::LogLevel::kError, "delivery too large, rejected",
            {{"queue", request_.queue}, {"body_bytes", body_bytes}});
  ledger_.Add(tag);
  ledger_.Settle(tag, Verb::kReject);
  Flush();
}

// The queue is gone, or has moved to another node: asking again tells which.
void Subscription::OnConsumerCancelled(std::string_view) {
  CloseChannel();
  Interrupted("the broker cancelled the consumer: its queue was deleted or has moved");
  if (state_ == State::kWaiting) RetryIn(kRetryAfterCancel);
}

void Subscription::OnClosed(const amqp::Failure& failure) {
  channel_ = nullptr;
  // The link went first: LinkDown, which follows, knows why.
  if (failure.kind == amqp::Failure::Kind::kLinkLost || state_ == State::kEnded) return;
  base::Log(base::LogLevel::kWarn, "consumer channel closed",
            {{"queue", request_.queue}, {"code", failure.code}, {"reason", failure.text}});
  if (state_ == State::kConsuming) {
    OnRefused(failure);
    return;
  }
  Interrupted(base::Concat("the consumer's channel was closed: ", failure.text));
  if (state_ != State::kWaiting) return;
  // At once, but not over and over.
  if (reactor_.Now() - active_since_ < kRetryEvery) {
    RetryIn(kRetryEvery);
  } else {
    Consume();
  }
}

void Subscription::OnRefused(const amqp::Failure& failure) {
  Error error = SubscribeError(failure);
  const bool in_grace = was_active_ && reactor_.Now() - interrupted_at_ < kExclusiveGrace;
  const bool refused = failure.kind == amqp::Failure::Kind::kClosedByBroker ||
                       failure.kind == amqp::Failure::Kind::kNotEncodable;
  if (!refused || SaysHomeNodeIsDown(failure) ||
      (error.reason == Reason::kQueueExclusive && in_grace)) {
    Interrupted(failure.text);
    RetryIn(kRetryEvery);
    return;
  }
  error.detail = base::Concat("queue \"", request_.queue, "\": ", error.detail);
  End(std::move(error));
}

void Subscription::RetryIn(base::Duration wait) {
  if (connection_ == nullptr) return;
  state_ = State::kWaiting;
  reactor_.Cancel(retry_timer_);
  retry_timer_ = reactor_.After(wait, [this] {
    retry_timer_ = 0;
    if (connection_ != nullptr && state_ == State::kWaiting) Consume();
  });
}

void Subscription::Drain() {
  if (state_ == State::kEnded || state_ == State::kDraining) return;
  if (state_ != State::kActive) {
    End({Reason::kDraining, "the sidecar is shutting down"});
    return;
  }
  state_ = State::kDraining;
  channel_->CancelConsumer(ConsumerTag(), [](const amqp::Reply&) {});
  link_.FlushSoon();
  listener_->OnEvent(SubscriptionEvent::kDraining,
                     "the sidecar is shutting down: settle what you hold");
  EndIfDrained();
}

void Subscription::EndIfDrained() {
  if (state_ == State::kDraining && ledger_.unsettled() == withheld_) {
    End({Reason::kDraining, "the sidecar is shutting down"});
  }
}

void Subscription::End(Error why) {
  if (state_ == State::kEnded) return;
  state_ = State::kEnded;
  Flush();
  CloseChannel();
  base::Log(base::LogLevel::kInfo, "consumer ended",
            {{"queue", request_.queue},
             {"subscription", identity_.id},
             {"reason", ReasonName(why.reason)},
             {"detail", why.detail}});
  listener_->OnEnd(std::move(why));
  owner_.OnSubscriptionEnded(identity_.id);
}

void Subscription::CloseChannel() {
  if (channel_ == nullptr) return;
  // Those that were taken this turn count: they will be answered so.
  SendSettlements();
  std::exchange(channel_, nullptr)->Close();
  link_.FlushSoon();
}

std::optional<SettleReason> Subscription::Settle(const DeliveryId& id, Verb verb, bool& taken) {
  taken = false;
  if (id.incarnation > incarnation_) return SettleReason::kUnknownDelivery;
  const bool stale =
      id.incarnation < incarnation_ && !base::Planted(base::PlantedBug::kStaleTagSettled);
  if (stale || channel_ == nullptr) return SettleReason::kStaleDelivery;
  switch (ledger_.Settle(id.tag, verb)) {
    case DeliveryLedger::Outcome::kTaken:
      taken = true;
      return std::nullopt;
    case DeliveryLedger::Outcome::kRepeated:
      return std::nullopt;
    case DeliveryLedger::Outcome::kAlreadySettled:
      return SettleReason::kAlreadySettled;
    case DeliveryLedger::Outcome::kUnknown:
      return SettleReason::kUnknownDelivery;
  }
  return SettleReason::kUnknownDelivery;
}

void Subscription::Flush() {
  if (channel_ == nullptr) return;
  SendSettlements();
  link_.FlushSoon();
  EndIfDrained();
}

void Subscription::SendSettlements() {
  for (const DeliveryLedger::Frame& frame : ledger_.TakeFrames()) {
    switch (frame.verb) {
      case Verb::kAck:
        channel_->Ack(frame.tag, frame.multiple);
        break;
      case Verb::kNack:
        channel_->Nack(frame.tag, frame.multiple, /*requeue=*/true);
        break;
      case Verb::kReject:
        channel_->Reject(frame.tag, /*requeue=*/false);
        break;
    }
  }
}

}  // namespace amqp_sidecar::broker
