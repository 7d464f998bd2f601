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
  const auto at = std::ranges::find_if(addresses, [&](const SocketAddress& address) {
    return address.length == last.length &&
           std::memcmp(&address.storage, &last.storage, last.length) == 0;
  });
  if (at != addresses.end()) std::rotate(at, at + 1, addresses.end());
}

}  // namespace amqp_sidecar::amqp
