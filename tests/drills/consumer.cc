#include "drills/consumer.h"

namespace amqp_sidecar::test {
namespace {

constexpr Millis kPause = 20ms;
constexpr Millis kAckDeadline = 10s;

}  // namespace

Load::Consumer::Consumer(const std::string& target, const std::string& queue, uint32_t prefetch,
                         OnDelivery on_delivery, std::function<void()> on_interrupted)
    : client_(target),
      on_delivery_(std::move(on_delivery)),
      on_interrupted_(std::move(on_interrupted)) {
  request_.set_queue(queue);
  request_.set_prefetch(prefetch);
  reader_ = std::thread([this] { Read(); });
  acker_ = std::thread([this] { Ack(); });
}

Load::Consumer::~Consumer() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    if (context_ != nullptr) context_->TryCancel();
  }
  changed_.notify_all();
  reader_.join();
  acker_.join();
}

bool Load::Consumer::Idle() const {
  const std::lock_guard lock(mutex_);
  return to_ack_.empty() && !acking_;
}

void Load::Consumer::Read() {
  for (;;) {
    ReadOnce();
    std::unique_lock lock(mutex_);
    if (changed_.wait_for(lock, kPause, [this] { return stop_; })) return;
  }
}

void Load::Consumer::ReadOnce() {
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  {
    const std::lock_guard lock(mutex_);
    if (stop_) return;
    context_ = &context;
  }
  const auto reader = client_.subscriber().Subscribe(&context, request_);
  pb::SubscribeResponse response;
  while (reader->Read(&response)) Take(response);
  {
    const std::lock_guard lock(mutex_);
    context_ = nullptr;
  }
  reader->Finish();
}

void Load::Consumer::Take(const pb::SubscribeResponse& response) {
  if (response.has_event()) {
    if (response.event().kind() == pb::SUBSCRIPTION_EVENT_KIND_INTERRUPTED) on_interrupted_();
    return;
  }
  for (const pb::Delivery& delivery : response.deliveries()) on_delivery_(delivery);
  {
    const std::lock_guard lock(mutex_);
    for (const pb::Delivery& delivery : response.deliveries()) {
      to_ack_.push_back(delivery.delivery_id());
    }
  }
  changed_.notify_all();
}

// An ack that does not count, or finds no sidecar, is a delivery that comes again: the checker
// counts it then.
void Load::Consumer::Ack() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stop_ || !to_ack_.empty(); });
    if (to_ack_.empty()) return;
    pb::AckRequest request;
    for (std::string& id : to_ack_) request.add_delivery_ids(std::move(id));
    to_ack_.clear();
    acking_ = true;
    lock.unlock();
    grpc::ClientContext context;
    SetDeadline(context, kAckDeadline);
    pb::AckResponse response;
    client_.subscriber().Ack(&context, request, &response);
    lock.lock();
    acking_ = false;
  }
}

}  // namespace amqp_sidecar::test
