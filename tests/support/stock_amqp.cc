#include "support/stock_amqp.h"

#include <stdexcept>

namespace amqp_sidecar::test {

std::string StockError(const amqp_rpc_reply_t& reply) {
  switch (reply.reply_type) {
    case AMQP_RESPONSE_NORMAL:
      return "";
    case AMQP_RESPONSE_LIBRARY_EXCEPTION:
      return amqp_error_string2(reply.library_error);
    case AMQP_RESPONSE_SERVER_EXCEPTION:
      if (reply.reply.id == AMQP_CHANNEL_CLOSE_METHOD) {
        const auto* close = static_cast<amqp_channel_close_t*>(reply.reply.decoded);
        return std::to_string(close->reply_code) + " " + StockString(close->reply_text);
      }
      if (reply.reply.id == AMQP_CONNECTION_CLOSE_METHOD) {
        const auto* close = static_cast<amqp_connection_close_t*>(reply.reply.decoded);
        return std::to_string(close->reply_code) + " " + StockString(close->reply_text);
      }
      return "unexpected method " + std::string(amqp_method_name(reply.reply.id));
    default:
      return "no reply";
  }
}

// amqp_parse_url cuts `uri` into pieces in place. It takes "amqp://host/" for the virtual host with
// the empty name, which nobody means.
amqp_connection_state_t StockConnect(std::string uri) {
  amqp_connection_info info{};
  if (amqp_parse_url(uri.data(), &info) != AMQP_STATUS_OK || info.ssl) {
    throw std::runtime_error("not an amqp:// URI");
  }
  const char* vhost = info.vhost[0] == '\0' ? "/" : info.vhost;
  amqp_connection_state_t connection = amqp_new_connection();
  amqp_socket_t* socket = amqp_tcp_socket_new(connection);
  const timeval limit{10, 0};
  std::string error;
  if (amqp_socket_open_noblock(socket, info.host, info.port, &limit) != AMQP_STATUS_OK) {
    error = "no connection to port " + std::to_string(info.port);
  } else {
    amqp_set_rpc_timeout(connection, &limit);
    error = StockError(amqp_login(connection, vhost, 0, AMQP_DEFAULT_FRAME_SIZE, 0,
                                  AMQP_SASL_METHOD_PLAIN, info.user, info.password));
  }
  if (!error.empty()) {
    amqp_destroy_connection(connection);
    throw std::runtime_error(error);
  }
  return connection;
}

amqp_connection_state_t StockConnect(uint16_t port) {
  return StockConnect("amqp://guest:guest@127.0.0.1:" + std::to_string(port) + "/");
}

}  // namespace amqp_sidecar::test
