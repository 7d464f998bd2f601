#include "json/well_formed.h"

#include <simdjson.h>

#include <cstring>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/strings.h"

namespace amqp_sidecar::json {
namespace {

using simdjson::ondemand::array;
using simdjson::ondemand::json_type;
using simdjson::ondemand::object;
using simdjson::ondemand::value;

// RFC 8259 §6. simdjson would refuse what does not fit 64 bits or a double, which JSON allows.
bool IsNumber(std::string_view token) {
  size_t at = 0;
  const auto digits = [&] {
    const size_t begin = at;
    while (at < token.size() && token[at] >= '0' && token[at] <= '9') ++at;
    return at - begin;
  };
  if (at < token.size() && token[at] == '-') ++at;
  if (at < token.size() && token[at] == '0') {
    ++at;
  } else if (digits() == 0) {
    return false;
  }
  if (at < token.size() && token[at] == '.') {
    ++at;
    if (digits() == 0) return false;
  }
  if (at < token.size() && (token[at] == 'e' || token[at] == 'E')) {
    ++at;
    if (at < token.size() && (token[at] == '+' || token[at] == '-')) ++at;
    if (digits() == 0) return false;
  }
  return at == token.size();
}

// is_null() is a bool in simdjson 3.0 and a result in later versions.
template <typename Result>
bool IsTrue(Result result) {
  if constexpr (std::is_same_v<Result, bool>) {
    return result;
  } else {
    bool value = false;
    return std::move(result).get(value) == simdjson::SUCCESS && value;
  }
}

std::string_view Trimmed(std::string_view text) {
  static constexpr std::string_view kSpace = " \t\n\r";
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

// Walks a document: simdjson's on-demand parser checks only what is asked for, so everything is.
class Walker {
 public:
  // True where all is well; else error() says what is not.
  template <typename Value>
  bool Check(Value& item, int depth) {
    json_type type;
    if (auto error = item.type().get(type)) return Fail(simdjson::error_message(error));
    switch (type) {
      case json_type::array:
        return CheckArray(item, depth);
      case json_type::object:
        return CheckObject(item, depth);
      case json_type::number:
        return CheckNumber(item);
      case json_type::string: {
        std::string_view ignored;
        const auto error = item.get_string().get(ignored);
        return error == simdjson::SUCCESS || Fail("not a valid string");
      }
      case json_type::boolean: {
        bool ignored = false;
        const auto error = item.get_bool().get(ignored);
        return error == simdjson::SUCCESS || Fail("neither true nor false");
      }
      case json_type::null:
        return IsTrue(item.is_null()) || Fail("not null");
      default:  // newer versions of simdjson have a type for what is none
        return Fail("not a JSON value");
    }
  }

  bool Fail(std::string_view what) {
    if (error_.empty()) {
      std::string pointer;
      for (const std::string& step : path_) pointer += "/" + step;
      error_ = base::Concat(pointer.empty() ? "" : pointer + ": ", what);
    }
    return false;
  }

  const std::string& error() const { return error_; }

 private:
  template <typename Value>
  bool CheckArray(Value& item, int depth) {
    if (depth == kMaxDepth) return Fail("nested more than 64 levels deep");
    array elements;
    if (auto error = item.get_array().get(elements)) return Fail(simdjson::error_message(error));
    size_t index = 0;
    for (auto element : elements) {
      value child;
      path_.push_back(std::to_string(index++));
      if (auto error = element.get(child)) return Fail(simdjson::error_message(error));
      if (!Check(child, depth + 1)) return false;
      path_.pop_back();
    }
    return true;
  }

  template <typename Value>
  bool CheckObject(Value& item, int depth) {
    if (depth == kMaxDepth) return Fail("nested more than 64 levels deep");
    object fields;
    if (auto error = item.get_object().get(fields)) return Fail(simdjson::error_message(error));
    for (auto field : fields) {
      std::string_view key;
      if (field.unescaped_key().get(key) != simdjson::SUCCESS)
        return Fail("not a valid field name");
      path_.push_back(Escaped(key));
      value child;
      if (auto error = field.value().get(child)) return Fail(simdjson::error_message(error));
      if (!Check(child, depth + 1)) return false;
      path_.pop_back();
    }
    return true;
  }

  template <typename Value>
  bool CheckNumber(Value& item) {
    return IsNumber(Trimmed(item.raw_json_token())) || Fail("not a valid number");
  }

  // RFC 6901 §3, and no more of a name than a person needs.
  static std::string Escaped(std::string_view key) {
    std::string out;
    for (const char c : key.substr(0, 64)) {
      if (c == '~') {
        out += "~0";
      } else if (c == '/') {
        out += "~1";
      } else {
        out += c;
      }
    }
    return out;
  }

  std::vector<std::string> path_;
  std::string error_;
};

// simdjson reads some bytes past the end of a text. Room for a copy is kept, unless it is large.
class PaddedCopy {
 public:
  simdjson::padded_string_view Of(std::string_view text) {
    if (room_.size() > kMostKept) std::string().swap(room_);
    const size_t size = text.size() + simdjson::SIMDJSON_PADDING;
    if (room_.size() < size) room_.resize(size);
    text.copy(room_.data(), text.size());
    std::memset(room_.data() + text.size(), 0, simdjson::SIMDJSON_PADDING);
    return simdjson::padded_string_view(room_.data(), text.size(), room_.size());
  }

 private:
  static constexpr size_t kMostKept = 256u << 10;
  std::string room_;
};

}  // namespace

std::optional<std::string> CheckWellFormed(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) return "begins with a byte order mark";
  const std::string_view trimmed = Trimmed(text);
  if (trimmed.empty()) return "empty";
  // A number alone is the one value that on-demand cannot be asked for without reading it.
  if (trimmed.front() == '-' || (trimmed.front() >= '0' && trimmed.front() <= '9')) {
    if (IsNumber(trimmed)) return std::nullopt;
    return "not a valid number, or followed by something else";
  }
  thread_local simdjson::ondemand::parser parser;
  thread_local PaddedCopy copy;
  simdjson::ondemand::document document;
  if (auto error = parser.iterate(copy.Of(text)).get(document)) {
    return simdjson::error_message(error);
  }
  Walker walker;
  if (!walker.Check(document, 0)) return walker.error();
  // Where nothing is left there is no location to tell.
  const char* rest = nullptr;
  if (document.current_location().get(rest) == simdjson::SUCCESS) {
    return "followed by something else";
  }
  return std::nullopt;
}

}  // namespace amqp_sidecar::json
