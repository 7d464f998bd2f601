// FixedHash: a hash of texts that is the same in every process and on every machine, so that a run
// can be replayed. Not for tables that a stranger fills. Pure.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace amqp_sidecar::base {

// FNV-1a over the texts and their ends, and a last stir (MurmurHash3's), for the low bits of FNV
// alone are poor.
inline uint64_t FixedHash(std::initializer_list<std::string_view> texts) {
  constexpr uint64_t kPrime = 0x100000001b3;
  uint64_t hash = 0xcbf29ce484222325;
  for (const std::string_view text : texts) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * kPrime;
    hash = (hash ^ 0x100) * kPrime;
  }
  hash ^= hash >> 33;
  hash *= 0xff51afd7ed558ccd;
  hash ^= hash >> 33;
  return hash;
}

}  // namespace amqp_sidecar::base
