#include "broker/invalid_tally.h"

#include <string_view>

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

InvalidTally::~InvalidTally() {
  reactor_.Cancel(timer_);
  Tell(limit_.TakeAll(reactor_.Now()));
}

void InvalidTally::Add(const InvalidDelivery& delivery) {
  status_.Add(&DeliveryCounts::invalid);
  last_ = delivery;
  const uint64_t count = limit_.Add(reactor_.Now());
  if (count == 0) return TellLater();
  Tell(count);
}

void InvalidTally::TellLater() {
  if (timer_ != 0) return;
  timer_ = reactor_.After(kTellEvery, [this] {
    timer_ = 0;
    Tell(limit_.TakeAll(reactor_.Now()));
  });
}

// Of all that were not told of, what the last of them says.
void InvalidTally::Tell(uint64_t count) const {
  if (count == 0) return;
  base::Log(base::LogLevel::kWarn, "delivery with an invalid body",
            {{"queue", *status_.queue},
             {"subscription", subscription_},
             {"at", PlaceOfFault(last_.reason)},
             {"action", NameOf(last_.action)},
             {"deliveries", count}});
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
