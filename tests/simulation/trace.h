// Trace: everything that happens in a simulated run, in order: as a hash, by which two runs are
// compared, and as lines where they are asked for. One thread.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "base/reactor.h"

namespace amqp_sidecar::simulation {

class Trace {
 public:
  // `reactor` is not owned and outlives this. `print`: lines go to standard output.
  Trace(const base::Reactor& reactor, bool print) : reactor_(reactor), print_(print) {}

  void Event(std::string_view what, std::initializer_list<uint64_t> numbers = {},
             std::string_view text = {});

  uint64_t hash() const { return hash_; }
  uint64_t events() const { return events_; }
  // Milliseconds since the run began.
  double Now() const;

 private:
  void Mix(uint64_t number);

  const base::Reactor& reactor_;
  const bool print_;
  uint64_t hash_ = 0xcbf29ce484222325;
  uint64_t events_ = 0;
};

}  // namespace amqp_sidecar::simulation
