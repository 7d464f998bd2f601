#include "broker/confirm_window.h"

#include <algorithm>
#include <utility>

#include "base/fixed_hash.h"
#include "base/planted.h"

namespace amqp_sidecar::broker {
namespace {

constexpr size_t kLeastSlots = 64;

}  // namespace

uint64_t ConfirmWindow::ReturnKey(std::string_view exchange, std::string_view routing_key,
                                  std::string_view message_id) {
  return base::FixedHash({exchange, routing_key, message_id});
}

void ConfirmWindow::Add(PendingPublish* publish, uint64_t return_key, size_t streamed_bytes) {
  if (next_tag_ - first_tag_ == ring_.size()) Grow();
  Entry entry;
  entry.publish = publish;
  entry.return_key = return_key;
  entry.streamed_bytes = streamed_bytes;
  Put(next_tag_++, entry);
  ++open_;
  if (streamed_bytes > 0) ++streamed_;
  streamed_bytes_ += streamed_bytes;
}

void ConfirmWindow::Put(uint64_t tag, const Entry& entry) {
  At(tag) = entry;
  At(tag).older = std::exchange(NewestOf(entry.return_key), tag);
}

void ConfirmWindow::Grow() {
  const std::vector<Entry> old = std::move(ring_);
  ring_.assign(std::max(kLeastSlots, 2 * old.size()), {});
  newest_.assign(ring_.size(), 0);
  for (uint64_t tag = first_tag_; tag < next_tag_; ++tag) Put(tag, old[tag & (old.size() - 1)]);
}

bool ConfirmWindow::Holds(uint64_t return_key) const {
  if (newest_.empty()) return false;
  uint64_t tag = newest_[return_key & (newest_.size() - 1)];
  for (; tag >= first_tag_; tag = At(tag).older) {
    if (At(tag).return_key == return_key && !At(tag).confirmed) return true;
  }
  return false;
}

void ConfirmWindow::NoLongerStreamed(Entry& entry) {
  if (entry.streamed_bytes > 0) --streamed_;
  streamed_bytes_ -= std::exchange(entry.streamed_bytes, 0);
}

void ConfirmWindow::Closed(Entry& entry) {
  --open_;
  NoLongerStreamed(entry);
}

bool ConfirmWindow::Confirm(uint64_t tag, bool multiple,
                            absl::FunctionRef<void(PendingPublish*, bool returned)> each) {
  if (tag >= next_tag()) return false;
  // AMQP 0-9-1 on basic.ack: tag 0 with multiple means all that are open.
  const uint64_t last = multiple && tag == 0 ? next_tag() - 1 : tag;
  if (last < first_tag_) return tag != 0;
  const uint64_t first = multiple ? first_tag_ : last;
  // Collected before the calls: `each` may come back here.
  std::vector<std::pair<PendingPublish*, bool>> done;
  for (uint64_t at = first; at <= last; ++at) {
    Entry& entry = At(at);
    if (entry.confirmed) continue;
    entry.confirmed =
        !base::Planted(base::PlantedBug::kDoneBitDropped) || multiple || at == first_tag_;
    Closed(entry);
    if (entry.publish != nullptr) {
      done.emplace_back(std::exchange(entry.publish, nullptr), entry.returned);
    }
  }
  DropConfirmedFront();
  for (const auto& [publish, returned] : done) each(publish, returned);
  return true;
}

bool ConfirmWindow::MarkReturned(uint64_t return_key) {
  if (newest_.empty()) return false;
  Entry* oldest = nullptr;
  for (uint64_t tag = NewestOf(return_key); tag >= first_tag_; tag = At(tag).older) {
    Entry& entry = At(tag);
    if (entry.return_key == return_key && !entry.returned && !entry.confirmed) oldest = &entry;
  }
  if (oldest != nullptr) oldest->returned = true;
  return oldest != nullptr;
}

void ConfirmWindow::Forget(uint64_t tag) {
  if (tag < first_tag_ || tag >= next_tag()) return;
  Entry& entry = At(tag);
  entry.publish = nullptr;
  // A queue that never confirms must not take the streams' room for good.
  NoLongerStreamed(entry);
}

std::vector<PendingPublish*> ConfirmWindow::DropLast(size_t count) {
  std::vector<PendingPublish*> dropped(count);
  while (count > 0) {
    Entry& entry = At(--next_tag_);
    dropped[--count] = entry.publish;
    // Every newer one is gone already.
    NewestOf(entry.return_key) = entry.older;
    Closed(entry);
  }
  return dropped;
}

std::vector<PendingPublish*> ConfirmWindow::TakeAll() {
  std::vector<PendingPublish*> live;
  for (uint64_t tag = first_tag_; tag < next_tag_; ++tag) {
    if (At(tag).publish != nullptr) live.push_back(At(tag).publish);
  }
  *this = ConfirmWindow();
  return live;
}

void ConfirmWindow::DropConfirmedFront() {
  while (first_tag_ < next_tag_ && At(first_tag_).confirmed) ++first_tag_;
}

}  // namespace amqp_sidecar::broker
