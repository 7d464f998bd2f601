// PublishDeadlines: which publishes are to be answered by when. Those of one batch share a
// deadline, and one timer serves all. io thread.
#pragma once

#include <functional>
#include <map>
#include <utility>

#include "base/reactor.h"
#include "broker/pending_publish.h"

namespace amqp_sidecar::broker {

class PublishDeadlines {
 public:
  // Called when a publish that is still here is due; it is not here any more then.
  using OnDue = std::function<void(PendingPublish&)>;

  // `reactor` is not owned and outlives this. `after_due` is called once after those that were due
  // at the same time.
  PublishDeadlines(base::Reactor& reactor, OnDue on_due, std::function<void()> after_due)
      : reactor_(reactor), on_due_(std::move(on_due)), after_due_(std::move(after_due)) {}
  ~PublishDeadlines() { reactor_.Cancel(timer_); }
  PublishDeadlines(const PublishDeadlines&) = delete;
  PublishDeadlines& operator=(const PublishDeadlines&) = delete;

  // By publish.deadline, which does not change while it is here.
  void Add(PendingPublish& publish);
  // No change where it is not here.
  void Remove(PendingPublish& publish);

 private:
  struct Group {
    PendingPublish* first = nullptr;
    PendingPublish* last = nullptr;
  };

  void Arm();
  void RunDue();

  base::Reactor& reactor_;
  const OnDue on_due_;
  const std::function<void()> after_due_;
  std::map<base::TimePoint, Group> groups_;
  base::TimerId timer_ = 0;
  base::TimePoint timer_at_{};
};

}  // namespace amqp_sidecar::broker
