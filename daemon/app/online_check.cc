#include "app/online_check.h"

#include <algorithm>
#include <csignal>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "amqp/network_dialer.h"
#include "app/exit_code.h"
#include "app/one_line.h"
#include "app/random.h"
#include "base/event_loop.h"
#include "base/log.h"

namespace amqp_sidecar::app {
namespace {

// For saying goodbye to the broker.
constexpr base::Duration kGoodbyeTime = std::chrono::seconds(2);

// The daemon's connection, without its doors.
class Probe {
 public:
  explicit Probe(Settings settings)
      : dialer_(amqp::NewNetworkDialer(loop_, settings.tls)),
        broker_(loop_, *dialer_, NewRandom(), OnlyLooking(std::move(settings.broker)),
                [](const broker::Snapshot&) {}),
        io_thread_([this] { loop_.Run(); }) {}

  ~Probe() {
    const auto closed = std::make_shared<std::promise<void>>();
    const std::future<void> done = closed->get_future();
    broker_.Drain(std::chrono::steady_clock::now(), [closed] { closed->set_value(); });
    (void)done.wait_for(kGoodbyeTime);
    loop_.Stop();
    io_thread_.join();
  }

  broker::TopologyComparison Compare(base::TimePoint deadline) {
    const auto compared = std::make_shared<std::promise<broker::TopologyComparison>>();
    std::future<broker::TopologyComparison> comparison = compared->get_future();
    broker_.Start();
    broker_.CompareTopology(deadline, [compared](broker::TopologyComparison done) {
      compared->set_value(std::move(done));
    });
    return comparison.get();
  }

  broker::ConnectionSnapshot connection() const { return broker_.snapshot()->connection; }

 private:
  static broker::Broker::Config OnlyLooking(broker::Broker::Config config) {
    config.topology_mode = broker::TopologyMode::kNone;
    config.separate_consumer_connection = false;
    config.publish_channels = 1;
    config.link.connection.connection_name += " (check-config)";
    return config;
  }

  base::EventLoop loop_;
  const std::unique_ptr<amqp::Dialer> dialer_;
  broker::Broker broker_;
  std::thread io_thread_;
};

std::string WhyNot(const broker::Error& error, const broker::ConnectionSnapshot& connection,
                   base::Duration timeout) {
  const std::string within =
      absl::StrCat(" within ", absl::FormatDuration(absl::FromChrono(timeout)), ": ");
  if (connection.up()) return absl::StrCat("no answer from the broker", within, error.detail);
  return absl::StrCat(
      "no connection to ", connection.endpoint, within,
      connection.last_error.empty() ? "it has not answered" : connection.last_error);
}

}  // namespace

int CheckOnline(Settings settings, base::Duration timeout, std::ostream& out, std::ostream& err) {
  std::signal(SIGPIPE, SIG_IGN);
  // Attempts that fail are seen while it goes on trying; that it connects is nothing to tell.
  base::StartLog(std::max(settings.log_level, base::LogLevel::kWarn), settings.log_format);
  auto probe = std::make_unique<Probe>(std::move(settings));
  const broker::TopologyComparison comparison =
      probe->Compare(std::chrono::steady_clock::now() + timeout);
  const broker::ConnectionSnapshot connection = probe->connection();
  probe.reset();
  base::StopLog();
  for (const std::string& line : comparison.differences) out << OneLine(line) << '\n';
  for (const std::string& line : comparison.not_compared) {
    out << "not compared: " << OneLine(line) << '\n';
  }
  out << std::flush;
  if (comparison.error) {
    err << "amqp-sidecar: " << OneLine(WhyNot(*comparison.error, connection, timeout)) << std::endl;
    return kExitFailure;
  }
  if (!comparison.differences.empty()) return kExitFailure;
  out << "the broker does not differ from the configuration" << std::endl;
  return kExitOk;
}

}  // namespace amqp_sidecar::app
