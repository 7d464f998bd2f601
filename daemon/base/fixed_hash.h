// FixedHash: a hash of texts that is the same in every process and on every machine, so that a run
// can be replayed. Not for tables that a stranger fills. Pure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace amqp_sidecar::base {

// The texts in words of eight bytes, each multiplied in, with their lengths between them; a last
// stir (MurmurHash3's), for the low bits of a product alone are poor.
inline uint64_t FixedHash(std::initializer_list<std::string_view> texts) {
  constexpr uint64_t kPrime = 0x9e3779b97f4a7c15;
  uint64_t hash = 0xcbf29ce484222325;
  const auto mix = [&](uint64_t word) {
    hash = (hash ^ word) * kPrime;
    hash ^= hash >> 32;
  };
  for (const std::string_view text : texts) {
    mix(text.size());
    for (size_t at = 0; at < text.size(); at += sizeof(uint64_t)) {
      uint64_t word = 0;
      for (size_t i = std::min(text.size() - at, sizeof word); i-- > 0;) {
        word = (word << 8) | static_cast<unsigned char>(text[at + i]);
      }
      mix(word);
    }
  }
  hash ^= hash >> 33;
  hash *= 0xff51afd7ed558ccd;
  hash ^= hash >> 33;
  return hash;
}

}  // namespace amqp_sidecar::base
