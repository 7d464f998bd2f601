#include "broker/publish_deadlines.h"

#include <utility>

namespace amqp_sidecar::broker {

void PublishDeadlines::Add(PendingPublish& publish) {
  // Mostly later than all others, or as late as the last.
  Group& group = groups_.try_emplace(groups_.end(), publish.deadline)->second;
  publish.due_here = true;
  publish.due_before = group.last;
  publish.due_after = nullptr;
  (group.last == nullptr ? group.first : group.last->due_after) = &publish;
  group.last = &publish;
  Arm();
}

void PublishDeadlines::Remove(PendingPublish& publish) {
  if (!std::exchange(publish.due_here, false)) return;
  PendingPublish* const before = publish.due_before;
  PendingPublish* const after = publish.due_after;
  if (before != nullptr) before->due_after = after;
  if (after != nullptr) after->due_before = before;
  if (before != nullptr && after != nullptr) return;
  const auto group = groups_.find(publish.deadline);
  if (before == nullptr) group->second.first = after;
  if (after == nullptr) group->second.last = before;
  if (group->second.first != nullptr) return;
  groups_.erase(group);
  // Nothing of ours outlives the last publish.
  if (groups_.empty()) reactor_.Cancel(std::exchange(timer_, 0));
}

// The timer is left where it is when it falls due too early: it is set again then.
void PublishDeadlines::Arm() {
  if (groups_.empty()) return;
  const base::TimePoint due = groups_.begin()->first;
  if (timer_ != 0 && timer_at_ <= due) return;
  reactor_.Cancel(timer_);
  timer_at_ = due;
  timer_ = reactor_.At(due, [this] {
    timer_ = 0;
    RunDue();
  });
}

void PublishDeadlines::RunDue() {
  const base::TimePoint now = reactor_.Now();
  while (!groups_.empty() && groups_.begin()->first <= now) {
    PendingPublish& publish = *groups_.begin()->second.first;
    Remove(publish);
    on_due_(publish);
  }
  after_due_();
  Arm();
}

}  // namespace amqp_sidecar::broker
