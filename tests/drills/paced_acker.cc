#include "drills/paced_acker.h"

namespace amqp_sidecar::test {

PacedAcker::PacedAcker(Client& client, const std::string& queue, uint32_t prefetch,
                       int acks_per_second)
    : client_(client),
      step_(1'000'000'000 / acks_per_second),
      subscription_(client, queue, prefetch,
                    [this](const pb::Delivery& delivery) {
                      ++delivered_;
                      {
                        const std::lock_guard lock(mutex_);
                        ids_.push_back(delivery.delivery_id());
                      }
                      changed_.notify_all();
                    }),
      thread_([this] { Run(); }) {}

PacedAcker::~PacedAcker() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

// Waiting is what is measured here, not how something else is waited for.
double PacedAcker::RateDuring(std::chrono::milliseconds span) const {
  const size_t before = delivered_;
  const auto start = std::chrono::steady_clock::now();
  std::this_thread::sleep_for(span);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  return static_cast<double>(delivered_ - before) / took.count();
}

size_t PacedAcker::interruptions() const { return subscription_.events().size() - 1; }

void PacedAcker::Run() {
  auto next = std::chrono::steady_clock::now();
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait_until(lock, next, [this] { return stop_; });
    changed_.wait(lock, [this] { return stop_ || !ids_.empty(); });
    if (stop_) return;
    const std::string id = ids_.front();
    ids_.pop_front();
    lock.unlock();
    refused_ += client_.Ack({id}).size();
    next = std::max(next + step_, std::chrono::steady_clock::now() - 10 * step_);
    lock.lock();
  }
}

}  // namespace amqp_sidecar::test
