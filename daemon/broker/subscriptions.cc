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
      return "the acknowledgement deadline passed: the message was requeued";
    case SettleReason::kStaleDelivery:
      return "the channel of the delivery is gone: the broker has requeued the message";
  }
  return "";
}

SettleFailure StaleFailure(const std::string& delivery_id) {
  return {delivery_id, SettleReason::kStaleDelivery, DetailOf(SettleReason::kStaleDelivery)};
}

}  // namespace

void Subscriptions::Start(SubscriptionId id, SubscribeRequest request,
                          std::shared_ptr<SubscriptionListener> listener) {
  highest_id_ = std::max(highest_id_, id);
  auto subscription =
      std::make_unique<Subscription>(reactor_, link_, *this, Subscription::Identity{life_, id},
                                     std::move(request), std::move(listener));
  Subscription& started = *subscription;
  by_id_.emplace(id, std::move(subscription));
  started.Start(connection_);
}

void Subscriptions::Remove(SubscriptionId id) { by_id_.erase(id); }

void Subscriptions::OnSettlementsLost(SubscriptionId subscription) {
  for (Unwritten& call : unwritten_) {
    std::erase_if(call.taken, [&](const std::string& text) {
      if (ParseDeliveryId(text)->subscription != subscription) return false;
      call.result.failures.push_back(StaleFailure(text));
      return true;
    });
  }
}

void Subscriptions::OnSubscriptionEnded(SubscriptionId subscription) {
  reactor_.Defer([this, subscription] { Remove(subscription); });
}

std::vector<Subscription*> Subscriptions::All() {
  std::vector<Subscription*> all;
  for (auto& [id, subscription] : by_id_) all.push_back(subscription.get());
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

std::optional<SettleReason> Subscriptions::SettleOne(const std::string& text, Verb verb,
                                                     bool& taken) {
  taken = false;
  const std::optional<DeliveryId> id = ParseDeliveryId(text);
  if (!id) return SettleReason::kUnknownDelivery;
  if (id->life != life_) return SettleReason::kStaleDelivery;
  if (id->subscription > highest_id_) return SettleReason::kUnknownDelivery;
  const auto found = by_id_.find(id->subscription);
  if (found == by_id_.end()) return SettleReason::kStaleDelivery;
  const auto failure = found->second->Settle(*id, verb, taken);
  if (taken) to_flush_.insert(id->subscription);
  return failure;
}

void Subscriptions::Settle(Verb verb, const std::vector<std::string>& delivery_ids,
                           SettleCallback done) {
  Unwritten call;
  for (const std::string& text : delivery_ids) {
    bool taken = false;
    const auto failure = SettleOne(text, verb, taken);
    if (failure) call.result.failures.push_back({text, *failure, DetailOf(*failure)});
    if (taken) call.taken.push_back(text);
  }
  if (call.taken.empty()) {
    done(std::move(call.result));
    return;
  }
  call.done = std::move(done);
  unwritten_.push_back(std::move(call));
  FlushSoon();
}

// At the end of the turn: the settlements of many calls then go out in few frames.
void Subscriptions::FlushSoon() {
  if (std::exchange(flushing_, true)) return;
  reactor_.Defer([this] {
    flushing_ = false;
    Flush();
  });
}

void Subscriptions::Flush() {
  for (const SubscriptionId id : std::exchange(to_flush_, {})) {
    const auto found = by_id_.find(id);
    if (found != by_id_.end()) found->second->Flush();
  }
  auto answer = [calls = std::exchange(unwritten_, {})](bool written) mutable {
    for (Unwritten& call : calls) {
      if (!written) {
        for (const std::string& text : call.taken) {
          call.result.failures.push_back(StaleFailure(text));
        }
      }
      call.done(std::move(call.result));
    }
  };
  if (connection_ == nullptr) {
    answer(false);
    return;
  }
  connection_->NotifyWritten(std::move(answer));
  link_.FlushSoon();
}

}  // namespace amqp_sidecar::broker
