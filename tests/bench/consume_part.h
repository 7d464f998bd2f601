// ConsumePart: a queue that is full is drained: directly, by SubscribeStream, and by Subscribe with
// Ack calls, round after round. Filling it is not timed.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bench/consumer.h"
#include "bench/publisher.h"
#include "bench/rounds.h"
#include "bench/world.h"

namespace amqp_sidecar::bench {

class ConsumePart {
 public:
  ConsumePart(World& world, const RoundOptions& options);

  // A JSON array, one object a piece.
  std::string Run();

 private:
  struct Case {
    QueueType type = QueueType::kClassic;
    size_t body_bytes = 0;
    size_t messages = 0;
  };
  std::vector<Case> Cases() const;
  Consumer& ConsumerOf(Path path);
  void Fill(const Case& a_case);
  // A JSON object.
  std::string Measure(const Case& a_case, Path path, int round);
  double SecondsDirectly(const Case& a_case);

  World& world_;
  const RoundOptions options_;
  std::unique_ptr<Publisher> filler_;
  std::unique_ptr<Consumer> direct_;
  std::unique_ptr<Consumer> unary_;
  std::unique_ptr<Consumer> stream_;
};

}  // namespace amqp_sidecar::bench
