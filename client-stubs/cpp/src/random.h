// Random numbers, and ids made of them. Any thread.
#pragma once

#include <random>
#include <string>

namespace amqp_sidecar {

// Of the thread that calls it.
std::mt19937_64& Random();

// A UUID, version 7: those of one process are in the order of their time.
std::string NewMessageId();

}  // namespace amqp_sidecar
