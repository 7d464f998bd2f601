// ReadWholeFile: a small file as a string. Blocks.
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"

namespace amqp_sidecar::app {

// Errors: INVALID_ARGUMENT naming the path: not there, not readable, a folder, over `max_bytes`.
absl::StatusOr<std::string> ReadWholeFile(const std::string& path, size_t max_bytes);

}  // namespace amqp_sidecar::app
