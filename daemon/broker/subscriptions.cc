#include "broker/subscriptions.h"

#include <algorithm>
#include <utility>

namespace amqp_sidecar::broker {
namespace {

std::string DetailOf(SettleReason reason) {
  switch (reason) {
    case SettleReason::kUnknownDelivery:
      return "this sidecar never gave that id";
    case SettleReason::kAlreadySettled:
      return "the delivery was settled otherwise before";
    case SettleReason::kDeadlineExpired:
      return "the acknowledgement deadline passed: the delivery was taken back";
    case SettleReason::kStaleDelivery:
      return "the channel of the delivery is gone: the broker has requeued the message";
    case SettleReason::kNotMoved:
      return "the message could not be moved: it was requeued at once";
    case SettleReason::kNotRequeueable:
      return "the queue is a stream, which keeps its messages and takes none back: ack it";
    case SettleReason::kDeadlineLimit:
      return "the broker does not let a delivery be unsettled for so long (80 % of "
             "subscribe.broker_consumer_timeout): its deadline stays as it was";
  }
  return "";
}

SettleFailure Failure(std::string delivery_id, SettleReason reason, std::string detail = "") {
  return {std::move(delivery_id), reason, detail.empty() ? DetailOf(reason) : std::move(detail)};
}

}  // namespace

void Subscriptions::Start(SubscriptionId id, SubscribeRequest request,
                          std::shared_ptr<SubscriptionListener> listener) {
  highest_id_ = std::max(highest_id_, id);
  auto subscription =
      std::make_unique<Subscription>(helpers_, *this, Subscription::Identity{options_.life, id},
                                     std::move(request), std::move(listener));
  Subscription& started = *subscription;
  by_id_.emplace(id, std::move(subscription));
  started.Start(connection_);
  on_change_();
}

void Subscriptions::Remove(SubscriptionId id) {
  if (by_id_.erase(id) == 0) return;
  EndTurn(id);
  on_change_();
}

void Subscriptions::Finish(SubscriptionId id) {
  const auto found = by_id_.find(id);
  if (found != by_id_.end()) found->second->Finish();
}

void Subscriptions::Withhold(SubscriptionId id, const std::vector<DeliveryId>& deliveries) {
  const auto found = by_id_.find(id);
  if (found != by_id_.end()) found->second->Withhold(deliveries);
}

void Subscriptions::TakeInvalid(SubscriptionId id, const std::vector<InvalidDelivery>& deliveries) {
  const auto found = by_id_.find(id);
  if (found != by_id_.end()) found->second->TakeInvalid(deliveries);
}

void Subscriptions::OnSettlementsLost(SubscriptionId subscription) {
  for (Part& part : unwritten_) {
    std::erase_if(part.taken, [&](Taken& taken) {
      if (taken.subscription != subscription) return false;
      part.call->result.failures.push_back(
          Failure(std::move(taken.text), SettleReason::kStaleDelivery));
      return true;
    });
  }
}

void Subscriptions::OnSubscriptionEnded(SubscriptionId subscription) {
  helpers_.settling.reactor.Defer([this, subscription] { Remove(subscription); });
}

void Subscriptions::OnSubscriptionFrames(SubscriptionId subscription) {
  to_flush_.insert(subscription);
  FlushSoon();
}

bool Subscriptions::TakeTurn(SubscriptionId subscription) {
  if (turn_ == 0) turn_ = subscription;
  if (turn_ == subscription) return true;
  if (std::ranges::find(waiting_for_turn_, subscription) == waiting_for_turn_.end()) {
    waiting_for_turn_.push_back(subscription);
  }
  return false;
}

void Subscriptions::EndTurn(SubscriptionId subscription) {
  std::erase(waiting_for_turn_, subscription);
  if (turn_ != subscription) return;
  turn_ = 0;
  if (waiting_for_turn_.empty()) return;
  turn_ = waiting_for_turn_.front();
  waiting_for_turn_.pop_front();
  helpers_.settling.reactor.Defer([this, next = turn_] {
    const auto found = by_id_.find(next);
    if (found != by_id_.end()) found->second->GoOn();
  });
}

bool Subscriptions::HasRoom() const {
  const auto open = static_cast<size_t>(
      std::ranges::count_if(by_id_, [](const auto& item) { return item.second->has_channel(); }));
  return open + options_.kept_channels < connection_->channels_max();
}

std::vector<Subscription*> Subscriptions::All() {
  std::vector<Subscription*> all;
  for (auto& [id, subscription] : by_id_) all.push_back(subscription.get());
  return all;
}

std::vector<std::shared_ptr<const SubscriptionStatus>> Subscriptions::Statuses() const {
  std::vector<std::shared_ptr<const SubscriptionStatus>> all;
  for (const auto& [id, subscription] : by_id_) all.push_back(subscription->status());
  return all;
}

void Subscriptions::LinkUp(amqp::Connection& connection) {
  connection_ = &connection;
  for (Subscription* subscription : All()) subscription->LinkUp(connection);
}

void Subscriptions::LinkDown(const amqp::Failure& failure) {
  connection_ = nullptr;
  for (Subscription* subscription : All()) subscription->LinkDown(failure);
}

void Subscriptions::Drain() {
  for (Subscription* subscription : All()) subscription->Drain();
}

void Subscriptions::EndAll(const Error& why) {
  for (Subscription* subscription : All()) subscription->End(why);
}

Subscription* Subscriptions::Find(const std::optional<DeliveryId>& id, SettleReason& reason) {
  reason = SettleReason::kUnknownDelivery;
  if (!id) return nullptr;
  reason = SettleReason::kStaleDelivery;
  if (id->life != options_.life) return nullptr;
  const auto found = by_id_.find(id->subscription);
  if (found != by_id_.end()) return found->second.get();
  if (id->subscription > highest_id_) reason = SettleReason::kUnknownDelivery;
  return nullptr;
}

void Subscriptions::Settle(Settlement how, const Ids& ids, SettleCallback done) {
  const auto call = std::make_shared<Call>();
  call->done = std::move(done);
  Part part{call, {}};
  for (size_t i = 0; i < ids.size(); ++i) {
    SettleReason missing;
    Subscription* subscription = Find(ids[i], missing);
    std::string& text = how.delivery_ids[i];
    if (subscription == nullptr) {
      call->result.failures.push_back(Failure(std::move(text), missing));
      continue;
    }
    const auto moved = [&] { return WhenMoved(call, {subscription->id(), text}); };
    const Settler::Outcome outcome = subscription->Settle(*ids[i], how, moved);
    if (outcome.failure) {
      call->result.failures.push_back(Failure(std::move(text), *outcome.failure));
    } else if (outcome.taken) {
      part.taken.push_back({subscription->id(), std::move(text)});
      to_flush_.insert(subscription->id());
    }
  }
  if (!part.taken.empty()) {
    ++call->parts;
    unwritten_.push_back(std::move(part));
    FlushSoon();
  }
  if (call->parts == 0) Answer(call->done, std::move(call->result));
}

Settler::Moved Subscriptions::WhenMoved(std::shared_ptr<Call> call, Taken taken) {
  ++call->parts;
  return [this, call = std::move(call), taken = std::move(taken)](
             std::optional<SettleReason> failure, std::string detail) mutable {
    Part part{std::move(call), {}};
    if (failure) {
      part.call->result.failures.push_back(
          Failure(std::move(taken.text), *failure, std::move(detail)));
    } else {
      part.taken.push_back(std::move(taken));
    }
    // Also one that failed is answered when its requeueing is written.
    unwritten_.push_back(std::move(part));
    FlushSoon();
  };
}

void Subscriptions::EndPart(Call& call) {
  if (--call.parts == 0) Answer(call.done, std::move(call.result));
}

void Subscriptions::Answer(SettleCallback& done, SettleResult result) {
  for (const SettleFailure& failure : result.failures) {
    helpers_.settling.counters.settle_failures[static_cast<size_t>(failure.reason)].fetch_add(
        1, std::memory_order_relaxed);
  }
  done(std::move(result));
}

void Subscriptions::Extend(const std::vector<std::string>& texts, const Ids& ids,
                           base::Duration ack_deadline, SettleCallback done) {
  SettleResult result;
  for (size_t i = 0; i < ids.size(); ++i) {
    SettleReason missing;
    Subscription* subscription = Find(ids[i], missing);
    std::optional<SettleReason> failure = missing;
    if (subscription != nullptr) failure = subscription->Extend(*ids[i], ack_deadline);
    if (failure) result.failures.push_back(Failure(texts[i], *failure));
  }
  Answer(done, std::move(result));
}

// At the end of the turn: the settlements of many calls then go out in few frames.
void Subscriptions::FlushSoon() {
  if (std::exchange(flushing_, true)) return;
  helpers_.settling.reactor.Defer([this] {
    flushing_ = false;
    Flush();
  });
}

void Subscriptions::Flush() {
  for (const SubscriptionId id : std::exchange(to_flush_, {})) {
    const auto found = by_id_.find(id);
    if (found != by_id_.end()) found->second->Flush();
  }
  auto answer = [this, parts = std::exchange(unwritten_, {})](bool written) mutable {
    for (Part& part : parts) {
      if (!written) {
        for (Taken& taken : part.taken) {
          part.call->result.failures.push_back(
              Failure(std::move(taken.text), SettleReason::kStaleDelivery));
        }
      }
      EndPart(*part.call);
    }
  };
  if (connection_ == nullptr) {
    answer(false);
    return;
  }
  connection_->NotifyWritten(std::move(answer));
  helpers_.link.FlushSoon();
}

}  // namespace amqp_sidecar::broker
