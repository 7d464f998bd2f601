package dev.amqpsidecar.client;

import dev.amqpsidecar.v1.Delivery;

/** A delivery in this process's hands: it waits for a handler, or one is at it. */
final class Held {
  final Delivery delivery;
  final SubscriptionStream stream;

  /** Written under the stream's lock: it needs no more time. */
  volatile boolean settled;

  /** It may not be extended any more. */
  volatile boolean limited;

  Held(Delivery delivery, SubscriptionStream stream) {
    this.delivery = delivery;
    this.stream = stream;
  }

  String id() {
    return delivery.getDeliveryId();
  }
}
