// The verbs run and check-config: a daemon from its configuration to its exit code. Main thread.
#pragma once

#include <optional>

#include "app/config.h"
#include "base/clock.h"

namespace amqp_sidecar::app {

// Until SIGTERM or SIGINT, and the drain after it; a second signal ends the process at once. SIGHUP
// has the validation section read again. One
// line on standard output for each address, when it is ready for calls. To be called while the
// process has one thread. Returns the exit code.
int RunDaemon(const ConfigSources& sources);

// Says whether RunDaemon would take this configuration, and what is wrong with it if not. With
// `online`, also how the broker differs from it, which is asked for that long at most.
int CheckConfig(const ConfigSources& sources, std::optional<base::Duration> online);

}  // namespace amqp_sidecar::app
