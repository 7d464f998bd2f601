// Publishes one order, and prints its message id when the broker has it.
#include <iostream>

#include <amqp_sidecar/client.h>
#include <amqp_sidecar/json.h>

int main() {
  amqp_sidecar::Client client;  // of AMQP_SIDECAR_ADDR, else the default socket
  const nlohmann::json order = {{"order_id", 1}, {"total", 9.5}};
  try {
    std::cout << client.Publish("orders", "order.created", order).message_id << std::endl;
  } catch (const amqp_sidecar::Error& error) {
    std::cerr << error.what() << (error.retryable() ? " (try again later)\n" : "\n");
    return 1;
  }
}
