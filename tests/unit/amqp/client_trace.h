// What a client said, made readable: "queue.declare 1 billing", one line a frame.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace amqp_sidecar::amqp {

// Dies on bytes that are not whole frames, or that no broker would take.
std::vector<std::string> Describe(std::string_view bytes);

}  // namespace amqp_sidecar::amqp
