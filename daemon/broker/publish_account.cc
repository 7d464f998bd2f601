#include "broker/publish_account.h"

#include <utility>

#include "base/log.h"
#include "broker/invalid_tally.h"

namespace amqp_sidecar::broker {
namespace {

constexpr char kSeveral[] = "(several)";

// What a log may have of it: what is said of a body may quote the body.
std::string DetailOf(const Error& error) {
  return error.reason == Reason::kInvalidBody ? PlaceOfFault(error.detail) : error.detail;
}

}  // namespace

PublishAccount::~PublishAccount() {
  reactor_.Cancel(timer_);
  TellRest();
}

void PublishAccount::Ended(const Subject& subject, const PublishResult& result) {
  if (!result.error) {
    Count& count = result.routed ? counts_.confirmed : counts_.unrouted;
    count.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  counts_.of(result.error->reason).fetch_add(1, std::memory_order_relaxed);
  const base::MutexLock lock(&mutex_);
  Entry& entry = Of(subject, result.error->reason);
  Failures& failures = entry.second;
  failures.message_id = result.message_id;
  failures.trace_id = subject.trace_id;
  failures.detail = DetailOf(*result.error);
  const uint64_t count = failures.limit.Add(std::chrono::steady_clock::now());
  if (count == 0) return TellLater();
  Tell(entry, count);
}

PublishAccount::Entry& PublishAccount::Of(const Subject& subject, Reason reason) {
  Kind kind{reason, subject.exchange, subject.routing_key};
  const auto found = failures_.find(kind);
  if (found != failures_.end()) return *found;
  if (failures_.size() >= kMostKinds) {
    const base::TimePoint now = std::chrono::steady_clock::now();
    std::erase_if(failures_, [&](const auto& item) { return item.second.limit.idle(now); });
  }
  if (failures_.size() >= kMostKinds) kind = {reason, kSeveral, kSeveral};
  return *failures_.try_emplace(std::move(kind)).first;
}

void PublishAccount::TellLater() {
  if (rest_comes_ || ended_) return;
  // Where too much waits for the io thread already, the next failure tries again.
  rest_comes_ = reactor_.Post([this] { SetTimer(); }, 0);
}

void PublishAccount::SetTimer() {
  const base::MutexLock lock(&mutex_);
  if (!ended_) timer_ = reactor_.After(kTellEvery, [this] { TellRest(); });
}

void PublishAccount::End() {
  reactor_.Cancel(timer_);
  {
    const base::MutexLock lock(&mutex_);
    ended_ = true;
  }
  TellRest();
}

void PublishAccount::TellRest() {
  const base::MutexLock lock(&mutex_);
  rest_comes_ = false;
  for (Entry& entry : failures_) {
    const uint64_t count = entry.second.limit.TakeAll(std::chrono::steady_clock::now());
    if (count > 0) Tell(entry, count);
  }
}

void PublishAccount::Tell(const Entry& entry, uint64_t count) {
  const auto& [reason, exchange, routing_key] = entry.first;
  const Failures& failures = entry.second;
  base::Log(base::LogLevel::kWarn, "publish failed",
            {{"reason", ReasonName(reason)},
             {"exchange", exchange},
             {"routing_key", routing_key},
             {"message_id", failures.message_id},
             {"trace_id", ToText(failures.trace_id)},
             {"detail", failures.detail},
             {"publishes", count}});
}

}  // namespace amqp_sidecar::broker
