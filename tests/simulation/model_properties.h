// ModelProperties: the properties of a message, taken apart and put together again: what the model
// broker changes of them when it delivers again or dead-letters; all else stays byte for byte.
// Pure.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "model_wire.h"

namespace amqp_sidecar::simulation {

class ModelProperties {
 public:
  // `encoded`: flags and values, as in a content header that ReadContentHeader() takes.
  explicit ModelProperties(std::string_view encoded);

  // Those of the headers that are there; a value that the model does not look at is nothing.
  WireTable Headers() const;
  void SetHeader(const std::string& name, const WireValue& value);
  void RemoveHeader(const std::string& name) { headers_.erase(name); }

  // Empty where it is not there.
  std::string Expiration() const { return ShortText(kExpiration); }
  std::string UserId() const { return ShortText(kUserId); }
  std::string MessageId() const { return ShortText(kMessageId); }
  void RemoveExpiration() { fields_.erase(kExpiration); }

  std::string Bytes() const;

 private:
  // Bits of the flags.
  static constexpr int kHeaders = 13;
  static constexpr int kExpiration = 8;
  static constexpr int kMessageId = 7;
  static constexpr int kUserId = 4;

  std::string ShortText(int bit) const;

  // By bit of the flags, in the order in which they are sent; without the headers.
  std::map<int, std::string, std::greater<>> fields_;
  // As the bytes that they came as.
  std::map<std::string, std::string> headers_;
};

}  // namespace amqp_sidecar::simulation
