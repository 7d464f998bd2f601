#include "broker/subscription.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/planted.h"
#include "base/strings.h"
#include "broker/channel_failure.h"
#include "broker/received_message.h"

namespace amqp_sidecar::broker {
namespace {

Error Draining() { return {Reason::kDraining, "the sidecar is shutting down"}; }

std::shared_ptr<SubscriptionStatus> NewStatus(const SubscribeRequest& request,
                                              std::shared_ptr<const std::string> queue,
                                              SubscriptionId id, DeliveryCounts& totals) {
  auto status = std::make_shared<SubscriptionStatus>();
  status->totals = &totals;
  // Short: it comes with every delivery.
  status->consumer_tag = base::Concat("sidecar-", id);
  status->peer = request.peer;
  status->prefetch = request.prefetch;
  status->queue = std::move(queue);
  status->temporary = request.queue_is_temporary;
  return status;
}

// Whether it asks for what a stream cannot do.
bool WantsBack(const SubscribeRequest& request) {
  return request.retry || request.ack_deadline > base::Duration::zero();
}

Error IsStream(const SubscribeRequest& request) {
  return {Reason::kInvalidSubscription,
          base::Concat("queue \"", request.queue,
                       "\" is a stream, which keeps its messages and takes none back: leave ",
                       request.retry ? "retry" : "ack_deadline", " unset")};
}

bool ClosedTheLink(const amqp::Failure& failure) {
  return failure.kind == amqp::Failure::Kind::kClosedByBroker && failure.code >= 500;
}

}  // namespace

Subscription::Subscription(const Helpers& helpers, Owner& owner, Identity identity,
                           SubscribeRequest request, std::shared_ptr<SubscriptionListener> listener)
    : reactor_(helpers.settling.reactor),
      link_(helpers.link),
      queue_types_(helpers.queue_types),
      owner_(owner),
      identity_(identity),
      request_(std::move(request)),
      queue_(std::make_shared<const std::string>(request_.queue)),
      listener_(std::move(listener)),
      status_(NewStatus(request_, queue_, identity.id, helpers.settling.counters.deliveries)),
      settler_(helpers.settling, *this, request_, status_),
      invalid_(reactor_, identity.id, *status_) {
  if (request_.bindings.empty()) return;
  own_queue_.emplace(helpers.scratch, request_.queue, request_.queue_is_temporary,
                     request_.bindings);
}

Subscription::~Subscription() {
  CloseChannel();
  reactor_.Cancel(retry_timer_);
}

void Subscription::Start(amqp::Connection* connection) {
  connection_ = connection;
  if (connection_ != nullptr) {
    Begin();
    return;
  }
  Interrupted("no link to the broker: waiting for it");
}

void Subscription::LinkUp(amqp::Connection& connection) {
  connection_ = &connection;
  if (state_ == State::kWaiting) Begin();
}

void Subscription::LinkDown(const amqp::Failure& failure) {
  connection_ = nullptr;
  reactor_.Cancel(std::exchange(retry_timer_, 0));
  if (state_ == State::kEnded) return;
  if (state_ == State::kConsuming && ClosedTheLink(failure) && ++links_lost_ >= kMostLinksLost) {
    End(Error{
        Reason::kInvalidSubscription,
        base::Concat("the broker closed the whole connection twice when it was asked for this "
                     "consumer of queue \"",
                     request_.queue, "\": ", failure.text)});
    return;
  }
  Interrupted(base::Concat("the link to the broker was lost: ", failure.text));
}

void Subscription::GoOn() {
  if (connection_ != nullptr && state_ == State::kWaiting) Begin();
}

std::string Subscription::ConsumerTag() const {
  return base::Concat(status_->consumer_tag, "-", incarnation_);
}

void Subscription::Begin() {
  reactor_.Cancel(std::exchange(retry_timer_, 0));
  if (links_lost_ > 0 && !owner_.TakeTurn(identity_.id)) return;
  if (!own_queue_) return was_active_ || !WantsBack(request_) ? Consume() : AskForType();
  state_ = State::kPreparing;
  own_queue_->Prepare([this](const std::optional<amqp::Failure>& failure) { OnPrepared(failure); });
}

void Subscription::AskForType() {
  state_ = State::kPreparing;
  queue_types_.Find(request_.queue, base::kNever,
                    [alive = std::weak_ptr<Subscription*>(alive_)](const auto& answer) {
                      if (const auto subscription = alive.lock()) (*subscription)->OnType(answer);
                    });
}

void Subscription::OnType(const QueueTypes::Answer& answer) {
  if (state_ != State::kPreparing || connection_ == nullptr) return;
  state_ = State::kWaiting;
  if (answer.kind == QueueKind::kStream) return End(IsStream(request_));
  // Whatever else is wrong with the queue, the broker says it now.
  Consume();
}

void Subscription::OnPrepared(const std::optional<amqp::Failure>& failure) {
  // LinkDown, which comes first or follows, knows more.
  if (state_ != State::kPreparing || connection_ == nullptr) return;
  state_ = State::kWaiting;
  if (!failure) return Consume();
  OnRefused(*failure, TopologyError(*failure));
}

void Subscription::Consume() {
  channel_ = owner_.HasRoom() ? connection_->OpenChannel(*this) : nullptr;
  if (channel_ == nullptr) {
    if (was_active_) {
      RetryIn(kRetryEvery);
      return;
    }
    End(Error{Reason::kLimitExceeded,
              base::Concat("all ", connection_->channels_max(),
                           " channels of the connection are in use, or kept for publishing: end a "
                           "subscription, or raise amqp.max_channels")});
    return;
  }
  state_ = State::kConsuming;
  settler_.Reset();
  ++incarnation_;
  // A failure of either is followed by OnClosed.
  channel_->Qos(static_cast<uint16_t>(request_.prefetch), [](const amqp::Reply&) {});
  channel_->Consume(ConsumeArguments(), [this](const amqp::Reply& reply) {
    if (reply.ok) OnConsumed();
  });
  link_.FlushSoon();
}

amqp::ConsumeArgs Subscription::ConsumeArguments() const {
  amqp::ConsumeArgs args;
  args.queue = request_.queue;
  args.consumer_tag = ConsumerTag();
  args.exclusive = request_.exclusive;
  args.arguments = request_.arguments;
  if (request_.priority != 0) {
    args.arguments["x-priority"] = FieldValue{static_cast<int64_t>(request_.priority)};
  }
  if (next_offset_ >= 0) args.arguments["x-stream-offset"] = FieldValue{next_offset_};
  return args;
}

void Subscription::OnConsumed() {
  if (state_ != State::kConsuming) return;
  state_ = State::kActive;
  status_->active = true;
  active_since_ = reactor_.Now();
  links_lost_ = 0;
  owner_.EndTurn(identity_.id);
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
  status_->active = false;
  owner_.EndTurn(identity_.id);
  if (last_offset_ >= 0) {
    const ReceivedMessage* oldest = settler_.oldest();
    next_offset_ = oldest != nullptr ? StreamOffset(*oldest) : last_offset_ + 1;
  }
  if (settler_.HasFrames()) owner_.OnSettlementsLost(identity_.id);
  settler_.Reset();
  fresh_.clear();
  if (draining) {
    End(std::move(end_with_));
    return;
  }
  if (std::exchange(told_interrupted_, true)) return;
  interrupted_at_ = reactor_.Now();
  base::Log(base::LogLevel::kWarn, "consumer interrupted",
            {{"queue", request_.queue}, {"subscription", identity_.id}, {"reason", why}});
  listener_->OnEvent(SubscriptionEvent::kInterrupted, why);
}

void Subscription::OnDelivery(amqp::IncomingDelivery&& delivery) {
  const uint64_t tag = delivery.tag;
  std::shared_ptr<const ReceivedMessage> message = Receive(std::move(delivery), request_.queue);
  last_offset_ = StreamOffset(*message);
  // Where its type could not be asked for.
  if (WantsBack(request_) && IsOfStream(*message)) return End(IsStream(request_));
  message = settler_.Add(tag, std::move(message));
  if (state_ == State::kDraining) {
    // It stays unsettled, and goes back with the channel.
    settler_.Withhold(tag);
    return;
  }
  if (message == nullptr) return;
  Delivery out;
  out.id = {identity_.life, identity_.id, incarnation_, tag};
  out.queue = queue_;
  out.message = std::move(message);
  if (fresh_.empty()) HandOverSoon();
  fresh_.push_back(std::move(out));
}

void Subscription::HandOverSoon() {
  reactor_.Defer([alive = std::weak_ptr<Subscription*>(alive_)] {
    if (const auto subscription = alive.lock()) (*subscription)->HandOver();
  });
}

void Subscription::HandOver() {
  if (fresh_.empty()) return;
  status_->Add(&DeliveryCounts::delivered, fresh_.size());
  const auto again = std::ranges::count_if(
      fresh_, [](const Delivery& delivery) { return delivery.message->redelivered; });
  if (again > 0) status_->Add(&DeliveryCounts::redelivered, static_cast<uint64_t>(again));
  listener_->OnDeliveries(std::exchange(fresh_, {}));
}

void Subscription::OnOversizedDelivery(uint64_t tag, uint64_t body_bytes) {
  base::Log(base::LogLevel::kError, "delivery too large, rejected",
            {{"queue", request_.queue}, {"body_bytes", body_bytes}});
  settler_.RejectUnseen(tag);
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
    OnRefused(failure, SubscribeError(failure));
    return;
  }
  Interrupted(base::Concat("the consumer's channel was closed: ", failure.text));
  if (state_ != State::kWaiting) return;
  // At once, but not over and over.
  if (reactor_.Now() - active_since_ < kRetryEvery) {
    RetryIn(kRetryEvery);
  } else {
    Begin();
  }
}

void Subscription::OnRefused(const amqp::Failure& failure, Error error) {
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
    if (connection_ != nullptr && state_ == State::kWaiting) Begin();
  });
}

void Subscription::Drain() {
  if (state_ == State::kEnded) return;
  if (state_ != State::kDraining && state_ != State::kActive) return End(Draining());
  HandOver();
  listener_->OnEvent(SubscriptionEvent::kDraining,
                     "the sidecar is shutting down: settle what you hold");
  // One that was about to end anyway is not told otherwise.
  if (state_ == State::kActive) StopConsuming(Draining());
}

void Subscription::Finish() {
  if (state_ == State::kEnded || state_ == State::kDraining) return;
  if (state_ != State::kActive) return End(std::nullopt);
  HandOver();
  StopConsuming(std::nullopt);
}

void Subscription::StopConsuming(std::optional<Error> end_with) {
  state_ = State::kDraining;
  status_->active = false;
  end_with_ = std::move(end_with);
  channel_->CancelConsumer(ConsumerTag(), [](const amqp::Reply&) {});
  link_.FlushSoon();
  EndIfDrained();
}

void Subscription::Withhold(const std::vector<DeliveryId>& deliveries) {
  for (const DeliveryId& id : deliveries) {
    if (id.incarnation == incarnation_) settler_.Withhold(id.tag);
  }
  EndIfDrained();
}

void Subscription::TakeInvalid(const std::vector<InvalidDelivery>& deliveries) {
  for (const InvalidDelivery& delivery : deliveries) {
    invalid_.Add(delivery);
    // Of an earlier incarnation: the broker delivers it again.
    if (!Misses(delivery.id)) settler_.FailInvalid(delivery.id.tag, delivery);
  }
}

void Subscription::EndIfDrained() {
  if (state_ == State::kDraining && settler_.awaited() == 0) End(std::move(end_with_));
}

void Subscription::End(std::optional<Error> why) {
  if (state_ == State::kEnded) return;
  state_ = State::kEnded;
  status_->active = false;
  owner_.EndTurn(identity_.id);
  Flush();
  CloseChannel();
  settler_.Reset();
  fresh_.clear();
  base::Log(base::LogLevel::kInfo, "consumer ended",
            {{"queue", request_.queue},
             {"subscription", identity_.id},
             {"reason", why ? ReasonName(why->reason) : "asked for"},
             {"detail", why ? why->detail : ""}});
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

std::optional<SettleReason> Subscription::Misses(const DeliveryId& id) const {
  if (id.incarnation > incarnation_) return SettleReason::kUnknownDelivery;
  const bool stale =
      id.incarnation < incarnation_ && !base::Planted(base::PlantedBug::kStaleTagSettled);
  if (stale || channel_ == nullptr) return SettleReason::kStaleDelivery;
  return std::nullopt;
}

Settler::Outcome Subscription::Settle(const DeliveryId& id, const Settlement& how,
                                      absl::FunctionRef<Settler::Moved()> moved) {
  if (const auto reason = Misses(id)) return {reason, false};
  return settler_.Settle(id.tag, how, moved);
}

std::optional<SettleReason> Subscription::Extend(const DeliveryId& id,
                                                 base::Duration ack_deadline) {
  if (const auto reason = Misses(id)) return reason;
  return settler_.Extend(id.tag, ack_deadline);
}

void Subscription::Flush() {
  if (channel_ == nullptr) return;
  SendSettlements();
  link_.FlushSoon();
  EndIfDrained();
}

void Subscription::SendSettlements() {
  for (const DeliveryLedger::Frame& frame : settler_.TakeFrames()) {
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
