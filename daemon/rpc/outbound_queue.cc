#include "rpc/outbound_queue.h"

#include <utility>

namespace amqp_sidecar::rpc {

using broker::SubscriptionEvent;

bool OutboundQueue::PushDeliveries(std::vector<broker::Delivery> deliveries) {
  const base::MutexLock lock(&mutex_);
  for (broker::Delivery& delivery : deliveries) items_.emplace_back(std::move(delivery));
  return TakerIsToBeTold();
}

bool OutboundQueue::PushEvent(OutboundEvent event) {
  const base::MutexLock lock(&mutex_);
  if (event.kind == SubscriptionEvent::kInterrupted) {
    DropDeliveries();
    if (MergeInterruption(event)) return false;
  }
  return Push(std::move(event));
}

bool OutboundQueue::PushEnd(OutboundEnd end) {
  const base::MutexLock lock(&mutex_);
  DropDeliveries();
  return Push(std::move(end));
}

void OutboundQueue::DropWithdrawn() {
  const base::MutexLock lock(&mutex_);
  std::erase_if(items_, [](const Item& item) {
    const auto* delivery = std::get_if<broker::Delivery>(&item);
    return delivery != nullptr && delivery->message->withdrawn.load(std::memory_order_relaxed);
  });
}

OutboundQueue::Batch OutboundQueue::Take(const Limits& limits) {
  Batch batch;
  size_t bytes = 0;
  const base::MutexLock lock(&mutex_);
  taker_waits_ = items_.empty();
  while (!items_.empty() && batch.deliveries.size() < limits.deliveries) {
    auto* delivery = std::get_if<broker::Delivery>(&items_.front());
    if (delivery == nullptr) break;
    bytes += delivery->message->body->size();
    if (bytes > limits.bytes && !batch.deliveries.empty()) break;
    batch.deliveries.push_back(std::move(*delivery));
    items_.pop_front();
  }
  if (!batch.deliveries.empty() || items_.empty()) return batch;

  if (auto* event = std::get_if<OutboundEvent>(&items_.front())) {
    batch.event = std::move(*event);
  } else {
    batch.end = std::move(std::get<OutboundEnd>(items_.front()));
  }
  items_.pop_front();
  return batch;
}

bool OutboundQueue::Push(Item item) {
  items_.push_back(std::move(item));
  return TakerIsToBeTold();
}

bool OutboundQueue::TakerIsToBeTold() { return std::exchange(taker_waits_, false); }

void OutboundQueue::DropDeliveries() {
  std::erase_if(items_, [](const Item& item) { return item.index() == 0; });
}

bool OutboundQueue::MergeInterruption(const OutboundEvent& event) {
  const auto kind_is = [](const Item& item, SubscriptionEvent kind) {
    const auto* queued = std::get_if<OutboundEvent>(&item);
    return queued != nullptr && queued->kind == kind;
  };
  for (size_t i = items_.size(); i-- > 0;) {
    if (kind_is(items_[i], SubscriptionEvent::kSubscribed)) return false;
    if (!kind_is(items_[i], SubscriptionEvent::kInterrupted)) continue;
    std::get<OutboundEvent>(items_[i]).detail = event.detail;
    std::erase_if(
        items_, [&](const Item& item) { return kind_is(item, SubscriptionEvent::kResubscribed); });
    return true;
  }
  return false;
}

}  // namespace amqp_sidecar::rpc
