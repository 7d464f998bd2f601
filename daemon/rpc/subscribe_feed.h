// SubscribeFeed: what a subscription tells its call: the io thread puts it into an OutboundQueue,
// and wakes the call. Outlives the call where the broker layer still holds it.
#pragma once

#include <memory>
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

// The responses of one call, one after another: each is built in the memory of those before, until
// they were much. `Response` is a SubscribeResponse or a SubscribeStreamResponse.
template <typename Response>
class ResponseMemory {
 public:
  // Empty, until the next call.
  Response& Fresh() {
    // As it was serialized; what is kept of it is not more than all of them together.
    built_ += static_cast<size_t>(response_->GetCachedSize());
    if (built_ > kMostBuilt) {
      response_ = std::make_unique<Response>();
      built_ = 0;
    } else {
      response_->Clear();
    }
    return *response_;
  }

 private:
  static constexpr size_t kMostBuilt = 1u << 20;
  std::unique_ptr<Response> response_ = std::make_unique<Response>();
  size_t built_ = 0;
};

// Puts what is there into a SubscribeResponse or a SubscribeStreamResponse, but for deliveries that
// a rule keeps from the consumer: the broker layer is told of those. False where nothing is left to
// send.
template <typename Response>
[[nodiscard]] bool PutBatch(broker::Broker& broker, broker::SubscriptionId subscription,
                            OutboundQueue::Batch batch, Response& response) {
  if (batch.event) {
    response.mutable_event()->set_kind(ToProto(batch.event->kind));
    response.mutable_event()->set_detail(ToUtf8(std::move(batch.event->detail)));
  }
  std::vector<broker::InvalidDelivery> invalid;
  for (broker::Delivery& delivery : batch.deliveries) {
    std::optional<broker::InvalidDelivery> fault = broker.Inspect(delivery);
    const bool delivers = !fault || fault->action == broker::OnInvalid::kDeliver;
    if (fault) invalid.push_back(*std::move(fault));
    if (delivers) PutDelivery(std::move(delivery), *response.add_deliveries());
  }
  if (!invalid.empty()) broker.ReportInvalid(subscription, std::move(invalid));
  return batch.event || !response.deliveries().empty();
}

}  // namespace amqp_sidecar::rpc
