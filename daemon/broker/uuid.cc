#include "broker/uuid.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>

namespace amqp_sidecar::broker {
namespace {

std::mt19937_64& Generator() {
  thread_local std::mt19937_64 generator = [] {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device(), device(), device()};
    return std::mt19937_64(seed);
  }();
  return generator;
}

}  // namespace

std::string NewUuidV7(base::WallTime now) {
  const auto milliseconds = static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count());
  const uint64_t random_a = Generator()();
  const uint64_t random_b = Generator()();
  const uint64_t high = (milliseconds << 16) | 0x7000u | (random_a & 0x0fffu);
  const uint64_t low = (uint64_t{0b10} << 62) | (random_b >> 2);

  static constexpr char kHex[] = "0123456789abcdef";
  std::string text(36, '-');
  size_t at = 0;
  for (size_t nibble = 0; nibble < 32; ++nibble) {
    if (nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20) ++at;
    const uint64_t half = nibble < 16 ? high : low;
    text[at++] = kHex[(half >> (60 - 4 * (nibble % 16))) & 0xf];
  }
  return text;
}

}  // namespace amqp_sidecar::broker
