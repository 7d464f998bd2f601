#include "amqp/address_memory.h"

#include <algorithm>
#include <cstring>

namespace amqp_sidecar::amqp {

void AddressMemory::Answered(const std::string& host, const SocketAddress& address) {
  last_[host] = address;
}

void AddressMemory::Order(const std::string& host, std::vector<SocketAddress>& addresses) const {
  const auto found = last_.find(host);
  if (found == last_.end()) return;
  const SocketAddress& last = found->second;
  std::ranges::stable_partition(addresses, [&](const SocketAddress& address) {
    return address.length != last.length ||
           std::memcmp(&address.storage, &last.storage, last.length) != 0;
  });
}

}  // namespace amqp_sidecar::amqp
