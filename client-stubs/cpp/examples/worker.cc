// Handles the orders of the queue billing until SIGTERM, which lets those under way finish.
#include <csignal>
#include <iostream>
#include <stop_token>
#include <thread>

#include <amqp_sidecar/client.h>
#include <amqp_sidecar/json.h>

void HandleOrder(const amqp_sidecar::Delivery& delivery) {
  const auto order = delivery.Json<nlohmann::json>();  // what is not JSON is rejected
  if (!order.contains("order_id")) throw amqp_sidecar::Reject("an order has no order_id");
  std::cout << "order " << order["order_id"] << std::endl;
}  // it is acknowledged now; any other exception has it delivered again

int main() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // before any thread is made
  std::stop_source stop;
  std::thread([signals, stop]() mutable {
    int signal = 0;
    sigwait(&signals, &signal);
    stop.request_stop();
  }).detach();

  amqp_sidecar::Client client;
  amqp_sidecar::SubscribeOptions options;
  options.concurrency = 4;
  options.retry = {.max_attempts = 5, .initial_backoff = std::chrono::milliseconds(500)};
  options.stop = stop.get_token();
  try {
    client.Subscribe("billing", HandleOrder, options).Wait();
  } catch (const amqp_sidecar::Error& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
