// KeptTopology: the exchanges, queues and bindings that are to stand, by name. io thread. Plain
// data: asks nobody.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "broker/types.h"

namespace amqp_sidecar::broker {

using TopologyItem = std::variant<Exchange, Queue, Binding>;

// All of it, in the order in which it can be declared: exchanges, queues, bindings.
std::vector<TopologyItem> ItemsOf(const Topology& topology);

// For a person: `queue "billing"`.
std::string Describe(const TopologyItem& item);

class KeptTopology {
 public:
  explicit KeptTopology(const Topology& topology);

  size_t size() const { return exchanges_.size() + queues_.size() + bindings_.size(); }

  // An exchange or queue takes the place of the one of its name.
  void Keep(const TopologyItem& item);
  // With its bindings.
  void ForgetExchange(std::string_view name);
  void ForgetQueue(std::string_view name);
  void ForgetBinding(const Binding& binding);

  // Whether it is among them with these very properties.
  bool Keeps(const TopologyItem& item) const;

  // In the order in which they can be declared; of each kind, in the order in which they came.
  std::vector<TopologyItem> Items() const;

  // Null where none of this name is kept.
  const Exchange* FindExchange(std::string_view name) const;
  const Queue* FindQueue(std::string_view name) const;

 private:
  template <typename T>
  struct Entry {
    T item;
    uint64_t place;  // counts up as they come
  };
  template <typename T>
  using ByName = std::map<std::string, Entry<T>, std::less<>>;
  using Bindings = std::multimap<std::string, Entry<Binding>, std::less<>>;

  template <typename T>
  void KeepByName(ByName<T>& entries, const T& item);
  template <typename Entries>
  static void AppendInOrder(const Entries& entries, std::vector<TopologyItem>& items);
  Bindings::const_iterator Find(const Binding& binding) const;

  ByName<Exchange> exchanges_;
  ByName<Queue> queues_;
  Bindings bindings_;  // by queue
  uint64_t next_place_ = 0;
};

}  // namespace amqp_sidecar::broker
