// What the parts have in common that do the same work over several paths, round after round.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace amqp_sidecar::bench {

struct RoundOptions {
  int rounds = 5;              // that count, after one that warms up
  double piece_seconds = 0.6;  // that a direct piece is to take
  // Only cases of these; empty: all.
  std::vector<std::string> queues;
  std::vector<size_t> bodies;
  std::vector<size_t> windows;
};

template <typename T>
bool IsWanted(const std::vector<T>& wanted, const T& value) {
  return wanted.empty() || std::find(wanted.begin(), wanted.end(), value) != wanted.end();
}

// The bounds of a piece, in messages, and how long it is to take.
struct PieceSize {
  size_t fewest = 1;
  size_t most = 1;
  double seconds = 1;
};

// Of bodies: below the broker's memory alarm, and what its disk takes in a second.
constexpr size_t kMostPieceBytes = 128 << 20;

// How many messages a piece has. `measure` does a piece of so many, and says how many seconds it
// took.
size_t Calibrate(const PieceSize& size, const std::function<double(size_t)>& measure);

}  // namespace amqp_sidecar::bench
