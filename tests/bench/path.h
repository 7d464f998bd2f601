// Path: the ways between a program and the broker that are compared.
#pragma once

#include <string>

namespace amqp_sidecar::bench {

enum class Path {
  kDirect,  // rabbitmq-c's stock calls
  kUnary,   // Publish calls; Subscribe, and Ack calls beside it
  kStream,  // PublishStream; SubscribeStream
};

std::string NameOf(Path path);

}  // namespace amqp_sidecar::bench
