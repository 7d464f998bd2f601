#include "rpc/outbound_queue.h"

#include <string>

#include "support/catch.h"

namespace amqp_sidecar::rpc {
namespace {

using broker::SubscriptionEvent;

broker::Delivery DeliveryOf(const std::string& id, size_t bytes = 1) {
  broker::Delivery delivery;
  delivery.id = id;
  delivery.body = std::string(bytes, 'b');
  return delivery;
}

// All that is in the queue: ids and events by name.
std::string Drain(OutboundQueue& queue, const OutboundQueue::Limits& limits = {}) {
  static constexpr const char* kNames[] = {"SUBSCRIBED", "INTERRUPTED", "RESUBSCRIBED", "DRAINING"};
  std::string all;
  while (true) {
    const OutboundQueue::Batch batch = queue.Take(limits);
    if (batch.deliveries.empty() && !batch.event && !batch.end) return all;
    if (!all.empty()) all += ' ';
    for (const broker::Delivery& delivery : batch.deliveries) all += delivery.id;
    if (batch.event) {
      all += kNames[static_cast<int>(batch.event->kind)];
      if (!batch.event->detail.empty()) all += "(" + batch.event->detail + ")";
    }
    if (batch.end) all += "END";
  }
}

void Push(OutboundQueue& queue, SubscriptionEvent event, const std::string& detail = "") {
  (void)queue.PushEvent({event, detail});
}

TEST_CASE("deliveries and events come out in order, each event by itself") {
  OutboundQueue queue;
  Push(queue, SubscriptionEvent::kSubscribed);
  (void)queue.PushDelivery(DeliveryOf("a"));
  (void)queue.PushDelivery(DeliveryOf("b"));
  Push(queue, SubscriptionEvent::kDraining);
  CHECK(Drain(queue) == "SUBSCRIBED ab DRAINING");
}

TEST_CASE("the taker is woken once, and again only after it found the queue empty") {
  OutboundQueue queue;
  CHECK(queue.PushDelivery(DeliveryOf("a")));
  CHECK_FALSE(queue.PushDelivery(DeliveryOf("b")));
  CHECK(queue.Take({}).deliveries.size() == 2);
  CHECK_FALSE(queue.PushDelivery(DeliveryOf("c")));
  CHECK(queue.Take({}).deliveries.size() == 1);
  CHECK(queue.Take({}).deliveries.empty());
  CHECK(queue.PushEnd({}));
}

TEST_CASE("a batch is bounded in count and in bytes") {
  OutboundQueue queue;
  for (const char* id : {"a", "b", "c", "d", "e"}) (void)queue.PushDelivery(DeliveryOf(id, 10));
  (void)queue.PushDelivery(DeliveryOf("F", 100));
  CHECK(Drain(queue, {.deliveries = 2, .bytes = 1000}) == "ab cd eF");
  for (const char* id : {"a", "b", "c"}) (void)queue.PushDelivery(DeliveryOf(id, 10));
  (void)queue.PushDelivery(DeliveryOf("F", 100));
  (void)queue.PushDelivery(DeliveryOf("g", 10));
  CHECK(Drain(queue, {.deliveries = 64, .bytes = 20}) == "ab c F g");
}

TEST_CASE("an interruption drops the deliveries that wait, which are stale") {
  OutboundQueue queue;
  Push(queue, SubscriptionEvent::kSubscribed);
  (void)queue.PushDelivery(DeliveryOf("stale"));
  Push(queue, SubscriptionEvent::kInterrupted);
  Push(queue, SubscriptionEvent::kResubscribed);
  (void)queue.PushDelivery(DeliveryOf("fresh"));
  CHECK(Drain(queue) == "SUBSCRIBED INTERRUPTED RESUBSCRIBED fresh");
}

TEST_CASE("a client that reads nothing makes the queue no longer with every reconnect") {
  OutboundQueue queue;
  Push(queue, SubscriptionEvent::kSubscribed);
  for (int i = 0; i < 1000; ++i) {
    Push(queue, SubscriptionEvent::kInterrupted, std::to_string(i));
    Push(queue, SubscriptionEvent::kResubscribed);
    (void)queue.PushDelivery(DeliveryOf("d"));
  }
  Push(queue, SubscriptionEvent::kDraining);
  CHECK(Drain(queue) == "SUBSCRIBED INTERRUPTED(999) RESUBSCRIBED d DRAINING");
}

TEST_CASE("the first SUBSCRIBED is never merged away") {
  OutboundQueue queue;
  Push(queue, SubscriptionEvent::kInterrupted, "broker away");
  Push(queue, SubscriptionEvent::kSubscribed);
  Push(queue, SubscriptionEvent::kInterrupted, "lost");
  Push(queue, SubscriptionEvent::kResubscribed);
  CHECK(Drain(queue) == "INTERRUPTED(broker away) SUBSCRIBED INTERRUPTED(lost) RESUBSCRIBED");
}

TEST_CASE("an end drops the deliveries before it and keeps the events") {
  OutboundQueue queue;
  Push(queue, SubscriptionEvent::kDraining);
  (void)queue.PushDelivery(DeliveryOf("unsent"));
  (void)queue.PushEnd({broker::Reason::kDraining, ""});
  CHECK(Drain(queue) == "DRAINING END");
}

}  // namespace
}  // namespace amqp_sidecar::rpc
