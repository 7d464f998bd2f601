// PairsPart: the same messages directly and through the sidecar, in alternating order, round after
// round: each case is one kind of queue, body and window, and one of the sidecar's ways in.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bench/piece.h"
#include "bench/publisher.h"
#include "bench/rounds.h"
#include "bench/world.h"

namespace amqp_sidecar::bench {

class PairsPart {
 public:
  PairsPart(World& world, const RoundOptions& options);

  // A JSON array, one object a piece.
  std::string Run();

 private:
  struct Case {
    QueueType type = QueueType::kClassic;
    size_t body_bytes = 0;
    size_t window = 1;
    Path through = Path::kUnary;
    size_t messages = 0;
  };
  static std::vector<Case> AllCases();
  bool Wanted(const Case& a_case) const;
  Publisher& PublisherOf(Path path);
  Piece Measure(const Case& a_case, Path path);
  void Calibrate(Case& a_case);

  World& world_;
  const RoundOptions options_;
  std::unique_ptr<Publisher> direct_;
  std::unique_ptr<Publisher> unary_;
  std::unique_ptr<Publisher> stream_;
};

// Valid JSON of that length.
std::string BodyOf(size_t bytes);

}  // namespace amqp_sidecar::bench
