#include "rpc/status_text.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "rpc/delivery_printer.h"
#include "rpc/text_table.h"

namespace amqp_sidecar::rpc {
namespace {

constexpr size_t kLabelWidth = 15;
constexpr size_t kAll = std::numeric_limits<size_t>::max();

// One line; of several that belong together only the first has a label.
void AddLine(std::string& text, std::string label, const std::string& value) {
  label.resize(std::max(kLabelWidth, label.size() + 1), ' ');
  absl::StrAppend(&text, label, value, "\n");
}

void AddConnection(std::string& text, const std::string& label,
                   const v1::ConnectionStatus& connection, WallTime now) {
  AddLine(text, label, LinkText(connection, now));
  if (connection.reconnects() > 0 || !connection.last_error().empty()) {
    const std::string why =
        connection.last_error().empty()
            ? ""
            : absl::StrCat(", last error: ", Escaped(connection.last_error(), ""));
    AddLine(text, "", absl::StrCat("reconnects ", connection.reconnects(), why));
  }
  AddLine(text, "",
          absl::StrCat("channels ", connection.channels_open(), " of ", connection.channels_max()));
}

void AddPublisher(std::string& text, const v1::PublisherStatus& publisher) {
  const uint64_t failed = SumOf(publisher.failed());
  const std::string reasons =
      failed == 0 ? "" : absl::StrCat(" (", CountsText(publisher.failed()), ")");
  AddLine(text, "publishes",
          absl::StrCat("confirmed ", publisher.confirmed(), ", unrouted ", publisher.unrouted(),
                       ", failed ", failed, reasons));
  AddLine(
      text, "",
      absl::StrCat("in flight ", publisher.in_flight(), " of ", publisher.max_in_flight(), ", ",
                   publisher.in_flight_bytes(), " of ", publisher.max_in_flight_bytes(), " bytes"));
}

void AddDeliveries(std::string& text, const v1::DeliveryTotals& totals) {
  AddLine(text, "deliveries",
          absl::StrCat("delivered ", totals.delivered(), " (redelivered ", totals.redelivered(),
                       "), unsettled ", totals.unsettled(), ", invalid ", totals.invalid()));
  AddLine(text, "",
          absl::StrCat("acked ", totals.acked(), ", nacked ", totals.nacked(), ", rejected ",
                       totals.rejected(), ", expired ", totals.deadline_expired(), ", retried ",
                       totals.retried(), ", dead-lettered ", totals.dead_lettered()));
  if (const uint64_t failures = SumOf(totals.settle_failures()); failures > 0) {
    AddLine(text, "",
            absl::StrCat("settlements that did not take ", failures, " (",
                         CountsText(totals.settle_failures()), ")"));
  }
}

std::string Heading(const v1::SidecarStatus& status, WallTime now) {
  std::string text;
  AddLine(text, "readiness", Escaped(status.readiness(), ""));
  if (status.has_stalled()) {
    AddLine(text, "stalled",
            absl::StrCat("the thread that talks to the broker is stuck for ",
                         DurationText(ToMillis(status.stalled()))));
  }
  const auto up =
      std::chrono::duration_cast<std::chrono::milliseconds>(now - ToWallTime(status.started_at()));
  AddLine(text, "sidecar",
          absl::StrCat(Escaped(status.version(), ""), ", up ", DurationText(up), " (since ",
                       TimeText(status.started_at()), ")"));
  AddConnection(text, "connection", status.connection(), now);
  if (status.has_consumer_connection()) {
    AddConnection(text, "subscriptions'", status.consumer_connection(), now);
  }
  AddLine(text, "topology",
          status.topology_declared()
              ? std::string("declared")
              : absl::StrCat("not declared", status.topology_error().empty() ? "" : ": ",
                             Escaped(status.topology_error(), "")));
  AddPublisher(text, status.publisher());
  AddDeliveries(text, status.deliveries());
  if (status.dropped_log_lines() > 0) {
    AddLine(text, "log", absl::StrCat("lines dropped ", status.dropped_log_lines()));
  }
  return text;
}

TextTable SubscriptionTable(const v1::SidecarStatus& status) {
  TextTable table({"QUEUE", "ACTIVE", ">PREFETCH", ">UNSETTLED", ">OLDEST", ">DELIVERED",
                   ">REDELIVERED", ">ACKED", ">NACKED", ">REJECTED", ">EXPIRED", ">RETRIED",
                   ">DEAD-LETTERED", ">INVALID", "PEER"});
  for (const v1::SubscriptionStatus& one : status.subscriptions()) {
    const auto number = [](uint64_t value) { return absl::StrCat(value); };
    table.Add({Escaped(one.queue(), ""), one.active() ? "yes" : "no", number(one.prefetch()),
               number(one.unsettled()),
               one.has_oldest_unsettled_age() ? DurationText(ToMillis(one.oldest_unsettled_age()))
                                              : std::string("-"),
               number(one.delivered()), number(one.redelivered()), number(one.acked()),
               number(one.nacked()), number(one.rejected()), number(one.deadline_expired()),
               number(one.retried()), number(one.dead_lettered()), number(one.invalid()),
               Escaped(one.peer(), "")});
  }
  return table;
}

const char* SeverityText(v1::EventSeverity severity) {
  switch (severity) {
    case v1::EVENT_SEVERITY_INFO:
      return "info";
    case v1::EVENT_SEVERITY_WARNING:
      return "warning";
    case v1::EVENT_SEVERITY_ERROR:
      return "error";
    default:
      return "?";
  }
}

// The newest `most` of them, the newest last.
TextTable EventTable(const v1::SidecarStatus& status, size_t most) {
  TextTable table({"TIME", "SEVERITY", "EVENT"});
  const auto count = static_cast<size_t>(status.recent_events_size());
  for (size_t i = count - std::min(count, most); i < count; ++i) {
    const v1::SidecarEvent& event = status.recent_events(static_cast<int>(i));
    std::string what = Escaped(event.what(), "");
    if (!event.detail().empty()) absl::StrAppend(&what, ": ", Escaped(event.detail(), ""));
    if (event.count() > 1) absl::StrAppend(&what, " (", event.count(), " times)");
    table.Add({TimeText(event.at()), SeverityText(event.severity()), std::move(what)});
  }
  return table;
}

std::string Subscriptions(const v1::SidecarStatus& status) {
  if (status.subscriptions().empty()) return "\nno subscriptions\n";
  return absl::StrCat("\nsubscriptions ", status.subscriptions_size(), "\n",
                      SubscriptionTable(status).Text("  "));
}

std::string Events(const v1::SidecarStatus& status, size_t most) {
  if (status.recent_events().empty() || most == 0) return "";
  return absl::StrCat("\nrecent events\n", EventTable(status, most).Text("  "));
}

std::vector<std::string_view> SplitLines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(text.size(), end + 1));
  }
  return lines;
}

size_t LinesOf(std::string_view text) {
  return static_cast<size_t>(std::ranges::count(text, '\n'));
}

}  // namespace

std::string StatusText(const v1::SidecarStatus& status, WallTime now) {
  return absl::StrCat(Heading(status, now), Subscriptions(status), Events(status, kAll));
}

std::string StatusScreen(const v1::SidecarStatus& status, WallTime now, size_t lines,
                         size_t columns) {
  // Of the events: the empty line, the heading and the heads.
  constexpr size_t kEventHeads = 3;
  std::string text = absl::StrCat(Heading(status, now), Subscriptions(status));
  const size_t taken = LinesOf(text) + kEventHeads;
  if (taken < lines) text += Events(status, lines - taken);
  std::vector<std::string_view> all = SplitLines(text);
  const size_t left_out = all.size() > lines ? all.size() - lines + 1 : 0;
  if (left_out > 0) all.resize(all.size() - left_out);
  std::string screen;
  for (const std::string_view line : all) absl::StrAppend(&screen, CutTo(line, columns), "\n");
  if (left_out > 0) absl::StrAppend(&screen, "and ", left_out, " lines more\n");
  return screen;
}

std::string StatusJson(const v1::SidecarStatus& status) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string json;
  const auto done = google::protobuf::util::MessageToJsonString(status, &json, options);
  return done.ok() ? json + "\n" : "";
}

}  // namespace amqp_sidecar::rpc
