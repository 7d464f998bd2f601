#include "support/subscription.h"

namespace amqp_sidecar::test {
namespace {

pb::SubscribeRequest QueueRequest(const std::string& queue, uint32_t prefetch) {
  pb::SubscribeRequest request;
  request.set_queue(queue);
  request.set_prefetch(prefetch);
  return request;
}

}  // namespace

Subscription::Subscription(Client& client, const std::string& queue, uint32_t prefetch,
                           OnDelivery on_delivery)
    : Subscription(client, QueueRequest(queue, prefetch), std::move(on_delivery)) {}

Subscription::Subscription(Client& client, const pb::SubscribeRequest& request,
                           OnDelivery on_delivery)
    : on_delivery_(std::move(on_delivery)),
      reader_(client.subscriber().Subscribe(&context_, request)),
      thread_([this] { Read(); }) {}

Subscription::~Subscription() {
  Cancel();
  thread_.join();
}

void Subscription::Cancel() { context_.TryCancel(); }

void Subscription::Read() {
  pb::SubscribeResponse response;
  while (reader_->Read(&response)) {
    {
      std::lock_guard lock(mutex_);
      for (const pb::Delivery& delivery : response.deliveries()) deliveries_.push_back(delivery);
      if (response.has_event()) events_.push_back(response.event());
    }
    changed_.notify_all();
    if (!on_delivery_) continue;
    for (const pb::Delivery& delivery : response.deliveries()) on_delivery_(delivery);
  }
  const grpc::Status status = reader_->Finish();
  {
    std::lock_guard lock(mutex_);
    end_ = OutcomeOf(status);
  }
  changed_.notify_all();
}

std::vector<pb::Delivery> Subscription::deliveries() const {
  std::lock_guard lock(mutex_);
  return deliveries_;
}

std::vector<pb::SubscriptionEventKind> Subscription::events() const {
  std::lock_guard lock(mutex_);
  std::vector<pb::SubscriptionEventKind> kinds;
  for (const pb::SubscriptionEvent& event : events_) kinds.push_back(event.kind());
  return kinds;
}

std::string Subscription::DetailOf(pb::SubscriptionEventKind kind) const {
  std::lock_guard lock(mutex_);
  for (auto event = events_.rbegin(); event != events_.rend(); ++event) {
    if (event->kind() == kind) return event->detail();
  }
  return "";
}

bool Subscription::WaitForDeliveries(size_t count, std::chrono::milliseconds deadline) const {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, deadline, [&] { return deliveries_.size() >= count || end_; });
  return deliveries_.size() >= count;
}

bool Subscription::WaitForEvents(size_t count, std::chrono::milliseconds deadline) const {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, deadline, [&] { return events_.size() >= count || end_; });
  return events_.size() >= count;
}

std::optional<Outcome> Subscription::WaitForEnd(std::chrono::milliseconds deadline) const {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, deadline, [&] { return end_.has_value(); });
  return end_;
}

std::vector<std::string> Ids(const std::vector<pb::Delivery>& deliveries) {
  std::vector<std::string> ids;
  for (const pb::Delivery& delivery : deliveries) ids.push_back(delivery.delivery_id());
  return ids;
}

}  // namespace amqp_sidecar::test
