// OneLine: text from outside, for a line of its own. Pure.
#pragma once

#include <string>

namespace amqp_sidecar::app {

// With a space for each control character: a line is a line, whatever a name holds.
std::string OneLine(std::string text);

}  // namespace amqp_sidecar::app
