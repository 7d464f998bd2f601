#include "drills/batch.h"

namespace amqp_sidecar::test {

void Batch::Add(const std::string& exchange, const std::string& key) {
  const std::string body = "{\"n\":" + std::to_string(requests_.size()) + "}";
  pb::PublishRequest request = JsonMessage(exchange, key, body);
  request.mutable_message()->mutable_properties()->set_message_id(checker_.Attempt(body));
  requests_.push_back(std::move(request));
}

std::vector<Outcome> Batch::Publish(Client& client, int in_flight) {
  const std::vector<Outcome> outcomes = client.PublishAll(requests_, in_flight);
  for (size_t i = 0; i < outcomes.size(); ++i) {
    checker_.Answer(requests_[i].message().properties().message_id(), outcomes[i]);
  }
  return outcomes;
}

void DeliverAll(Direct& direct, const std::string& queue, Checker& checker) {
  for (const Direct::Message& message : direct.Drain(queue)) {
    checker.Deliver(message.message_id, message.body);
  }
}

}  // namespace amqp_sidecar::test
