// Which of several addresses is tried first.
#include "amqp/address_memory.h"

#include <netinet/in.h>

#include <cstring>

#include "support/catch.h"

namespace amqp_sidecar::amqp {
namespace {

SocketAddress Address(uint32_t number) {
  SocketAddress made;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(5672);
  address.sin_addr.s_addr = htonl(number);
  std::memcpy(&made.storage, &address, sizeof address);
  made.length = sizeof address;
  return made;
}

std::vector<uint32_t> Ordered(const AddressMemory& memory, const std::string& host,
                              const std::vector<uint32_t>& numbers) {
  std::vector<SocketAddress> addresses;
  for (const uint32_t number : numbers) addresses.push_back(Address(number));
  memory.Order(host, addresses);
  std::vector<uint32_t> order;
  for (const SocketAddress& address : addresses) {
    sockaddr_in in{};
    std::memcpy(&in, &address.storage, sizeof in);
    order.push_back(ntohl(in.sin_addr.s_addr));
  }
  return order;
}

using Numbers = std::vector<uint32_t>;

TEST_CASE("the address that answered last is tried last, the others keep their order") {
  AddressMemory memory;
  CHECK(Ordered(memory, "rabbit", {1, 2, 3}) == Numbers{1, 2, 3});
  memory.Answered("rabbit", Address(1));
  CHECK(Ordered(memory, "rabbit", {1, 2, 3}) == Numbers{2, 3, 1});
  memory.Answered("rabbit", Address(2));
  CHECK(Ordered(memory, "rabbit", {1, 2, 3}) == Numbers{1, 3, 2});
  CHECK(Ordered(memory, "rabbit", {2}) == Numbers{2});
  CHECK(Ordered(memory, "rabbit", {4, 5}) == Numbers{4, 5});
  CHECK(Ordered(memory, "other", {2, 1}) == Numbers{2, 1});
}

}  // namespace
}  // namespace amqp_sidecar::amqp
