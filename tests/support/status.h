// The status of a sidecar, as a call and as a page. They throw where it does not answer.
#pragma once

#include <cstdint>

#include "support/client.h"

namespace amqp_sidecar::test {

pb::SidecarStatus StatusOf(Client& client);
// /status.json
pb::SidecarStatus StatusPage(uint16_t admin_port);

}  // namespace amqp_sidecar::test
