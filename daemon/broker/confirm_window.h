// ConfirmWindow: the publishes of one channel that the broker has not confirmed, by delivery tag.
// io thread. Knows no sockets, and of a publish only what it needs to match a return with it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"

namespace amqp_sidecar::broker {

struct PendingPublish;

class ConfirmWindow {
 public:
  // What a basic.return can be matched by: it has no delivery tag.
  static uint64_t ReturnKey(std::string_view exchange, std::string_view routing_key,
                            std::string_view message_id);

  // The publish with the next tag: 1 for the first. Not owned; forgotten when it is confirmed, or
  // by Forget, DropLast, TakeAll. `streamed_bytes` is 0 for what did not come by a stream.
  void Add(PendingPublish* publish, uint64_t return_key, size_t streamed_bytes = 0);

  // One with this key is open, forgotten or not: a return could be meant for either.
  bool Holds(uint64_t return_key) const;

  // Calls `each` for every live publish that this confirm is about and no earlier one was, in the
  // order of their tags. False where it is about a tag that was never given out.
  [[nodiscard]] bool Confirm(uint64_t tag, bool multiple,
                             absl::FunctionRef<void(PendingPublish*, bool returned)> each);

  // The broker returned one with this key: the oldest that is neither returned nor confirmed. Its
  // confirm follows. False where there is none.
  [[nodiscard]] bool MarkReturned(uint64_t return_key);

  // The publish with this tag has had its answer; its confirm, which may come, is for nobody.
  void Forget(uint64_t tag);

  // The last `count` were not written after all: gives them back, oldest first (null for a
  // forgotten one), and their tags are free again.
  std::vector<PendingPublish*> DropLast(size_t count);

  // The channel is gone: gives back what is live, oldest first, and begins anew with tag 1.
  std::vector<PendingPublish*> TakeAll();

  // Open tags, the forgotten ones included.
  size_t open() const { return open_; }
  // Those of them that came by streams, the forgotten ones not included.
  size_t streamed() const { return streamed_; }
  size_t streamed_bytes() const { return streamed_bytes_; }
  uint64_t next_tag() const { return next_tag_; }

 private:
  struct Entry {
    PendingPublish* publish = nullptr;
    uint64_t return_key = 0;
    // The next older one whose key falls on the same place, by its tag; one that is not in the
    // window any more ends the chain, as every older one has left it too.
    uint64_t older = 0;
    size_t streamed_bytes = 0;
    bool returned = false;
    bool confirmed = false;
  };

  Entry& At(uint64_t tag) { return ring_[tag & (ring_.size() - 1)]; }
  const Entry& At(uint64_t tag) const { return ring_[tag & (ring_.size() - 1)]; }
  uint64_t& NewestOf(uint64_t return_key) { return newest_[return_key & (newest_.size() - 1)]; }
  void Put(uint64_t tag, const Entry& entry);
  void Grow();
  void Closed(Entry& entry);
  void NoLongerStreamed(Entry& entry);
  void DropConfirmedFront();

  // A power of two of slots, by tag, of which those from first_tag_ up to next_tag_ are in use; and
  // as many beginnings of chains, by key. A publish costs its slot and no more.
  std::vector<Entry> ring_;
  std::vector<uint64_t> newest_;
  uint64_t first_tag_ = 1;
  uint64_t next_tag_ = 1;
  size_t open_ = 0;
  size_t streamed_ = 0;
  size_t streamed_bytes_ = 0;
};

}  // namespace amqp_sidecar::broker
