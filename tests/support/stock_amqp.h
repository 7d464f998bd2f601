// rabbitmq-c's own headers, as Debian 12 and Debian 13 have them. For tests and the benchmark.
#pragma once

#if __has_include(<rabbitmq-c/amqp.h>)
#include <rabbitmq-c/amqp.h>
#include <rabbitmq-c/tcp_socket.h>
#else
#include <amqp.h>
#include <amqp_tcp_socket.h>
#endif

#include <string>
#include <string_view>

namespace amqp_sidecar::test {

// The bytes of `text`, which must outlive the call that they are given to.
inline amqp_bytes_t StockBytes(std::string_view text) {
  return {text.size(), const_cast<char*>(text.data())};
}

inline std::string StockString(const amqp_bytes_t& bytes) {
  return {static_cast<const char*>(bytes.bytes), bytes.len};
}

// What a reply says went wrong; empty when nothing did.
std::string StockError(const amqp_rpc_reply_t& reply);

// A connection with no channel open: by an amqp:// URI, or to loopback as guest. Throws when there
// is none.
amqp_connection_state_t StockConnect(std::string uri);
amqp_connection_state_t StockConnect(uint16_t port);

}  // namespace amqp_sidecar::test
