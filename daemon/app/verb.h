// What the verbs of the command line have in common: how they refuse, and values from text. Main
// thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"

namespace amqp_sidecar::app {

// Say so on standard error, and return the exit code.
int FailUsage(const std::string& what);
int FailConfig(const absl::Status& status);

// "name=value"; false where there is no '=', or nothing before it.
bool SplitPair(const std::string& text, std::pair<std::string, std::string>& pair);

// Nothing where it is no duration that can be waited for.
std::optional<std::chrono::milliseconds> ParseTimeout(const std::string& text);
int FailTimeout();

// All of it.
std::string ReadStandardInput();

}  // namespace amqp_sidecar::app
