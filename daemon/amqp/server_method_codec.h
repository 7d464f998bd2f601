// ServerMethodDecoder: the payload of a method frame to a ServerMethod. io thread. Bytes from the
// broker are hostile until they are through here.
#pragma once

#include <memory>
#include <string_view>
#include <variant>

#include "amqp/server_methods.h"
#include "amqp/violation.h"

namespace amqp_sidecar::amqp {

class ServerMethodDecoder {
 public:
  ServerMethodDecoder();
  ~ServerMethodDecoder();

  // `payload` holds 4 bytes at least. A method that no broker sends to us, or that does not parse,
  // is a violation.
  std::variant<ServerMethod, Violation> Decode(std::string_view payload);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace amqp_sidecar::amqp
