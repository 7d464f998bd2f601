#include "json/excerpt.h"

#include <cstddef>

namespace amqp_sidecar::json {
namespace {

// Where the character number `count` begins, or the end.
size_t Offset(std::string_view text, int count) {
  size_t at = 0;
  for (; at < text.size(); ++at) {
    const bool begins = (static_cast<unsigned char>(text[at]) & 0xC0) != 0x80;
    if (begins && count-- == 0) break;
  }
  return at;
}

}  // namespace

std::string Excerpt(std::string_view text) {
  if (Offset(text, kMostShown) == text.size()) return std::string(text);
  return std::string(text.substr(0, Offset(text, kMostShown - 3))) + "...";
}

}  // namespace amqp_sidecar::json
