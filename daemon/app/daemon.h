// Daemon: owns every part: starts them bottom-up, drains them top-down. Main thread. Knows no
// signals and no command line.
#pragma once

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "amqp/transport.h"
#include "app/admin_server.h"
#include "app/history.h"
#include "app/settings.h"
#include "base/event_loop.h"
#include "broker/broker.h"
#include "rpc/server.h"
#include "rpc/status_reporter.h"

namespace amqp_sidecar::app {

class Daemon {
 public:
  explicit Daemon(Settings settings);
  // Without a Drain() before it: drops everything at once.
  ~Daemon();

  // Opens the doors and begins to connect to the broker, which need not be there. An error begins
  // with the key of the setting that it is about. Once.
  absl::Status Start();

  // What it listens on, for a person: "unix:///run/amqp-sidecar/sidecar.sock",
  // "http://127.0.0.1:7673 (admin)".
  std::vector<std::string> addresses() const;

  struct State {
    std::string text;          // what /readyz says
    base::Duration stalled{};  // see base::EventLoop::Stalled()
  };
  State state();

  // The rules for bodies, from now on.
  void SetValidation(json::Validator::Options validation);

  // Lets what is under way come to its end, by drain_timeout at most; answers to the last. Blocks.
  void Drain();

 private:
  void StopThreads();

  const Settings settings_;
  base::EventLoop loop_;
  std::unique_ptr<amqp::Dialer> dialer_;
  // Destroyed before the loop, and after the io thread has ended.
  std::unique_ptr<broker::Broker> broker_;
  std::unique_ptr<rpc::StatusReporter> reporter_;
  std::unique_ptr<rpc::Server> server_;
  std::unique_ptr<History> history_;
  std::unique_ptr<AdminServer> admin_;
  std::thread io_thread_;
};

}  // namespace amqp_sidecar::app
