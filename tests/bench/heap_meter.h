// HeapMeter: what operator new gives out, in all threads: how often, and how much at once. Linked
// into a program it replaces operator new there, also for the libraries that the program uses.
#pragma once

#include <cstddef>

namespace amqp_sidecar::bench {

class HeapMeter {
 public:
  // Since the process began.
  static size_t Allocations();
  // Bytes that are out now, and the most that were since the last ResetPeak().
  static size_t Bytes();
  static size_t PeakBytes();
  static void ResetPeak();
};

}  // namespace amqp_sidecar::bench
