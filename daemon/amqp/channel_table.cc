#include "amqp/channel_table.h"

#include <algorithm>
#include <utility>

namespace amqp_sidecar::amqp {

uint16_t ChannelTable::FindFree() {
  for (size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].state == State::kFree) return static_cast<uint16_t>(i + 1);
  }
  return slots_.size() < max_ ? static_cast<uint16_t>(slots_.size() + 1) : uint16_t{0};
}

ChannelTable::Slot* ChannelTable::Find(uint16_t number) {
  if (number == 0 || number > slots_.size()) return nullptr;
  return &slots_[number - 1u];
}

void ChannelTable::Put(uint16_t number, std::unique_ptr<ChannelImpl> channel) {
  if (number > slots_.size()) slots_.resize(number);
  Slot& slot = slots_[number - 1u];
  slot.state = State::kOpen;
  slot.channel = std::move(channel);
  slot.answered = false;
  ++open_;
}

std::unique_ptr<ChannelImpl> ChannelTable::Take(uint16_t number, State next) {
  Slot& slot = slots_[number - 1u];
  slot.state = next;
  slot.opened = slot.channel->opened();
  --open_;
  return std::move(slot.channel);
}

size_t ChannelTable::CountClosingSince(base::Duration then) const {
  return static_cast<size_t>(std::ranges::count_if(slots_, [&](const Slot& slot) {
    return slot.state == State::kClosing && slot.closing_since <= then;
  }));
}

}  // namespace amqp_sidecar::amqp
