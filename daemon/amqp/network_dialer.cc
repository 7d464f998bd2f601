#include "amqp/network_dialer.h"

#include "amqp/resolver.h"
#include "amqp/tcp_transport.h"

namespace amqp_sidecar::amqp {
namespace {

class NetworkDialer final : public Dialer {
 public:
  explicit NetworkDialer(base::EventLoop& loop) : loop_(loop), resolver_(loop) {}

  std::unique_ptr<Transport> Dial(const Endpoint& endpoint, base::TimePoint deadline,
                                  Transport::Listener& listener) override {
    return NewTcpTransport(loop_, resolver_, endpoint, deadline, listener);
  }

 private:
  base::EventLoop& loop_;
  Resolver resolver_;
};

}  // namespace

std::unique_ptr<Dialer> NewNetworkDialer(base::EventLoop& loop) {
  return std::make_unique<NetworkDialer>(loop);
}

}  // namespace amqp_sidecar::amqp
