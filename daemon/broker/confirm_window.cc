#include "broker/confirm_window.h"

#include <algorithm>
#include <utility>

#include "base/fixed_hash.h"
#include "base/planted.h"

namespace amqp_sidecar::broker {

uint64_t ConfirmWindow::ReturnKey(std::string_view exchange, std::string_view routing_key,
                                  std::string_view message_id) {
  return base::FixedHash({exchange, routing_key, message_id});
}

void ConfirmWindow::Add(PendingPublish* publish, uint64_t return_key, size_t streamed_bytes) {
  entries_.push_back({publish, return_key, streamed_bytes, false, false});
  ++open_;
  if (streamed_bytes > 0) ++streamed_;
  streamed_bytes_ += streamed_bytes;
  ++open_by_key_[return_key];
}

void ConfirmWindow::NoLongerStreamed(Entry& entry) {
  if (entry.streamed_bytes > 0) --streamed_;
  streamed_bytes_ -= std::exchange(entry.streamed_bytes, 0);
}

void ConfirmWindow::Closed(Entry& entry) {
  --open_;
  NoLongerStreamed(entry);
  const auto open = open_by_key_.find(entry.return_key);
  if (open != open_by_key_.end() && --open->second == 0) open_by_key_.erase(open);
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
    Entry& entry = entries_[static_cast<size_t>(at - first_tag_)];
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
  const auto search = [&](uint64_t from, uint64_t to) {
    for (uint64_t at = from; at < to; ++at) {
      Entry& entry = entries_[static_cast<size_t>(at - first_tag_)];
      if (entry.return_key == return_key && !entry.returned && !entry.confirmed) {
        entry.returned = true;
        search_from_ = at + 1;
        return true;
      }
    }
    return false;
  };
  const uint64_t from = std::clamp(search_from_, first_tag_, next_tag());
  return search(from, next_tag()) || search(first_tag_, from);
}

void ConfirmWindow::Forget(uint64_t tag) {
  if (tag < first_tag_ || tag >= next_tag()) return;
  Entry& entry = entries_[static_cast<size_t>(tag - first_tag_)];
  entry.publish = nullptr;
  // A queue that never confirms must not take the streams' room for good.
  NoLongerStreamed(entry);
}

std::vector<PendingPublish*> ConfirmWindow::DropLast(size_t count) {
  std::vector<PendingPublish*> dropped;
  dropped.reserve(count);
  for (size_t i = entries_.size() - count; i < entries_.size(); ++i) {
    dropped.push_back(entries_[i].publish);
    Closed(entries_[i]);
  }
  entries_.erase(entries_.end() - static_cast<std::ptrdiff_t>(count), entries_.end());
  search_from_ = std::min(search_from_, next_tag());
  return dropped;
}

std::vector<PendingPublish*> ConfirmWindow::TakeAll() {
  std::vector<PendingPublish*> live;
  for (const Entry& entry : entries_) {
    if (entry.publish != nullptr) live.push_back(entry.publish);
  }
  *this = ConfirmWindow();
  return live;
}

void ConfirmWindow::DropConfirmedFront() {
  while (!entries_.empty() && entries_.front().confirmed) {
    entries_.pop_front();
    ++first_tag_;
  }
}

}  // namespace amqp_sidecar::broker
