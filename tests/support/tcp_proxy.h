// TcpProxy: stands between the sidecar and the broker, to take the link away without touching a
// broker that other tests use. Any thread; one thread of its own forwards.
#pragma once

#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <thread>

namespace amqp_sidecar::test {

class TcpProxy {
 public:
  // Listens on a free loopback port, forwards to 127.0.0.1:`target`.
  explicit TcpProxy(uint16_t target);
  ~TcpProxy();
  TcpProxy(const TcpProxy&) = delete;
  TcpProxy& operator=(const TcpProxy&) = delete;

  uint16_t port() const { return port_; }
  // As RabbitmqNode::uri, through the proxy.
  std::string uri() const;

  // Ends every connection now; new ones are served.
  void Cut();
  // Ends every connection and refuses new ones, as if nobody listened, until Restore.
  void TakeAway();
  // What the broker says is held back (the sidecar's bytes go on to the broker) until Restore.
  void MuteBroker();
  void Restore();
  // Connections accepted since the start.
  int accepted() const;

 private:
  struct Link {
    int client = -1;
    int broker = -1;
  };
  void Listen();
  void Loop();
  void CloseLinks();
  void Accept();
  static bool Forward(int from, int to);

  const uint16_t target_;
  uint16_t port_ = 0;
  int wake_ = -1;
  mutable std::mutex mutex_;
  int listener_ = -1;
  std::list<Link> links_;
  bool muted_ = false;
  bool stop_ = false;
  int accepted_ = 0;
  std::thread thread_;
};

}  // namespace amqp_sidecar::test
