// The exit codes of every verb: those of sysexits.h, where it has one.
#pragma once

namespace amqp_sidecar::app {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailure = 1;
inline constexpr int kExitUsage = 64;
inline constexpr int kExitBug = 70;
inline constexpr int kExitConfig = 78;

}  // namespace amqp_sidecar::app
