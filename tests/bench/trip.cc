#include "bench/trip.h"

#include "bench/direct_trip.h"
#include "bench/sidecar_trip.h"

namespace amqp_sidecar::bench {

std::unique_ptr<Trip> MakeTrip(Path path, const std::string& address) {
  if (path == Path::kDirect) return std::make_unique<DirectTrip>(address);
  return std::make_unique<SidecarTrip>(address);
}

}  // namespace amqp_sidecar::bench
