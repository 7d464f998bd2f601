#include "bench/consumer.h"

#include "bench/direct_consumer.h"
#include "bench/stream_consumer.h"
#include "bench/unary_consumer.h"

namespace amqp_sidecar::bench {

std::unique_ptr<Consumer> MakeConsumer(Path path, const std::string& address) {
  switch (path) {
    case Path::kDirect:
      return std::make_unique<DirectConsumer>(address);
    case Path::kUnary:
      return std::make_unique<UnaryConsumer>(address);
    case Path::kStream:
      return std::make_unique<StreamConsumer>(address);
  }
  return nullptr;
}

}  // namespace amqp_sidecar::bench
