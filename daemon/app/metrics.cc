#include "app/metrics.h"

#include <algorithm>
#include <chrono>
#include <map>

#include "base/metric_list.h"
#include "base/version.h"

namespace amqp_sidecar::app {
namespace {

using base::Labels;
using base::MetricList;
using broker::ConnectionState;
using broker::Count;
using broker::Reason;

// Queues that have figures of their own; the rest is together under kOthers.
constexpr size_t kMostQueues = 1000;
constexpr char kOthers[] = "(others)";
// Queues whose names were made up for one subscription are together: the names never come back.
constexpr char kTemporary[] = "(temporary)";

uint64_t Of(const Count& count) { return count.load(std::memory_order_relaxed); }

double Seconds(base::Duration duration) { return std::chrono::duration<double>(duration).count(); }

// What can come of a publish: the reasons after kDraining are of other calls.
bool IsOfPublish(size_t reason) { return reason <= static_cast<size_t>(Reason::kDraining); }

void AddPublishes(const broker::Counters& counters, const broker::Load& load, MetricList& out) {
  const broker::PublishCounts& counts = counters.publishes;
  out.Counter(
         "publishes_total",
         "Publishes that came to their end: confirmed (the broker has it in a queue), unrouted "
         "(in no queue, and that was allowed) or failed, with the reason.")
      .Add(Of(counts.confirmed), {{"outcome", "confirmed"}, {"reason", ""}})
      .Add(Of(counts.unrouted), {{"outcome", "unrouted"}, {"reason", ""}});
  for (size_t i = 0; i < counts.failed.size(); ++i) {
    const auto reason = static_cast<Reason>(i);
    const uint64_t count = counts.of(reason);
    if (IsOfPublish(i) || count > 0) {
      out.Add(count, {{"outcome", "failed"}, {"reason", std::string(ReasonName(reason))}});
    }
  }
  out.Gauge("publishes_in_flight", "Publishes between the sidecar's door and their answer.")
      .Add(uint64_t{load.messages});
  out.Gauge("publishes_in_flight_limit", "limits.max_in_flight_messages.")
      .Add(uint64_t{load.max_messages});
  out.Gauge("publishes_in_flight_bytes", "What the publishes in flight take.")
      .Add(uint64_t{load.bytes});
  out.Gauge("publishes_in_flight_bytes_limit", "limits.max_in_flight_bytes.")
      .Add(uint64_t{load.max_bytes});
  out.Histogram(
      "publish_queue_seconds",
      "How long publishes that the broker confirmed waited in the sidecar until they were "
      "handed to the connection; with those that move a message for a retry.",
      counters.queue_time);
  out.Histogram("publish_confirm_seconds", "From there until the broker confirmed them.",
                counters.confirm_time);
}

void AddDeliveries(const broker::Counters& counters, MetricList& out) {
  const broker::DeliveryCounts& counts = counters.deliveries;
  out.Counter("deliveries_total", "Deliveries handed to clients.").Add(Of(counts.delivered));
  out.Counter("redeliveries_total", "Of these, those that the broker had handed out before.")
      .Add(Of(counts.redelivered));
  out.Counter("settlements_total", "Deliveries settled, by the verb.")
      .Add(Of(counts.acked), {{"verb", "ack"}})
      .Add(Of(counts.nacked), {{"verb", "nack"}})
      .Add(Of(counts.rejected), {{"verb", "reject"}});
  out.Counter("settlement_failures_total",
              "Settlements that did not take, by the reason: none of them reached the broker.");
  for (size_t i = 0; i < counters.settle_failures.size(); ++i) {
    const auto reason = static_cast<broker::SettleReason>(i);
    out.Add(Of(counters.settle_failures[i]), {{"reason", std::string(SettleReasonName(reason))}});
  }
  out.Histogram("delivery_settle_seconds",
                "From a delivery's coming until it was settled, or its deadline passed.",
                counters.settle_time);
  out.Counter("deadline_expired_total", "Deliveries taken back since the client took too long.")
      .Add(Of(counts.deadline_expired));
  out.Counter("retries_total", "Deliveries moved to a wait queue, to come again later.")
      .Add(Of(counts.retried));
  out.Counter("dead_letters_total",
              "Deliveries moved to a dead-letter exchange or queue by the sidecar.")
      .Add(Of(counts.dead_lettered));
  out.Counter("invalid_deliveries_total",
              "Deliveries whose body was found at fault, whatever became of them.")
      .Add(Of(counts.invalid));
}

// The subscriptions of one queue.
struct QueueFigures {
  uint64_t active = 0;
  uint64_t waiting = 0;
  uint64_t unsettled = 0;
  base::Duration oldest{};

  void Add(const broker::SubscriptionStatus& status, base::TimePoint now) {
    ++(status.active.load(std::memory_order_relaxed) ? active : waiting);
    unsettled += status.unsettled.load(std::memory_order_relaxed);
    const base::TimePoint since = status.oldest_unsettled.load(std::memory_order_relaxed);
    if (since != broker::SubscriptionStatus::kNoneUnsettled) oldest = std::max(oldest, now - since);
  }
};

std::map<std::string, QueueFigures> ByQueue(const broker::Snapshot& snapshot) {
  std::map<std::string, QueueFigures> queues;
  const base::TimePoint now = std::chrono::steady_clock::now();
  for (const auto& subscription : snapshot.subscriptions) {
    const std::string& name = subscription->temporary ? kTemporary : *subscription->queue;
    const bool has_room = queues.size() < kMostQueues || queues.contains(name);
    queues[has_room ? name : kOthers].Add(*subscription, now);
  }
  return queues;
}

void AddSubscriptions(const broker::Snapshot& snapshot, MetricList& out) {
  const std::map<std::string, QueueFigures> queues = ByQueue(snapshot);
  out.Gauge("subscriptions",
            "Open subscriptions: active ones have a consumer in the broker, waiting ones wait for "
            "the link or for their queue.");
  for (const auto& [queue, figures] : queues) {
    out.Add(figures.active, {{"queue", queue}, {"state", "active"}});
    out.Add(figures.waiting, {{"queue", queue}, {"state", "waiting"}});
  }
  out.Gauge("unsettled", "Deliveries that wait to be settled.");
  for (const auto& [queue, figures] : queues) out.Add(figures.unsettled, {{"queue", queue}});
  out.Gauge("oldest_unsettled_seconds", "How long the oldest of them has waited; 0 for none.");
  for (const auto& [queue, figures] : queues) {
    out.Add(Seconds(figures.oldest), {{"queue", queue}});
  }
}

// What there is once for each connection, with the label "connection".
template <typename Add>
void ForEachConnection(const broker::Snapshot& snapshot, Add add) {
  add(snapshot.connection, Labels{{"connection", "publish"}});
  add(snapshot.consuming(), Labels{{"connection", "consume"}});
}

std::string_view NameOf(ConnectionState state) {
  switch (state) {
    case ConnectionState::kConnecting:
      return "connecting";
    case ConnectionState::kReady:
      return "ready";
    case ConnectionState::kBlocked:
      return "blocked";
    case ConnectionState::kBackingOff:
      return "backing_off";
    case ConnectionState::kDraining:
      return "draining";
  }
  return "";
}

base::Duration BlockedFor(const broker::ConnectionSnapshot& connection) {
  if (connection.state != ConnectionState::kBlocked) return connection.blocked_before;
  const auto now = std::chrono::system_clock::now() - connection.since;
  return connection.blocked_before +
         std::max(base::Duration::zero(), std::chrono::duration_cast<base::Duration>(now));
}

void AddConnections(const broker::Snapshot& snapshot, MetricList& out) {
  using Snapshot = broker::ConnectionSnapshot;
  out.Gauge("link_up",
            "1 where the connection is there, also while it is blocked. Both labels tell of the "
            "same one unless amqp.separate_consumer_connection is set.");
  ForEachConnection(snapshot, [&](const Snapshot& connection, const Labels& labels) {
    out.Add(connection.up() ? 1.0 : 0.0, labels);
  });
  out.Gauge("link_state", "1 for the state that the connection is in.");
  ForEachConnection(snapshot, [&](const Snapshot& connection, Labels labels) {
    labels.emplace_back("state", "");
    for (const ConnectionState state :
         {ConnectionState::kConnecting, ConnectionState::kReady, ConnectionState::kBlocked,
          ConnectionState::kBackingOff, ConnectionState::kDraining}) {
      labels.back().second = std::string(NameOf(state));
      out.Add(connection.state == state ? 1.0 : 0.0, labels);
    }
  });
  out.Counter("link_reconnects_total", "How often a connection that was there was lost.");
  ForEachConnection(snapshot, [&](const Snapshot& connection, const Labels& labels) {
    out.Add(connection.reconnects, labels);
  });
  out.Counter("link_blocked_seconds_total",
              "How long the broker accepted no publishes: its memory or disk alarms.");
  ForEachConnection(snapshot, [&](const Snapshot& connection, const Labels& labels) {
    out.Add(Seconds(BlockedFor(connection)), labels);
  });
  out.Gauge("channels_open", "Channels in use.");
  ForEachConnection(snapshot, [&](const Snapshot& connection, const Labels& labels) {
    out.Add(uint64_t{connection.channels_open}, labels);
  });
  out.Gauge("channels_limit", "As agreed with the broker, or amqp.max_channels; 0 without a link.");
  ForEachConnection(snapshot, [&](const Snapshot& connection, const Labels& labels) {
    out.Add(uint64_t{connection.channels_max}, labels);
  });
  out.Gauge("topology_declared", "1 where the configured topology stands since the link came up.")
      .Add(snapshot.topology_declared ? 1.0 : 0.0);
}

void AddProcess(const ProcessFigures& process, MetricList& out) {
  out.Gauge("io_stalled_seconds",
            "How long the thread that talks to the broker has not come round; next to 0 as it "
            "should be.")
      .Add(Seconds(process.stalled));
  out.Gauge("io_tasks_waiting", "Calls that wait for that thread.")
      .Add(uint64_t{process.posted_tasks});
  out.Counter("log_lines_dropped_total", "Lines of the log that could not be written as fast.")
      .Add(uint64_t{process.dropped_log_lines});
  out.Gauge("start_time_seconds", "When the process began, in seconds since 1970.")
      .Add(std::chrono::duration<double>(process.started_at.time_since_epoch()).count());
  out.Gauge("build_info", "1; the version is its label.").Add(1.0, {{"version", base::kVersion}});
}

}  // namespace

std::string MetricsOf(const broker::Broker& broker, const ProcessFigures& process) {
  MetricList metrics;
  const std::shared_ptr<const broker::Snapshot> snapshot = broker.snapshot();
  AddPublishes(broker.counters(), broker.load(), metrics);
  AddDeliveries(broker.counters(), metrics);
  AddSubscriptions(*snapshot, metrics);
  AddConnections(*snapshot, metrics);
  AddProcess(process, metrics);
  return metrics.ToText();
}

}  // namespace amqp_sidecar::app
