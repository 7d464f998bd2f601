// DocumentReader: makes the values of a Document from the places where its tokens begin. Used by
// Document only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "json/document.h"

namespace amqp_sidecar::json {

class DocumentReader {
 public:
  // Not owned, and outlives the reader.
  struct Parts {
    // Where each token begins: a bracket, colon or comma, a string, or anything else up to the next
    // of these or white space. As simdjson's first stage finds them, which has seen that the text
    // is UTF-8, and that every string has an end and no control character. Behind the last stands
    // the size of the text.
    const uint32_t* tokens;
    uint32_t token_count;
    size_t text_size;
    // Begins with the text and a zero byte. Unescaped strings are appended.
    std::string& room;
    std::vector<Value>& values;  // grows where it is too short
    std::vector<uint32_t>& scratch;
  };

  DocumentReader(const Parts& parts, const Document::Options& options);

  // False where the text is no JSON.
  bool Read();
  uint32_t value_count() const { return count_; }
  // What is wrong, with its JSON Pointer.
  std::string TakeError();

 private:
  bool ReadValue(int depth);
  bool ReadArray(int depth);
  bool ReadObject(int depth);
  bool ReadString(bool is_name);
  bool ReadEscapedString(Value& value);
  bool ReadNumberHere();
  bool ReadLiteral(std::string_view literal, Type type);
  bool CheckNames(uint32_t object);

  // Of the token at at_, without white space behind it.
  std::string_view Token() const;
  // The first byte of the token at at_; 0 behind the last.
  char Peek() const { return text_[parts_.tokens[at_]]; }
  std::string_view TextOf(uint32_t index) const {
    return {text_ + parts_.values[index].begin, parts_.values[index].size};
  }
  // The one behind the last. The others may move.
  Value& Add(Type type);
  bool Fail(std::string_view what);
  bool FailWithin(std::string step);

  const Parts parts_;
  const Document::Options options_;
  const bool has_escapes_;
  const char* const text_;  // of room, which does not move
  uint32_t at_ = 0;
  uint32_t count_ = 0;  // values so far
  std::string error_;
  std::vector<std::string> steps_;  // to the place of the error, the last first
};

}  // namespace amqp_sidecar::json
