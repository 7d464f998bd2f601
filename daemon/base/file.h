// ReadWholeFile: a small file as a string. Any thread. Blocks.
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"

namespace amqp_sidecar::base {

// Errors: INVALID_ARGUMENT naming the path: not there, not readable, a folder, over `max_bytes`.
absl::StatusOr<std::string> ReadWholeFile(const std::string& path, size_t max_bytes);

// The same, and an error for what is not a regular file: for what is read again later, and must not
// wait for somebody to write into a pipe.
absl::StatusOr<std::string> ReadRegularFile(const std::string& path, size_t max_bytes);

}  // namespace amqp_sidecar::base
