#include "app/random.h"

#include <random>

namespace amqp_sidecar::app {

base::Backoff::Random NewRandom() {
  return [engine = std::mt19937_64(std::random_device()())]() mutable {
    return std::uniform_real_distribution<double>(0, 1)(engine);
  };
}

}  // namespace amqp_sidecar::app
