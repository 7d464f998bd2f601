// The status of a sidecar, as a call and as a page. They throw where it does not answer.
#pragma once

#include <cstdint>
#include <string>

#include "support/client.h"

namespace amqp_sidecar::test {

pb::SidecarStatus StatusOf(Client& client);
// /status.json, which the page is made of.
pb::SidecarStatus StatusPage(uint16_t admin_port);
// `amqp-sidecar status --json`
pb::SidecarStatus StatusByVerb(const std::string& target);

}  // namespace amqp_sidecar::test
