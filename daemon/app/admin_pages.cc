#include "app/admin_pages.h"

#include <google/protobuf/util/json_util.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "app/metrics.h"
#include "app/status_page.h"
#include "base/log.h"
#include "broker/counters.h"
#include "broker/readiness.h"

namespace amqp_sidecar::app {
namespace {

using Answer = AdminServer::Answer;

// Names as in the .proto, and a figure that is 0 is there.
Answer StatusJson(const rpc::StatusReporter& reporter) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string json;
  // What the reporter makes is valid: its texts are UTF-8, its times in range.
  (void)google::protobuf::util::MessageToJsonString(reporter.Report(), &json, options);
  return {200, json + "\n", "application/json"};
}

History::Link LinkOf(broker::ConnectionState state) {
  switch (state) {
    case broker::ConnectionState::kReady:
    case broker::ConnectionState::kDraining:
      return History::Link::kUp;
    case broker::ConnectionState::kBlocked:
      return History::Link::kBlocked;
    case broker::ConnectionState::kConnecting:
    case broker::ConnectionState::kBackingOff:
      return History::Link::kAway;
  }
  return History::Link::kAway;
}

}  // namespace

AdminServer::Pages AdminPages(base::EventLoop& loop, broker::Broker& broker,
                              const rpc::StatusReporter& reporter, const History& history) {
  AdminServer::Pages pages;
  pages["/"] = [] {
    return Answer{200, std::string(kStatusPage), "text/html; charset=utf-8",
                  std::string(kStatusPagePolicy)};
  };
  pages["/healthz"] = [] { return Answer{200, "ok\n"}; };
  pages["/readyz"] = [&] {
    const broker::Readiness readiness = broker::ReadinessOf(*broker.snapshot(), loop.Stalled());
    return Answer{readiness.http_code, absl::StrCat(readiness.text, "\n")};
  };
  pages["/metrics"] = [&, started_at = std::chrono::system_clock::now()] {
    ProcessFigures process{.stalled = {},
                           .posted_tasks = loop.posted_tasks(),
                           .dropped_log_lines = base::DroppedLogLines(),
                           .started_at = started_at};
    process.stalled = loop.Stalled();
    Answer answer{200, MetricsOf(broker, process), kMetricsContentType};
    if (process.stalled < broker::kStalledFrom) broker.RefreshSnapshot();
    return answer;
  };
  pages["/status.json"] = [&] { return StatusJson(reporter); };
  pages["/history.json"] = [&] { return Answer{200, history.Json() + "\n", "application/json"}; };
  return pages;
}

History::Figures FiguresOf(const broker::Broker& broker) {
  const broker::Counters& counters = broker.counters();
  const std::shared_ptr<const broker::Snapshot> snapshot = broker.snapshot();
  History::Figures figures;
  figures.confirmed = counters.publishes.confirmed;
  figures.unrouted = counters.publishes.unrouted;
  for (const broker::Count& count : counters.publishes.failed) figures.failed += count;
  figures.delivered = counters.deliveries.delivered;
  figures.settled =
      counters.deliveries.acked + counters.deliveries.nacked + counters.deliveries.rejected;
  figures.in_flight = broker.load().messages;
  for (const auto& subscription : snapshot->subscriptions) {
    figures.unsettled += subscription->unsettled;
  }
  figures.link = LinkOf(snapshot->connection.state);
  return figures;
}

}  // namespace amqp_sidecar::app
