#include "amqp/table_scan.h"

#include <cstdint>
#include <optional>

#include "amqp/publish.h"
#include "amqp/wire.h"

namespace amqp_sidecar::amqp {
namespace {

// The bytes of a value of a fixed size; nothing for the other kinds.
std::optional<size_t> FixedSize(char kind) {
  switch (kind) {
    case 'V':
      return 0;
    case 't':
    case 'b':
    case 'B':
      return 1;
    case 's':
    case 'u':
      return 2;
    case 'I':
    case 'i':
    case 'f':
      return 4;
    case 'D':
      return 5;
    case 'l':
    case 'L':
    case 'd':
    case 'T':
      return 8;
    default:
      return std::nullopt;
  }
}

class Scanner {
 public:
  explicit Scanner(std::string_view bytes) : rest_(bytes) {}

  // A table, or an array: it starts with its length in bytes.
  TableVerdict Container(bool named, int depth) {
    if (depth > kMaxTableDepth) return TableVerdict::kTooComplex;
    const std::optional<std::string_view> inside = LongString();
    if (!inside) return TableVerdict::kMalformed;
    const std::string_view behind = rest_;
    rest_ = *inside;
    while (!rest_.empty()) {
      if (named && !Name()) return TableVerdict::kMalformed;
      if (++values_ > kMaxTableValues) return TableVerdict::kTooComplex;
      const TableVerdict verdict = Value(depth);
      if (verdict != TableVerdict::kOk) return verdict;
    }
    rest_ = behind;
    return TableVerdict::kOk;
  }

 private:
  bool Skip(size_t bytes) {
    if (rest_.size() < bytes) return false;
    rest_.remove_prefix(bytes);
    return true;
  }

  bool Name() {
    if (rest_.empty()) return false;
    return Skip(1 + size_t{ReadNumber<uint8_t>(rest_)});
  }

  std::optional<std::string_view> LongString() {
    if (rest_.size() < 4) return std::nullopt;
    const size_t length = ReadNumber<uint32_t>(rest_);
    rest_.remove_prefix(4);
    if (rest_.size() < length) return std::nullopt;
    const std::string_view inside = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return inside;
  }

  TableVerdict Value(int depth) {
    if (rest_.empty()) return TableVerdict::kMalformed;
    const char kind = rest_.front();
    rest_.remove_prefix(1);
    if (kind == 'F' || kind == 'A') return Container(kind == 'F', depth + 1);
    bool whole = false;
    if (kind == 'S' || kind == 'x') {
      whole = LongString().has_value();
    } else if (const std::optional<size_t> size = FixedSize(kind)) {
      whole = Skip(*size);
    }
    return whole ? TableVerdict::kOk : TableVerdict::kMalformed;
  }

  std::string_view rest_;
  int values_ = 0;
};

}  // namespace

TableVerdict ScanTable(std::string_view bytes) { return Scanner(bytes).Container(true, 1); }

}  // namespace amqp_sidecar::amqp
