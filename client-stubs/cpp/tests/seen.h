// Seen: what happened to a subscription, for a test to wait for. Any thread.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "amqp_sidecar/client.h"
#include "support/eventually.h"

namespace amqp_sidecar::test {

constexpr std::chrono::milliseconds kSoon{15'000};

class Seen {
 public:
  // A handler that remembers, and then does `work`.
  Handler Remember(Handler work = {}) {
    return [this, work](const Delivery& delivery) {
      {
        const std::lock_guard lock(mutex_);
        bodies_.push_back(delivery.body());
        ids_.insert(delivery.message_id());
      }
      if (work) work(delivery);
    };
  }
  // An on_event that remembers.
  std::function<void(const Event&)> Events() {
    return [this](const Event& event) {
      const std::lock_guard lock(mutex_);
      events_.push_back(event);
    };
  }

  std::vector<std::string> bodies() const {
    const std::lock_guard lock(mutex_);
    return bodies_;
  }
  std::size_t count() const {
    const std::lock_guard lock(mutex_);
    return bodies_.size();
  }
  // Message ids; each once.
  std::set<std::string> ids() const {
    const std::lock_guard lock(mutex_);
    return ids_;
  }
  std::vector<Event> events() const {
    const std::lock_guard lock(mutex_);
    return events_;
  }
  std::vector<EventKind> kinds() const {
    std::vector<EventKind> kinds;
    for (const Event& event : events()) kinds.push_back(event.kind);
    return kinds;
  }
  std::size_t CountOf(EventKind kind) const {
    std::size_t count = 0;
    for (const EventKind one : kinds()) count += one == kind ? 1 : 0;
    return count;
  }
  bool Await(std::size_t count) const {
    return Eventually(kSoon, [&] { return this->count() >= count; });
  }
  bool AwaitEvent(EventKind kind, std::size_t count = 1) const {
    return Eventually(kSoon, [&] { return CountOf(kind) >= count; });
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> bodies_;
  std::set<std::string> ids_;
  std::vector<Event> events_;
};

// The Error that `call` throws; fails the test where it throws none.
template <typename Call>
ErrorFields ErrorOf(Call call) {
  try {
    call();
  } catch (const Error& error) {
    return error.fields();
  }
  throw std::runtime_error("no error");
}

}  // namespace amqp_sidecar::test
