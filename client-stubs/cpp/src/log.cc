#include "log.h"

#include <iostream>
#include <mutex>

namespace amqp_sidecar {

void Warn(const std::string& text) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  std::clog << "amqp_sidecar: WARN " + text + "\n" << std::flush;
}

}  // namespace amqp_sidecar
