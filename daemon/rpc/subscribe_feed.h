// SubscribeFeed: what a subscription tells its call: the io thread puts it into an OutboundQueue,
// and wakes the call. Outlives the call where the broker layer still holds it.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/broker.h"
#include "rpc/convert.h"
#include "rpc/outbound_queue.h"
#include "rpc/utf8.h"
#include "rpc/worker.h"

namespace amqp_sidecar::rpc {

// `CallType` has Pump().
template <typename CallType>
class SubscribeFeed : public broker::SubscriptionListener {
 public:
  explicit SubscribeFeed(CallRef<CallType> call) : call_(std::move(call)) {}

  void OnEvent(broker::SubscriptionEvent event, std::string detail) override {
    if (queue_.PushEvent({event, std::move(detail)})) Wake();
  }
  void OnDeliveries(std::vector<broker::Delivery> deliveries) override {
    if (queue_.PushDeliveries(std::move(deliveries))) Wake();
  }
  void OnWithdrawn() override { queue_.DropWithdrawn(); }
  void OnEnd(std::optional<broker::Error> why) override {
    if (queue_.PushEnd({std::move(why)})) Wake();
  }

  OutboundQueue& queue() { return queue_; }

  // Has the call's Pump() called on its thread. Any thread.
  void Wake() const {
    call_.Post([](CallType& call) { call.Pump(); });
  }

 private:
  const CallRef<CallType> call_;
  OutboundQueue queue_;
};

// Puts what is there into a SubscribeResponse or a SubscribeStreamResponse.
template <typename Response>
void PutBatch(const broker::Broker& broker, OutboundQueue::Batch batch, Response& response) {
  if (batch.event) {
    response.mutable_event()->set_kind(ToProto(batch.event->kind));
    response.mutable_event()->set_detail(ToUtf8(std::move(batch.event->detail)));
  }
  for (broker::Delivery& delivery : batch.deliveries) {
    broker.Inspect(delivery);
    PutDelivery(std::move(delivery), *response.add_deliveries());
  }
}

}  // namespace amqp_sidecar::rpc
