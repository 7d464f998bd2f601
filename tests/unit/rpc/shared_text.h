// SharedText: what one thread writes, another may read meanwhile.
#pragma once

#include <mutex>
#include <streambuf>
#include <string>
#include <string_view>

namespace amqp_sidecar::rpc {

class SharedText final : public std::streambuf {
 public:
  bool Contains(std::string_view part) const {
    const std::lock_guard lock(mutex_);
    return text_.find(part) != std::string::npos;
  }

  std::string text() const {
    const std::lock_guard lock(mutex_);
    return text_;
  }
  // How often `part` is in it.
  size_t Count(std::string_view part) const {
    const std::lock_guard lock(mutex_);
    size_t count = 0;
    for (size_t at = text_.find(part); at != std::string::npos; at = text_.find(part, at + 1)) {
      ++count;
    }
    return count;
  }

 private:
  int_type overflow(int_type c) override {
    const std::lock_guard lock(mutex_);
    text_.push_back(traits_type::to_char_type(c));
    return c;
  }
  std::streamsize xsputn(const char* text, std::streamsize size) override {
    const std::lock_guard lock(mutex_);
    text_.append(text, static_cast<size_t>(size));
    return size;
  }

  mutable std::mutex mutex_;
  std::string text_;
};

}  // namespace amqp_sidecar::rpc
