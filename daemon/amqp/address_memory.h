// AddressMemory: which address of a host answered last, so that the next attempt begins with
// another: one that takes connections and then says nothing must not stand before the others for
// ever. io thread. Resolves nothing.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "amqp/resolver.h"

namespace amqp_sidecar::amqp {

class AddressMemory {
 public:
  void Answered(const std::string& host, const SocketAddress& address);
  // Puts the one that answered last behind the others, whose order stays.
  void Order(const std::string& host, std::vector<SocketAddress>& addresses) const;

 private:
  std::map<std::string, SocketAddress> last_;  // by host: as many as there are endpoints
};

}  // namespace amqp_sidecar::amqp
