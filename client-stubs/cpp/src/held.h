// Held: the deliveries that are here: they wait for a handler, in order, or one works on them. One
// thread at a time. Their number is bounded by the prefetch.
#pragma once

#include <cstdint>
#include <deque>
#include <list>
#include <string>
#include <vector>

#include "amqp_sidecar/v1/subscriber.pb.h"

namespace amqp_sidecar {

class Held {
 public:
  struct Entry {
    v1::Delivery delivery;
    std::uint64_t stream = 0;  // it came on; its id is of no use on another
    bool running = false;      // a handler works on it
    bool extend = true;        // its deadline is ours to extend
  };
  using Handle = std::list<Entry>::iterator;

  // Takes what is in `delivery`, which gets memory to be used again.
  void Add(v1::Delivery& delivery, std::uint64_t stream);
  bool HasWaiting() const { return !waiting_.empty(); }
  std::size_t running() const { return running_; }
  // The next one that waits is worked on from now on.
  Handle Begin();
  // It is here no longer.
  void Remove(Handle entry);
  // Those that wait are here no longer. Returns their ids.
  std::vector<std::string> TakeWaiting();
  // One that waits is here no longer; its deadline, if it runs, is extended no longer.
  void Forget(const std::string& delivery_id);
  // Its deadline is extended no longer.
  void StopExtending(const std::string& delivery_id);
  // Nor that of any that runs.
  void StopExtending();
  std::vector<std::string> ToExtend() const;

 private:
  Handle Find(const std::string& delivery_id);

  std::list<Entry> entries_;
  std::list<Entry> spare_;  // their memory is used again
  std::deque<Handle> waiting_;
  std::size_t running_ = 0;
};

}  // namespace amqp_sidecar
