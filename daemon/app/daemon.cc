#include "app/daemon.h"

#include <pthread.h>

#include <algorithm>
#include <future>
#include <thread>

#include "absl/strings/str_cat.h"
#include "amqp/network_dialer.h"
#include "app/admin_pages.h"
#include "app/random.h"
#include "base/log.h"
#include "base/version.h"
#include "broker/readiness.h"

namespace amqp_sidecar::app {
namespace {

// What the drain may take beyond its timeout, for saying goodbye to the broker.
constexpr base::Duration kGoodbyeTime = std::chrono::seconds(2);
// For the last answers to reach their clients. A client that is idle, and so does not look at its
// connection, does not hear that it ends: it must not hold the process up.
constexpr base::Duration kShutdownTime = std::chrono::milliseconds(500);
// A drain with nothing to wait for goes on this long all the same: calls that were on their way
// when it began are told DRAINING, where gRPC would cut them off without a word.
constexpr base::Duration kLeastDrain = std::chrono::milliseconds(300);

absl::Status Name(const std::string& key, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(key, ": ", status.message()));
}

}  // namespace

Daemon::Daemon(Settings settings)
    : settings_(std::move(settings)), dialer_(amqp::NewNetworkDialer(loop_, settings_.tls)) {
  broker_ = std::make_unique<broker::Broker>(
      loop_, *dialer_, NewRandom(), settings_.broker,
      [this](const broker::Snapshot& snapshot) { server_->Update(snapshot); });
  reporter_ = std::make_unique<rpc::StatusReporter>(*broker_, [this] { return loop_.Stalled(); });
  server_ = std::make_unique<rpc::Server>(*broker_, *reporter_, settings_.rpc);
  history_ = std::make_unique<History>([this] { return FiguresOf(*broker_); });
  admin_ = std::make_unique<AdminServer>(settings_.admin,
                                         AdminPages(loop_, *broker_, *reporter_, *history_));
}

Daemon::~Daemon() { StopThreads(); }

absl::Status Daemon::Start() {
  io_thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "io");
    loop_.Run();
  });
  if (const absl::Status status = server_->Start(); !status.ok()) {
    return Name("grpc.listen", status);
  }
  if (const absl::Status status = admin_->Start(); !status.ok()) {
    return Name("admin.listen", status);
  }
  if (!admin_->address().empty()) history_->Start();
  // Last: a door that does not open must not have touched the broker.
  broker_->Start();
  base::Log(base::LogLevel::kInfo, "started", {{"version", base::kVersion}});
  return absl::OkStatus();
}

std::vector<std::string> Daemon::addresses() const {
  std::vector<std::string> all = server_->addresses();
  if (const std::string admin = admin_->address(); !admin.empty()) {
    all.push_back(absl::StrCat(admin, " (admin)"));
  }
  return all;
}

Daemon::State Daemon::state() {
  const base::Duration stalled = loop_.Stalled();
  return {broker::ReadinessOf(*broker_->snapshot(), stalled).text, stalled};
}

void Daemon::SetValidation(json::Validator::Options validation) {
  broker_->SetValidator(std::make_shared<const json::Validator>(std::move(validation)));
}

void Daemon::Drain() {
  const base::TimePoint start = std::chrono::steady_clock::now();
  const base::TimePoint deadline = start + settings_.drain_timeout;
  server_->BeginDrain();
  const auto drained = std::make_shared<std::promise<void>>();
  const std::future<void> done = drained->get_future();
  broker_->Drain(deadline, [drained] { drained->set_value(); });
  if (done.wait_for(settings_.drain_timeout + kGoodbyeTime) != std::future_status::ready) {
    base::Log(base::LogLevel::kError, "drain did not end in time");
  }
  std::this_thread::sleep_until(std::min(start + kLeastDrain, deadline));
  StopThreads();
  base::Log(base::LogLevel::kInfo, "stopped");
}

void Daemon::StopThreads() {
  server_->Shutdown(std::chrono::steady_clock::now() + kShutdownTime);
  admin_->Stop();
  history_->Stop();
  loop_.Stop();
  if (io_thread_.joinable()) io_thread_.join();
}

}  // namespace amqp_sidecar::app
