#include "bench/direct_consumer.h"

namespace amqp_sidecar::bench {

Seconds DirectConsumer::Drain(const DrainWork& work) {
  Intake intake(work);
  const auto began = Clock::now();
  feed_.Open(work.queue);
  while (!intake.Done()) {
    const DirectFeed::Delivery delivery = feed_.Next();
    intake.Take(delivery.body_bytes, delivery.redelivered);
    if (intake.taken() % kAckBatch == 0 || intake.Done()) feed_.Ack(delivery.tag);
  }
  feed_.Cancel();
  const Seconds took = Clock::now() - began;
  feed_.Close();
  return took;
}

}  // namespace amqp_sidecar::bench
