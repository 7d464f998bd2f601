#include "amqp/connection.h"

#include "amqp/connection_impl.h"

namespace amqp_sidecar::amqp {

std::unique_ptr<Connection> Connection::Create(const Options& options, Listener& listener) {
  return std::make_unique<ConnectionImpl>(options, listener);
}

}  // namespace amqp_sidecar::amqp
