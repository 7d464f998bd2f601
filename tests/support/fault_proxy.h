// FaultProxy: stands between the sidecar and the broker and does to their connections what networks
// do, without touching a broker that other tests use. Any thread; one thread of its own forwards.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "support/fault_pipe.h"

namespace amqp_sidecar::test {

class FaultProxy {
 public:
  enum class Way { kToBroker, kToClient };

  // The end of one connection, once `after` bytes went this way.
  struct Cut {
    Way way = Way::kToBroker;
    uint64_t after = 0;
    Ending ending = Ending::kReset;
  };

  struct Options {
    std::string address = "127.0.0.1";  // to listen on
    uint16_t port = 0;                  // 0: a free one
    uint64_t seed = 1;                  // of the jitter
  };

  // Forwards to 127.0.0.1:`target`.
  explicit FaultProxy(uint16_t target) : FaultProxy(target, Options()) {}
  FaultProxy(uint16_t target, const Options& options);
  ~FaultProxy();
  FaultProxy(const FaultProxy&) = delete;
  FaultProxy& operator=(const FaultProxy&) = delete;

  uint16_t port() const { return port_; }
  // As RabbitmqNode::uri, through the proxy.
  std::string uri() const;

  // From now on, for the connections there are and those to come. What is under way keeps the delay
  // that it was read with.
  void Set(Way way, const Faults& faults);
  void SetBoth(const Faults& faults);

  // Ends every connection now; new ones are served.
  void End(Ending ending);
  // Each connection accepted from now on takes the next of these; those after the last have none.
  void PlanCuts(const std::vector<Cut>& cuts);
  // How many of the planned ones have not been taken by a connection.
  size_t cuts_left() const;

  // Ends every connection and refuses new ones, as if nobody listened, until Restore.
  void TakeAway();
  // As a wire that was pulled: what the client sends, the start of a new connection included, is
  // dropped before TCP sees it, so nothing is ever acknowledged, and nothing more comes.
  void DropPackets();
  // Everything works again; connections that a hole held up go on. Planned cuts remain.
  void Restore();

  // Connections accepted since the start.
  int accepted() const;
  // Those that are open.
  size_t open() const;

 private:
  struct Link {
    Link(int client_fd, int broker_fd)
        : client(client_fd),
          broker(broker_fd),
          to_broker(client_fd, broker_fd),
          to_client(broker_fd, client_fd) {}
    int client;
    int broker;
    FaultPipe to_broker;
    FaultPipe to_client;
    Ending ending = Ending::kReset;  // of a planned cut
  };
  struct Polled;

  void Listen();
  void Accept();
  void Loop();
  Polled WhatToPoll() const;
  bool Pump(Link& link);
  void EndAll(Ending ending);
  const Faults& faults(Way way) const { return faults_[static_cast<size_t>(way)]; }

  const uint16_t target_;
  const Options options_;
  uint16_t port_ = 0;
  int wake_ = -1;
  mutable std::mutex mutex_;
  // The rest is guarded by it.
  int listener_ = -1;
  std::list<Link> links_;
  std::array<Faults, 2> faults_;
  std::deque<Cut> cuts_;
  FaultPipe::Random random_;
  bool dropping_ = false;
  bool stop_ = false;
  int accepted_ = 0;
  std::thread thread_;
};

}  // namespace amqp_sidecar::test
