// Backoff: how long to wait before the next try. One thread at a time.
#pragma once

#include <algorithm>
#include <chrono>
#include <random>

#include "random.h"

namespace amqp_sidecar {

// Full jitter: any time up to a bound that doubles from `first` to `most` with every try.
inline std::chrono::milliseconds Jittered(int tries, std::chrono::milliseconds first,
                                          std::chrono::milliseconds most) {
  auto bound = first;
  for (int i = 0; i < tries && bound < most; ++i) bound *= 2;
  bound = std::min(bound, most);
  return std::chrono::milliseconds(
      std::uniform_int_distribution<std::chrono::milliseconds::rep>(0, bound.count())(Random()));
}

// Of a publish that may be tried again.
inline std::chrono::milliseconds PublishBackoff(int tries) {
  return Jittered(tries, std::chrono::milliseconds(50), std::chrono::seconds(1));
}

// Of a stream that broke.
inline std::chrono::milliseconds StreamBackoff(int tries) {
  return Jittered(tries, std::chrono::milliseconds(100), std::chrono::seconds(2));
}

// A try that has less time than this is not begun: the answer would not come, and nobody would
// know.
constexpr std::chrono::milliseconds kLeastTry{100};

}  // namespace amqp_sidecar
