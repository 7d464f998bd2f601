#include "held.h"

#include <algorithm>
#include <utility>

namespace amqp_sidecar {
namespace {

// As many as the sidecar's default prefetch; and no large bodies.
constexpr std::size_t kMostSpare = 64;
constexpr std::size_t kMostSpareBytes = 64 * 1024;

}  // namespace

void Held::Add(v1::Delivery& delivery, std::uint64_t stream) {
  if (spare_.empty()) {
    entries_.emplace_back();
  } else {
    entries_.splice(entries_.end(), spare_, spare_.begin());
  }
  Entry& entry = entries_.back();
  entry.delivery.Swap(&delivery);
  entry.stream = stream;
  entry.running = false;
  entry.extend = true;
  waiting_.push_back(std::prev(entries_.end()));
}

Held::Handle Held::Begin() {
  const Handle entry = waiting_.front();
  waiting_.pop_front();
  entry->running = true;
  ++running_;
  return entry;
}

void Held::Remove(Handle entry) {
  if (entry->running) --running_;
  if (spare_.size() < kMostSpare && entry->delivery.body().capacity() <= kMostSpareBytes) {
    spare_.splice(spare_.begin(), entries_, entry);
  } else {
    entries_.erase(entry);
  }
}

std::vector<std::string> Held::TakeWaiting() {
  std::vector<std::string> ids;
  for (const Handle entry : std::exchange(waiting_, {})) {
    ids.push_back(std::move(*entry->delivery.mutable_delivery_id()));
    entries_.erase(entry);
  }
  return ids;
}

Held::Handle Held::Find(const std::string& delivery_id) {
  return std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.delivery.delivery_id() == delivery_id;
  });
}

void Held::Forget(const std::string& delivery_id) {
  const Handle entry = Find(delivery_id);
  if (entry == entries_.end()) return;
  entry->extend = false;
  if (!entry->running) {
    std::erase(waiting_, entry);
    Remove(entry);
  }
}

void Held::StopExtending(const std::string& delivery_id) {
  const Handle entry = Find(delivery_id);
  if (entry != entries_.end()) entry->extend = false;
}

void Held::StopExtending() {
  for (Entry& entry : entries_) entry.extend = false;
}

std::vector<std::string> Held::ToExtend() const {
  std::vector<std::string> ids;
  for (const Entry& entry : entries_) {
    if (entry.extend) ids.push_back(entry.delivery.delivery_id());
  }
  return ids;
}

}  // namespace amqp_sidecar
