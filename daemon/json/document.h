// Document: one JSON text (RFC 8259), read whole: its values in a flat list, in the order of the
// text. One thread at a time; may be used again, and then allocates only where a text is larger
// than those before. Knows no schemas.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace simdjson::internal {
class dom_parser_implementation;
}

namespace amqp_sidecar::json {

// Arrays and objects within each other that are taken; one more is refused.
inline constexpr int kMaxDepth = 64;

enum class Type : uint8_t { kNull, kBoolean, kNumber, kString, kArray, kObject };

// One value of a document. What is in an array or object stands behind it: the elements one after
// another; for each member its name, a string, and its value.
struct Value {
  Type type = Type::kNull;
  // The rest is set for the types that it is named for only.
  bool is_true = false;  // of a boolean
  bool is_name = false;  // of a string: of a member
  // Of a number: it is `integer`, written with neither fraction nor exponent.
  bool is_plain_integer = false;
  uint32_t next = 0;   // index of what stands behind this value and all that is in it
  uint32_t count = 0;  // elements or members
  uint32_t begin = 0;  // of a string, which is unescaped, or of a number as it is written
  uint32_t size = 0;   // bytes
  int64_t integer = 0;
};

class Document {
 public:
  struct Options {
    int max_depth = kMaxDepth;
    // A member whose object has another of the same name is refused.
    bool unique_keys = false;
  };

  Document();
  ~Document();
  Document(const Document&) = delete;
  Document& operator=(const Document&) = delete;

  // What is wrong with the text, for a person, with a JSON Pointer (RFC 6901) where it is known; or
  // nothing. Strict UTF-8 and no byte order mark; numbers of any size. Never quotes the text, but
  // for the names of members on the way. Up to 1 GiB.
  //
  // Where it fails the document is empty.
  std::optional<std::string> Parse(std::string_view text, const Options& options);
  std::optional<std::string> Parse(std::string_view text) { return Parse(text, Options()); }

  // Forgets the text where it took much memory, and gives that back: to be called by whoever keeps
  // a document for the next text.
  void GiveBackMemory();
  // Of each kind of its memory.
  static constexpr size_t kMostKept = 1u << 20;

  // The whole text is the value at 0.
  const Value& operator[](uint32_t index) const { return values_[index]; }
  uint32_t size() const { return count_; }
  // Of a string or a number.
  std::string_view text(uint32_t index) const {
    const Value& value = values_[index];
    return {room_.data() + value.begin, value.size};
  }
  // Bytes of the text.
  size_t bytes() const { return bytes_; }

  // The value of the last member of the object at `object` with this name: as most parsers take it.
  std::optional<uint32_t> Find(uint32_t object, std::string_view name) const;

  // The value at `index` in the array at `array`; nothing where it is too short.
  std::optional<uint32_t> Element(uint32_t array, uint32_t index) const;

  // The JSON Pointer (RFC 6901) to the value at `index`, or to the member that it is the name of.
  // Empty for the whole text. Long names are cut: see EscapePointer.
  std::string PointerTo(uint32_t index) const;

 private:
  const char* FindTokens();

  std::unique_ptr<simdjson::internal::dom_parser_implementation> indexer_;
  size_t bytes_ = 0;
  // The text, padding, and behind it the strings that were unescaped.
  std::string room_;
  // Never made shorter: to make values anew costs as much as to read them.
  std::vector<Value> values_;
  uint32_t count_ = 0;  // of them, those of this text
  std::vector<uint32_t> scratch_;
};

}  // namespace amqp_sidecar::json
