#include "app/admin_pages.h"

#include <google/protobuf/util/json_util.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "app/metrics.h"
#include "base/log.h"
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

}  // namespace

AdminServer::Pages AdminPages(base::EventLoop& loop, broker::Broker& broker,
                              const rpc::StatusReporter& reporter) {
  AdminServer::Pages pages;
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
    broker.RefreshSnapshot();
    return answer;
  };
  pages["/status.json"] = [&] { return StatusJson(reporter); };
  return pages;
}

}  // namespace amqp_sidecar::app
