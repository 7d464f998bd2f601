// SidesPart: the same orders to sidecars that differ in one thing, in alternating order, round
// after round. Knows not in what.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "bench/rounds.h"
#include "bench/world.h"

namespace amqp_sidecar::bench {

// One of those that are compared. The first of them is what the size of the pieces is measured by.
struct Side {
  std::string name;
  std::string target;                    // of its sidecar, for gRPC
  std::function<void()> before = [] {};  // each of its pieces
  std::function<void()> after = [] {};
};

// The queue that the orders go to, by the default exchange.
inline constexpr char kSidesQueue[] = "sidecar-bench";

// A JSON array, one object a piece, whose member `difference` names the side. `part` is for the
// progress. Of the options the bodies are not for this part.
std::string RunSidesPart(World& world, const RoundOptions& options, const std::string& part,
                         const std::string& difference, const std::vector<Side>& sides);

}  // namespace amqp_sidecar::bench
