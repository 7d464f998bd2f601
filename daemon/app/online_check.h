// The online half of check-config: connects as the daemon would, and compares the configured
// topology with the broker's. Main thread. Declares nothing and changes nothing.
#pragma once

#include <ostream>

#include "app/settings.h"
#include "base/clock.h"

namespace amqp_sidecar::app {

// Writes a line for each difference, and for what could not be compared, to `out`; why it could not
// be done at all, to `err`. Tries to connect for as long as `timeout` allows. Returns the exit
// code: kExitOk where there is no difference, kExitFailure otherwise.
int CheckOnline(Settings settings, base::Duration timeout, std::ostream& out, std::ostream& err);

}  // namespace amqp_sidecar::app
