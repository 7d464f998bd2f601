#include "broker/kept_topology.h"

#include <algorithm>

#include "base/strings.h"

namespace amqp_sidecar::broker {

std::vector<TopologyItem> ItemsOf(const Topology& topology) {
  std::vector<TopologyItem> items;
  items.insert(items.end(), topology.exchanges.begin(), topology.exchanges.end());
  items.insert(items.end(), topology.queues.begin(), topology.queues.end());
  items.insert(items.end(), topology.bindings.begin(), topology.bindings.end());
  return items;
}

std::string Describe(const TopologyItem& item) {
  if (const auto* exchange = std::get_if<Exchange>(&item)) {
    return base::Concat("exchange \"", exchange->name, "\"");
  }
  if (const auto* queue = std::get_if<Queue>(&item)) {
    return base::Concat("queue \"", queue->name, "\"");
  }
  const auto& binding = std::get<Binding>(item);
  return base::Concat("binding of queue \"", binding.queue, "\" to exchange \"", binding.exchange,
                      "\"");
}

KeptTopology::KeptTopology(const Topology& topology) {
  for (const TopologyItem& item : ItemsOf(topology)) Keep(item);
}

template <typename T>
void KeptTopology::KeepByName(ByName<T>& entries, const T& item) {
  const auto [entry, added] = entries.try_emplace(item.name, Entry<T>{item, next_place_});
  if (added) {
    ++next_place_;
  } else {
    entry->second.item = item;
  }
}

void KeptTopology::Keep(const TopologyItem& item) {
  if (const auto* exchange = std::get_if<Exchange>(&item)) {
    KeepByName(exchanges_, *exchange);
  } else if (const auto* queue = std::get_if<Queue>(&item)) {
    KeepByName(queues_, *queue);
  } else if (!Keeps(item)) {
    const auto& binding = std::get<Binding>(item);
    bindings_.emplace(binding.queue, Entry<Binding>{binding, next_place_++});
  }
}

void KeptTopology::ForgetExchange(std::string_view name) {
  if (const auto found = exchanges_.find(name); found != exchanges_.end()) exchanges_.erase(found);
  std::erase_if(bindings_, [&](const auto& entry) { return entry.second.item.exchange == name; });
}

void KeptTopology::ForgetQueue(std::string_view name) {
  if (const auto found = queues_.find(name); found != queues_.end()) queues_.erase(found);
  const auto [first, last] = bindings_.equal_range(name);
  bindings_.erase(first, last);
}

void KeptTopology::ForgetBinding(const Binding& binding) {
  if (const auto found = Find(binding); found != bindings_.end()) bindings_.erase(found);
}

KeptTopology::Bindings::const_iterator KeptTopology::Find(const Binding& binding) const {
  const auto [first, last] = bindings_.equal_range(binding.queue);
  const auto found =
      std::find_if(first, last, [&](const auto& entry) { return entry.second.item == binding; });
  return found == last ? bindings_.end() : found;
}

bool KeptTopology::Keeps(const TopologyItem& item) const {
  if (const auto* exchange = std::get_if<Exchange>(&item)) {
    const Exchange* kept = FindExchange(exchange->name);
    return kept != nullptr && *kept == *exchange;
  }
  if (const auto* queue = std::get_if<Queue>(&item)) {
    const Queue* kept = FindQueue(queue->name);
    return kept != nullptr && *kept == *queue;
  }
  return Find(std::get<Binding>(item)) != bindings_.end();
}

template <typename Entries>
void KeptTopology::AppendInOrder(const Entries& entries, std::vector<TopologyItem>& items) {
  std::vector<const typename Entries::mapped_type*> ordered;
  ordered.reserve(entries.size());
  for (const auto& [name, entry] : entries) ordered.push_back(&entry);
  std::ranges::sort(ordered, {}, [](const auto* entry) { return entry->place; });
  for (const auto* entry : ordered) items.emplace_back(entry->item);
}

std::vector<TopologyItem> KeptTopology::Items() const {
  std::vector<TopologyItem> items;
  items.reserve(size());
  AppendInOrder(exchanges_, items);
  AppendInOrder(queues_, items);
  AppendInOrder(bindings_, items);
  return items;
}

const Exchange* KeptTopology::FindExchange(std::string_view name) const {
  const auto found = exchanges_.find(name);
  return found == exchanges_.end() ? nullptr : &found->second.item;
}

const Queue* KeptTopology::FindQueue(std::string_view name) const {
  const auto found = queues_.find(name);
  return found == queues_.end() ? nullptr : &found->second.item;
}

}  // namespace amqp_sidecar::broker
