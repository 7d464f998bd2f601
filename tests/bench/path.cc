#include "bench/path.h"

namespace amqp_sidecar::bench {

std::string NameOf(Path path) {
  switch (path) {
    case Path::kDirect:
      return "direct";
    case Path::kUnary:
      return "unary";
    case Path::kStream:
      return "stream";
  }
  return "";
}

}  // namespace amqp_sidecar::bench
