// FieldPath: where a field is in a document. Immutable, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "json/document.h"

namespace amqp_sidecar::json {

class FieldPath {
 public:
  // Names between dots ("customer.id"), or a JSON Pointer where it begins with "/". A word of
  // digits is an index where an array is. Errors: INVALID_ARGUMENT, for use behind a key.
  static absl::StatusOr<FieldPath> Parse(std::string_view text);

  // The value there. Of members with the same name, the last.
  std::optional<uint32_t> Find(const Document& document) const;

  // As a JSON Pointer.
  const std::string& pointer() const { return pointer_; }

 private:
  struct Word {
    std::string name;
    std::optional<uint32_t> index;  // where it can be one
  };

  explicit FieldPath(std::vector<std::string> names);

  std::vector<Word> words_;
  std::string pointer_;
};

}  // namespace amqp_sidecar::json
