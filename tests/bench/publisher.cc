#include "bench/publisher.h"

#include "bench/direct_publisher.h"
#include "bench/stream_publisher.h"
#include "bench/unary_publisher.h"

namespace amqp_sidecar::bench {

std::unique_ptr<Publisher> MakePublisher(Path path, const std::string& address) {
  switch (path) {
    case Path::kDirect:
      return std::make_unique<DirectPublisher>(address);
    case Path::kUnary:
      return std::make_unique<UnaryPublisher>(address);
    case Path::kStream:
      return std::make_unique<StreamPublisher>(address);
  }
  return nullptr;
}

}  // namespace amqp_sidecar::bench
