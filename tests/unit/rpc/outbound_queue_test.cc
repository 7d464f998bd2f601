#include "rpc/outbound_queue.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.h"

namespace amqp_sidecar::rpc {
namespace {

using broker::SubscriptionEvent;

// The first byte of its body is `name`.
broker::Delivery DeliveryOf(const std::string& name, size_t bytes = 1) {
  auto message = std::make_shared<broker::ReceivedMessage>();
  message->body = std::make_shared<const std::string>(name + std::string(bytes - 1, '.'));
  broker::Delivery delivery;
  delivery.message = std::move(message);
  return delivery;
}

bool Push(OutboundQueue& queue, broker::Delivery delivery) {
  std::vector<broker::Delivery> one;
  one.push_back(std::move(delivery));
  return queue.PushDeliveries(std::move(one));
}

// All that is in the queue: deliveries and events by name.
std::string Drain(OutboundQueue& queue, const OutboundQueue::Limits& limits = {}) {
  static constexpr const char* kNames[] = {"SUBSCRIBED", "INTERRUPTED", "RESUBSCRIBED", "DRAINING"};
  std::string all;
  while (true) {
    const OutboundQueue::Batch batch = queue.Take(limits);
    if (batch.deliveries.empty() && !batch.event && !batch.end) return all;
    if (!all.empty()) all += ' ';
    for (const broker::Delivery& delivery : batch.deliveries)
      all += delivery.message->body->substr(0, delivery.message->body->find('.'));
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
  (void)Push(queue, DeliveryOf("a"));
  (void)Push(queue, DeliveryOf("b"));
  Push(queue, SubscriptionEvent::kDraining);
  CHECK(Drain(queue) == "SUBSCRIBED ab DRAINING");
}

TEST_CASE("the taker is woken once, and again only after it found the queue empty") {
  OutboundQueue queue;
  CHECK(Push(queue, DeliveryOf("a")));
  CHECK_FALSE(Push(queue, DeliveryOf("b")));
  CHECK(queue.Take({}).deliveries.size() == 2);
  CHECK_FALSE(Push(queue, DeliveryOf("c")));
  CHECK(queue.Take({}).deliveries.size() == 1);
  CHECK(queue.Take({}).deliveries.empty());
  CHECK(queue.PushEnd({}));
}

TEST_CASE("a batch is bounded in count and in bytes") {
  OutboundQueue queue;
  for (const char* id : {"a", "b", "c", "d", "e"}) (void)Push(queue, DeliveryOf(id, 10));
  (void)Push(queue, DeliveryOf("F", 100));
  CHECK(Drain(queue, {.deliveries = 2, .bytes = 1000}) == "ab cd eF");
  for (const char* id : {"a", "b", "c"}) (void)Push(queue, DeliveryOf(id, 10));
  (void)Push(queue, DeliveryOf("F", 100));
  (void)Push(queue, DeliveryOf("g", 10));
  CHECK(Drain(queue, {.deliveries = 64, .bytes = 20}) == "ab c F g");
}

TEST_CASE("an interruption drops the deliveries that wait, which are stale") {
  OutboundQueue queue;
  Push(queue, SubscriptionEvent::kSubscribed);
  (void)Push(queue, DeliveryOf("stale"));
  Push(queue, SubscriptionEvent::kInterrupted);
  Push(queue, SubscriptionEvent::kResubscribed);
  (void)Push(queue, DeliveryOf("fresh"));
  CHECK(Drain(queue) == "SUBSCRIBED INTERRUPTED RESUBSCRIBED fresh");
}

TEST_CASE("a client that reads nothing makes the queue no longer with every reconnect") {
  OutboundQueue queue;
  Push(queue, SubscriptionEvent::kSubscribed);
  for (int i = 0; i < 1000; ++i) {
    Push(queue, SubscriptionEvent::kInterrupted, std::to_string(i));
    Push(queue, SubscriptionEvent::kResubscribed);
    (void)Push(queue, DeliveryOf("d"));
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
  (void)Push(queue, DeliveryOf("unsent"));
  (void)queue.PushEnd({broker::Error{broker::Reason::kDraining, ""}});
  CHECK(Drain(queue) == "DRAINING END");
}

TEST_CASE("what is withdrawn before it was taken is dropped, and the rest stays in order") {
  OutboundQueue queue;
  Push(queue, SubscriptionEvent::kSubscribed);
  (void)Push(queue, DeliveryOf("a"));
  broker::Delivery late = DeliveryOf("late");
  const std::shared_ptr<const broker::ReceivedMessage> message = late.message;
  (void)Push(queue, std::move(late));
  (void)Push(queue, DeliveryOf("b"));
  queue.DropWithdrawn();
  message->withdrawn = true;
  queue.DropWithdrawn();
  CHECK(Drain(queue) == "SUBSCRIBED ab");
}

}  // namespace
}  // namespace amqp_sidecar::rpc
