// ChannelTable: the channel numbers of one connection, and who has them. io thread. A number is
// free again when both sides are done with it: after our channel.close, when the broker has
// answered; after the broker's, when we have.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "amqp/channel_impl.h"

namespace amqp_sidecar::amqp {

class ChannelTable {
 public:
  enum class State {
    kFree,
    kOpen,     // `channel` is there
    kEnding,   // its channel is being told that it is over
    kClosing,  // channel.close is sent, close-ok has not come
  };

  struct Slot {
    State state = State::kFree;
    std::unique_ptr<ChannelImpl> channel;
    // When it became kClosing, as the operation clock shows.
    base::Duration closing_since{};
    // A channel.close of the broker was answered while kClosing: it repeats itself when it is not
    // read, and must not be answered again.
    bool answered = false;
    // The last one to have the number was closed by the broker. A channel.close that comes before
    // the next one's channel.open-ok is a repeat, meant for the last.
    bool closed_by_broker = false;
    // While kClosing: its channel.open-ok has come.
    bool opened = false;
  };

  // Numbers from 1 to `max`.
  void SetMax(uint16_t max) { max_ = max; }
  size_t max() const { return max_; }
  size_t open() const { return open_; }

  // The lowest free number; 0 where there is none.
  uint16_t FindFree();

  // Null for a number that was never in use.
  Slot* Find(uint16_t number);

  // Null where the number has no open channel.
  ChannelImpl* Get(uint16_t number) const {
    return number == 0 || number > slots_.size() ? nullptr : slots_[number - 1u].channel.get();
  }

  void Put(uint16_t number, std::unique_ptr<ChannelImpl> channel);
  // Takes the channel from its number, which becomes `next`.
  std::unique_ptr<ChannelImpl> Take(uint16_t number, State next);

  // The numbers that are kClosing since `then` or longer.
  size_t CountClosingSince(base::Duration then) const;

  // The highest number that was ever in use.
  uint16_t highest() const { return static_cast<uint16_t>(slots_.size()); }

 private:
  uint16_t max_ = 0;
  size_t open_ = 0;
  std::vector<Slot> slots_;  // number 1 is the first
};

}  // namespace amqp_sidecar::amqp
