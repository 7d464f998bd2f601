#include "bench/direct_trip.h"

#include "bench/intake.h"

namespace amqp_sidecar::bench {

std::vector<int64_t> DirectTrip::Run(const std::string& queue, const std::string& body,
                                     size_t messages) {
  Work work;
  work.queue = queue;
  work.body = body;
  work.messages = 1;
  Intake intake({queue, body.size(), messages});
  std::vector<int64_t> latencies;
  feed_.Open(queue);
  while (!intake.Done()) {
    const auto sent = Clock::now();
    publisher_.PublishOne(work, [&] {
      const DirectFeed::Delivery delivery = feed_.Next();
      latencies.push_back(std::chrono::nanoseconds(Clock::now() - sent).count());
      intake.Take(delivery.body_bytes, delivery.redelivered);
      feed_.Ack(delivery.tag);
    });
  }
  feed_.Cancel();
  feed_.Close();
  return latencies;
}

}  // namespace amqp_sidecar::bench
