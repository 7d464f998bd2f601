#include "rpc/status_reporter.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/recent_events.h"
#include "base/version.h"
#include "broker/readiness.h"
#include "rpc/utf8.h"

namespace amqp_sidecar::rpc {
namespace {

using broker::Count;
using broker::Reason;

uint64_t Of(const Count& count) { return count.load(std::memory_order_relaxed); }

void Put(base::WallTime time, google::protobuf::Timestamp& out) {
  const auto since = std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch());
  out = google::protobuf::util::TimeUtil::NanosecondsToTimestamp(since.count());
}

void Put(base::Duration duration, google::protobuf::Duration& out) {
  out = google::protobuf::util::TimeUtil::NanosecondsToDuration(
      std::chrono::duration_cast<std::chrono::nanoseconds>(duration).count());
}

v1::ConnectionState ToProto(broker::ConnectionState state) {
  switch (state) {
    case broker::ConnectionState::kConnecting:
      return v1::CONNECTION_STATE_CONNECTING;
    case broker::ConnectionState::kReady:
      return v1::CONNECTION_STATE_READY;
    case broker::ConnectionState::kBlocked:
      return v1::CONNECTION_STATE_BLOCKED;
    case broker::ConnectionState::kBackingOff:
      return v1::CONNECTION_STATE_BACKING_OFF;
    case broker::ConnectionState::kDraining:
      return v1::CONNECTION_STATE_DRAINING;
  }
  return v1::CONNECTION_STATE_UNSPECIFIED;
}

v1::EventSeverity ToProto(base::LogLevel level) {
  switch (level) {
    case base::LogLevel::kDebug:
    case base::LogLevel::kInfo:
      return v1::EVENT_SEVERITY_INFO;
    case base::LogLevel::kWarn:
      return v1::EVENT_SEVERITY_WARNING;
    case base::LogLevel::kError:
      return v1::EVENT_SEVERITY_ERROR;
  }
  return v1::EVENT_SEVERITY_UNSPECIFIED;
}

void Put(const broker::ConnectionSnapshot& in, v1::ConnectionStatus& out) {
  out.set_state(ToProto(in.state));
  out.set_endpoint(ToUtf8(in.endpoint));
  out.set_broker_product(ToUtf8(in.broker_product));
  out.set_broker_version(ToUtf8(in.broker_version));
  Put(in.since, *out.mutable_since());
  out.set_reconnects(in.reconnects);
  out.set_last_error(ToUtf8(in.last_error));
  if (in.state == broker::ConnectionState::kBackingOff) {
    Put(in.next_attempt_at, *out.mutable_next_attempt_at());
  }
  out.set_blocked_reason(ToUtf8(in.blocked_reason));
  out.set_channels_open(in.channels_open);
  out.set_channels_max(in.channels_max);
}

void Put(const broker::PublishCounts& counts, const broker::Load& load, v1::PublisherStatus& out) {
  const auto sum = [&](std::initializer_list<Reason> reasons) {
    uint64_t all = 0;
    for (const Reason reason : reasons) all += counts.of(reason);
    return all;
  };
  out.set_confirmed(Of(counts.confirmed));
  out.set_unrouted(Of(counts.unrouted));
  for (size_t i = 0; i < counts.failed.size(); ++i) {
    const auto reason = static_cast<Reason>(i);
    const uint64_t count = counts.of(reason);
    if (count > 0) (*out.mutable_failed())[std::string(ReasonName(reason))] = count;
  }
  out.set_unroutable(counts.of(Reason::kUnroutable));
  out.set_refused_by_broker(counts.of(Reason::kRefusedByBroker));
  out.set_invalid(sum({Reason::kInvalidMessage, Reason::kInvalidBody, Reason::kMessageTooLarge}));
  out.set_timed_out(
      sum({Reason::kBrokerUnavailable, Reason::kBrokerBlocked, Reason::kOutcomeUnknown}));
  out.set_in_flight(static_cast<uint32_t>(load.messages));
  out.set_in_flight_bytes(load.bytes);
  out.set_max_in_flight(load.max_messages);
  out.set_max_in_flight_bytes(load.max_bytes);
}

// What a subscription and all of them have in common.
template <typename Out>
void PutCounts(const broker::DeliveryCounts& in, Out& out) {
  out.set_delivered(Of(in.delivered));
  out.set_redelivered(Of(in.redelivered));
  out.set_acked(Of(in.acked));
  out.set_nacked(Of(in.nacked));
  out.set_rejected(Of(in.rejected));
  out.set_deadline_expired(Of(in.deadline_expired));
  out.set_retried(Of(in.retried));
  out.set_dead_lettered(Of(in.dead_lettered));
  out.set_invalid(Of(in.invalid));
}

void Put(const broker::SubscriptionStatus& in, base::TimePoint now, v1::SubscriptionStatus& out) {
  out.set_queue(ToUtf8(*in.queue));
  out.set_consumer_tag(in.consumer_tag);
  out.set_peer(ToUtf8(in.peer));
  out.set_prefetch(in.prefetch);
  out.set_active(in.active.load(std::memory_order_relaxed));
  out.set_unsettled(in.unsettled.load(std::memory_order_relaxed));
  const base::TimePoint oldest = in.oldest_unsettled.load(std::memory_order_relaxed);
  if (oldest != broker::SubscriptionStatus::kNoneUnsettled) {
    Put(std::max(base::Duration::zero(), now - oldest), *out.mutable_oldest_unsettled_age());
  }
  PutCounts(in.counts, out);
}

void Put(const base::Event& in, v1::SidecarEvent& out) {
  Put(in.at, *out.mutable_at());
  out.set_what(ToUtf8(in.what));
  out.set_detail(ToUtf8(in.detail));
  out.set_severity(ToProto(in.level));
  out.set_count(in.count);
}

}  // namespace

StatusReporter::StatusReporter(broker::Broker& broker, StalledSource stalled)
    : broker_(broker),
      stalled_(std::move(stalled)),
      started_at_(std::chrono::system_clock::now()) {}

v1::SidecarStatus StatusReporter::Report() const {
  v1::SidecarStatus status;
  const base::TimePoint now = std::chrono::steady_clock::now();
  const base::Duration stalled = stalled_();
  const std::shared_ptr<const broker::Snapshot> snapshot = broker_.snapshot();
  const broker::Counters& counters = broker_.counters();
  // A stuck thread would find a heap of these.
  if (stalled < broker::kStalledFrom) broker_.RefreshSnapshot();

  status.set_version(base::kVersion);
  Put(started_at_, *status.mutable_started_at());
  status.set_readiness(ToUtf8(broker::ReadinessOf(*snapshot, stalled).text));
  if (stalled >= broker::kStalledFrom) Put(stalled, *status.mutable_stalled());
  Put(snapshot->connection, *status.mutable_connection());
  if (snapshot->consumer_connection) {
    Put(*snapshot->consumer_connection, *status.mutable_consumer_connection());
  }
  status.set_topology_declared(snapshot->topology_declared);
  status.set_topology_error(ToUtf8(snapshot->topology_error));
  Put(counters.publishes, broker_.load(), *status.mutable_publisher());

  PutCounts(counters.deliveries, *status.mutable_deliveries());
  for (size_t i = 0; i < counters.settle_failures.size(); ++i) {
    const uint64_t count = Of(counters.settle_failures[i]);
    if (count == 0) continue;
    const auto reason = static_cast<broker::SettleReason>(i);
    (*status.mutable_deliveries()
          ->mutable_settle_failures())[std::string(SettleReasonName(reason))] = count;
  }
  uint64_t unsettled = 0;
  for (const auto& subscription : snapshot->subscriptions) {
    v1::SubscriptionStatus& out = *status.add_subscriptions();
    Put(*subscription, now, out);
    unsettled += out.unsettled();
  }
  status.mutable_deliveries()->set_unsettled(unsettled);
  for (const base::Event& event : base::RecentLogEvents()) Put(event, *status.add_recent_events());
  status.set_dropped_log_lines(base::DroppedLogLines());
  return status;
}

}  // namespace amqp_sidecar::rpc
