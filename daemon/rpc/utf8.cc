#include "rpc/utf8.h"

#include <cstdint>
#include <cstring>

namespace amqp_sidecar::rpc {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// How many bytes from `pos` on are ASCII, counted in eights.
size_t AsciiRun(std::string_view text, size_t pos) {
  size_t run = 0;
  while (pos + run + 8 <= text.size()) {
    uint64_t word;
    std::memcpy(&word, text.data() + pos + run, sizeof(word));
    if ((word & 0x8080808080808080u) != 0) break;
    run += 8;
  }
  return run;
}

// The length of the valid sequence that begins at `pos`, or 0.
size_t SequenceLength(std::string_view text, size_t pos) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[pos + i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  size_t length = 0;
  // The first continuation byte has a narrower range where an overlong form, a surrogate or a
  // value above U+10FFFF would begin.
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  }
  if (length == 0 || text.size() - pos < length) return 0;
  if (byte(1) < low || byte(1) > high) return 0;
  for (size_t i = 2; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  return length;
}

// Where the first invalid byte is, or the size.
size_t FirstInvalid(std::string_view text) {
  size_t pos = 0;
  while (pos < text.size()) {
    pos += AsciiRun(text, pos);
    if (pos == text.size()) break;
    const size_t length = SequenceLength(text, pos);
    if (length == 0) return pos;
    pos += length;
  }
  return pos;
}

}  // namespace

bool IsUtf8(std::string_view text) { return FirstInvalid(text) == text.size(); }

std::string ToUtf8(std::string text) {
  size_t bad = FirstInvalid(text);
  if (bad == text.size()) return text;
  std::string out;
  std::string_view rest = text;
  while (true) {
    out.append(rest.substr(0, bad));
    if (bad == rest.size()) return out;
    out.append(kReplacement);
    rest.remove_prefix(bad + 1);
    bad = FirstInvalid(rest);
  }
}

std::string_view Utf8Prefix(std::string_view text, size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  size_t end = max_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace amqp_sidecar::rpc
