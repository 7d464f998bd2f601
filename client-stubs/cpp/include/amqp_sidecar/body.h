// Body: what is published: bytes as they are, or a value that is serialized to JSON.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <ranges>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace amqp_sidecar {

// How a T becomes JSON and comes back: `static std::string Encode(const T&)`, which fails by
// ThrowInvalidBody, and `static T Decode(const std::string&)`, which throws an InvalidBody.
// <amqp_sidecar/json.h> has it for nlohmann::json and whatever converts to it; specialize it for
// another library.
template <typename T>
struct BodyTraits;

// What is sent as it is: texts and arrays of bytes.
template <typename T, typename Element>
concept ArrayOf = std::ranges::contiguous_range<const T> &&
                  std::is_same_v<std::ranges::range_value_t<const T>, Element>;
template <typename T>
concept ByteArray = ArrayOf<T, std::byte> || ArrayOf<T, std::uint8_t>;
template <typename T>
concept RawBytes =
    ByteArray<T> || ArrayOf<T, char> || std::is_same_v<T, const char*> || std::is_same_v<T, char*>;

template <typename T>
concept JsonEncodable = !RawBytes<T> && requires(const T& value) {
  { BodyTraits<T>::Encode(value) } -> std::convertible_to<std::string>;
};

class Body {
 public:
  // Sent as they are. The content type says JSON unless Properties::content_type says otherwise,
  // and the sidecar checks that it is.
  Body(std::string bytes) : bytes_(std::move(bytes)) {}  // NOLINT(google-explicit-constructor)
  Body(std::string_view bytes) : bytes_(bytes) {}        // NOLINT(google-explicit-constructor)
  Body(const char* bytes) : bytes_(bytes) {}             // NOLINT(google-explicit-constructor)
  template <ByteArray T>
  Body(const T& bytes)  // NOLINT(google-explicit-constructor)
      : bytes_(reinterpret_cast<const char*>(std::ranges::data(bytes)), std::ranges::size(bytes)) {}

  // Protobuf's own JSON. Throws INVALID_BODY where it has none, as for an Any of an unknown type.
  Body(const google::protobuf::Message& message);  // NOLINT(google-explicit-constructor)

  // Serialized here: what cannot be throws INVALID_BODY before anything is sent.
  template <JsonEncodable T>
  Body(const T& value)  // NOLINT(google-explicit-constructor)
      : bytes_(BodyTraits<T>::Encode(value)) {}

  const std::string& bytes() const& { return bytes_; }
  std::string bytes() && { return std::move(bytes_); }

 private:
  std::string bytes_;
};

// Throws an Error: INVALID_BODY, nothing was sent.
[[noreturn]] void ThrowInvalidBody(const std::string& detail);

}  // namespace amqp_sidecar
