// Big-endian integers in a byte string: what frames are made of. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace amqp_sidecar::amqp {

// The unsigned integer in the first sizeof(Number) bytes, which must be there.
template <typename Number>
Number ReadNumber(std::string_view bytes) {
  Number number = 0;
  for (size_t i = 0; i < sizeof(Number); ++i) {
    number = static_cast<Number>((number << 8) | static_cast<unsigned char>(bytes[i]));
  }
  return number;
}

// Writes `number` over the bytes from `at` on, which must be there.
template <typename Number>
void PutNumber(std::string& bytes, size_t at, Number number) {
  for (size_t i = 0; i < sizeof(Number); ++i) {
    bytes[at + i] = static_cast<char>(number >> (8 * (sizeof(Number) - 1 - i)));
  }
}

template <typename Number>
void AppendNumber(std::string& bytes, Number number) {
  bytes.resize(bytes.size() + sizeof(Number));
  PutNumber(bytes, bytes.size() - sizeof(Number), number);
}

}  // namespace amqp_sidecar::amqp
