// ServerFixture: a real server over a real broker layer whose broker never answers, in a folder of
// its own. The test's thread.
#pragma once

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "base/event_loop.h"
#include "broker/broker.h"
#include "rpc/server.h"
#include "support/catch.h"

namespace amqp_sidecar::rpc {

inline std::chrono::system_clock::time_point In(std::chrono::milliseconds time) {
  return std::chrono::system_clock::now() + time;
}

// Looks again and again until `predicate` holds or the time is up.
template <typename Predicate>
bool Eventually(std::chrono::milliseconds time, Predicate predicate) {
  const auto give_up = std::chrono::steady_clock::now() + time;
  while (!predicate()) {
    if (std::chrono::steady_clock::now() >= give_up) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

class TempFolder {
 public:
  TempFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "sidecar-rpc-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~TempFolder() { std::filesystem::remove_all(path_); }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// Dials in vain: every pipe is gone at its deadline.
class DeadDialer final : public amqp::Dialer {
 public:
  explicit DeadDialer(base::Reactor& reactor) : reactor_(reactor) {}

  std::unique_ptr<amqp::Transport> Dial(const amqp::Endpoint&, base::TimePoint deadline,
                                        amqp::Transport::Listener& listener) override {
    return std::make_unique<DeadTransport>(reactor_, deadline, listener);
  }

 private:
  class DeadTransport final : public amqp::Transport {
   public:
    DeadTransport(base::Reactor& reactor, base::TimePoint deadline, Listener& listener)
        : reactor_(reactor),
          timer_(reactor.At(deadline, [&listener] { listener.OnClosed("nobody there"); })) {}
    ~DeadTransport() override { reactor_.Cancel(timer_); }
    size_t Write(std::span<const iovec>) override { return 0; }
    void SetReading(bool) override {}

   private:
    base::Reactor& reactor_;
    const base::TimerId timer_;
  };

  base::Reactor& reactor_;
};

class ServerFixture {
 public:
  ServerFixture()
      : broker_(
            loop_, dialer_, [] { return 0.5; }, BrokerConfig(), [](const auto&) {}),
        io_([this] { loop_.Run(); }) {
    broker_.Start();
  }

  ~ServerFixture() {
    server_.reset();
    loop_.Stop();
    io_.join();
  }

  std::string socket() const { return folder_ / "sidecar.sock"; }

  ServerConfig Config() const {
    ServerConfig config;
    config.listen = {"unix://" + socket(), "127.0.0.1:0"};
    config.max_message_bytes = BrokerConfig().max_message_bytes;
    return config;
  }

  Server& Start(ServerConfig config) {
    server_ = std::make_unique<Server>(broker_, reporter_, std::move(config));
    const absl::Status status = server_->Start();
    INFO(std::string(status.message()));
    REQUIRE(status.ok());
    return *server_;
  }
  Server& Start() { return Start(Config()); }

  std::shared_ptr<grpc::Channel> Channel() const {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    return grpc::CreateCustomChannel(server_->addresses().front(),
                                     grpc::InsecureChannelCredentials(), arguments);
  }

  broker::Broker& broker() { return broker_; }
  const StatusReporter& reporter() const { return reporter_; }
  base::EventLoop& loop() { return loop_; }
  const TempFolder& folder() const { return folder_; }

 private:
  static broker::Broker::Config BrokerConfig() {
    broker::Broker::Config config;
    config.link.endpoints.emplace_back();
    // Tries on and on: every try renews the snapshot.
    config.link.connect_timeout = std::chrono::milliseconds(50);
    config.link.initial_backoff = std::chrono::milliseconds(10);
    config.link.max_backoff = std::chrono::milliseconds(10);
    return config;
  }

  TempFolder folder_;
  base::EventLoop loop_;
  DeadDialer dialer_{loop_};
  broker::Broker broker_;
  StatusReporter reporter_{broker_, [this] { return loop_.Stalled(); }};
  std::unique_ptr<Server> server_;
  std::thread io_;
};

}  // namespace amqp_sidecar::rpc
