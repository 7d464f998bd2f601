#include "bench/rounds.h"

namespace amqp_sidecar::bench {
namespace {

constexpr int kMostCalibrations = 4;

}  // namespace

size_t Calibrate(const PieceSize& size, const std::function<double(size_t)>& measure) {
  size_t messages = size.fewest;
  for (int attempt = 0; attempt < kMostCalibrations; ++attempt) {
    const size_t measured = messages;
    const double share = size.seconds / measure(measured);
    messages = std::clamp(static_cast<size_t>(static_cast<double>(measured) * share), size.fewest,
                          size.most);
    // Once it took about as long as it should, or can be no more or less.
    if ((share > 0.7 && share < 1.5) || messages == measured) break;
  }
  return messages;
}

}  // namespace amqp_sidecar::bench
