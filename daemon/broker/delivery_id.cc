#include "broker/delivery_id.h"

#include <charconv>

#include "absl/strings/str_cat.h"

namespace amqp_sidecar::broker {
namespace {

// Reads lower-case hexadecimal without leading zeros, so that each id has one spelling.
bool TakeHex(std::string_view& text, uint64_t& value) {
  if (text.empty() || text.front() == '0') return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc()) return false;
  for (const char* at = text.data(); at != end; ++at) {
    if (*at >= 'A' && *at <= 'F') return false;
  }
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return true;
}

bool TakeDot(std::string_view& text) {
  if (text.empty() || text.front() != '.') return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::string FormatDeliveryId(const DeliveryId& id) {
  return absl::StrCat(absl::Hex(id.life), ".", absl::Hex(id.subscription), ".",
                      absl::Hex(id.incarnation), ".", absl::Hex(id.tag));
}

std::optional<DeliveryId> ParseDeliveryId(std::string_view text) {
  DeliveryId id;
  if (!TakeHex(text, id.life) || !TakeDot(text) || !TakeHex(text, id.subscription) ||
      !TakeDot(text) || !TakeHex(text, id.incarnation) || !TakeDot(text) ||
      !TakeHex(text, id.tag) || !text.empty()) {
    return std::nullopt;
  }
  return id;
}

}  // namespace amqp_sidecar::broker
