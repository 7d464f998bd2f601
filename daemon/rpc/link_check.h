// The checks of the connection to the broker, by what somebody who has one says of it: the sidecar,
// or a connection of the doctor's own. Pure, any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "amqp_sidecar/v1/status.pb.h"
#include "rpc/check.h"
#include "rpc/status_words.h"

namespace amqp_sidecar::rpc {

struct LinkView {
  bool up = false;
  std::string in_words;    // of a link that is up
  std::string endpoint;    // host:port
  std::string last_error;  // of one that is not; empty where it was not tried to its end
  std::string seen_by;     // "the sidecar's own connection"
};

LinkView ViewOf(const v1::ConnectionStatus& connection, WallTime now);

// As the configuration at hand has it for that endpoint.
struct Login {
  std::string user;
  std::string vhost;
};

// Whether it is reached, whether it lets the user in, and into the virtual host: one each.
std::vector<Check> CheckLink(const LinkView& link, const std::optional<Login>& login);
// Of a link that nobody could ask.
std::vector<Check> SkipLink(const std::string& why);

// Whether what is configured stands in the broker.
Check CheckTopology(const v1::SidecarStatus& status);

// Whether the broker takes publishes: it tells of an alarm only to those that publish, so a status
// without one says nothing unless a publish was `confirmed` before.
Check CheckAlarms(const v1::SidecarStatus& status, bool confirmed);

}  // namespace amqp_sidecar::rpc
