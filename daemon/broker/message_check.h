// What a message may not be, whatever its exchange: everything that would cost the broker's
// channel, or that its consumers could be fooled by. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/types.h"

namespace amqp_sidecar::broker {

// Headers that no client may publish: set by the broker or by the sidecar, and read as the truth by
// consumers; CC and BCC route past the checks on the routing key.
bool IsReservedHeader(std::string_view name);

// INVALID_MESSAGE, or nothing. `logins` are the users that the sidecar logs in as: RabbitMQ refuses
// a user_id other than the connection's (rabbitmq.com, "Validated User-ID").
std::optional<Error> CheckMessage(const PublishRequest& request,
                                  const std::vector<std::string>& logins);

}  // namespace amqp_sidecar::broker
