#include "random.h"

#include <array>
#include <chrono>
#include <cstdint>

namespace amqp_sidecar {
namespace {

std::mt19937_64 Seeded() {
  std::random_device device;
  std::array<std::uint32_t, 8> words{};
  for (std::uint32_t& word : words) word = device();
  std::seed_seq seed(words.begin(), words.end());
  return std::mt19937_64(seed);
}

}  // namespace

std::mt19937_64& Random() {
  thread_local std::mt19937_64 random = Seeded();
  return random;
}

std::string NewMessageId() {
  constexpr char kDigits[] = "0123456789abcdef";
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  // 48 bits of time, the version, 12 random bits; the variant, 62 random bits.
  const std::array<std::uint64_t, 2> halves = {
      static_cast<std::uint64_t>(now.count()) << 16 | 0x7000 | (Random()() & 0x0fff),
      0x8000000000000000 | Random()() >> 2};
  std::string id(36, '-');
  std::size_t digit = 0;
  for (std::size_t i = 0; i < id.size(); ++i) {
    if (i == 8 || i == 13 || i == 18 || i == 23) continue;
    id[i] = kDigits[halves[digit / 16] >> (60 - 4 * (digit % 16)) & 0xf];
    ++digit;
  }
  return id;
}

}  // namespace amqp_sidecar
