// One line to std::clog: what must not be silent and has nobody else to tell it to. Any thread.
#pragma once

#include <string>

namespace amqp_sidecar {

void Warn(const std::string& text);

}  // namespace amqp_sidecar
