// ThreadRole: a thread as a capability, so that "only on the io thread" is checked by clang's
// thread-safety analysis (preset `clang`) as a lock would be. Abseil's annotations name it:
// ABSL_GUARDED_BY(loop.role), ABSL_EXCLUSIVE_LOCKS_REQUIRED(loop.role).
#pragma once

#include <cstdlib>
#include <thread>

#include "absl/base/thread_annotations.h"

namespace amqp_sidecar::base {

// The thread that owns some state. Bind() on that thread before its first use; AssertCurrent()
// opens every task posted to it, and in a debug build dies where it runs on another.
class ABSL_LOCKABLE ThreadRole {
 public:
  void Bind() { owner_ = std::this_thread::get_id(); }

  void AssertCurrent() const ABSL_ASSERT_EXCLUSIVE_LOCK() {
#ifndef NDEBUG
    if (owner_ != std::thread::id() && owner_ != std::this_thread::get_id()) std::abort();
#endif
  }

 private:
  std::thread::id owner_;
};

}  // namespace amqp_sidecar::base
