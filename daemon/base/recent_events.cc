#include "base/recent_events.h"

#include <utility>

namespace amqp_sidecar::base {

void RecentEvents::Add(Event event) {
  const MutexLock lock(&mutex_);
  if (!events_.empty() && events_.back().what == event.what) {
    event.count += events_.back().count;
    events_.pop_back();
  }
  events_.push_back(std::move(event));
  if (events_.size() > kMost) events_.pop_front();
}

std::vector<Event> RecentEvents::List() const {
  const MutexLock lock(&mutex_);
  return {events_.begin(), events_.end()};
}

}  // namespace amqp_sidecar::base
