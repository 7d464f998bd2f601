#include "amqp/network_dialer.h"

#include <utility>

#include "amqp/resolver.h"
#include "amqp/tcp_transport.h"
#include "amqp/tls_transport.h"

namespace amqp_sidecar::amqp {
namespace {

class NetworkDialer final : public Dialer {
 public:
  NetworkDialer(base::EventLoop& loop, TlsOptions tls)
      : loop_(loop), tls_(std::move(tls)), resolver_(loop) {}

  std::unique_ptr<Transport> Dial(const Endpoint& endpoint, base::TimePoint deadline,
                                  Transport::Listener& listener) override {
    const TcpSocket::Network network{loop_, resolver_, memory_};
    if (endpoint.tls) {
      return NewTlsTransport(network, tls_, endpoint, deadline, listener);
    }
    return NewTcpTransport(network, endpoint, deadline, listener);
  }

 private:
  base::EventLoop& loop_;
  const TlsOptions tls_;
  Resolver resolver_;
  AddressMemory memory_;
};

}  // namespace

std::unique_ptr<Dialer> NewNetworkDialer(base::EventLoop& loop, TlsOptions tls) {
  return std::make_unique<NetworkDialer>(loop, std::move(tls));
}

}  // namespace amqp_sidecar::amqp
