#include "broker/invalid_tally.h"

#include <string_view>
#include <utility>

#include "base/log.h"

namespace amqp_sidecar::broker {
namespace {

constexpr size_t kMostPlaceBytes = 200;

std::string_view NameOf(OnInvalid action) {
  switch (action) {
    case OnInvalid::kDeliver:
      return "delivered";
    case OnInvalid::kDeadLetter:
      return "dead-lettered";
    case OnInvalid::kReject:
      return "rejected";
  }
  return "";
}

}  // namespace

void InvalidTally::Add(const InvalidDelivery& delivery, base::TimePoint now) {
  status_.invalid.fetch_add(1, std::memory_order_relaxed);
  ++untold_;
  if (now < tell_from_) return;
  tell_from_ = now + kTellEvery;
  base::Log(base::LogLevel::kWarn, "delivery with an invalid body",
            {{"queue", *status_.queue},
             {"subscription", subscription_},
             {"at", PlaceOfFault(delivery.reason)},
             {"action", NameOf(delivery.action)},
             {"deliveries", std::exchange(untold_, 0)}});
}

// Behind the first ": " may stand what the body has there; before it are names, or our own words.
std::string PlaceOfFault(const std::string& reason) {
  const std::string place = reason.substr(0, reason.find(": "));
  if (place.size() <= kMostPlaceBytes) return place;
  size_t end = kMostPlaceBytes;
  // Not within a character.
  while (end > 0 && (static_cast<unsigned char>(place[end]) & 0xc0) == 0x80) --end;
  return place.substr(0, end) + "...";
}

}  // namespace amqp_sidecar::broker
