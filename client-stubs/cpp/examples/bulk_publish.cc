// Publishes 1,000 orders over one stream, and prints how many the broker has confirmed.
#include <future>
#include <iostream>
#include <vector>

#include <amqp_sidecar/client.h>
#include <amqp_sidecar/json.h>

int main() {
  amqp_sidecar::Client client;
  amqp_sidecar::Publisher publisher = client.NewPublisher();
  std::vector<std::future<amqp_sidecar::PublishResult>> results;
  for (int id = 1; id <= 1000; ++id) {
    const nlohmann::json order = {{"order_id", id}, {"total", 9.5}};
    results.push_back(publisher.Publish("orders", "order.created", order));
  }
  int confirmed = 0;
  for (auto& result : results) {
    try {
      result.get();
      ++confirmed;
    } catch (const amqp_sidecar::Error& error) {
      std::cerr << error.message_id() << ": " << error.what() << "\n";
    }
  }
  std::cout << confirmed << " confirmed" << std::endl;
  return confirmed == 1000 ? 0 : 1;
}
