package dev.amqpsidecar.client;

/** Whether a durable queue keeps the message through a restart of the broker. */
public enum DeliveryMode {
  /** On publish: persistent. On a delivery: the publisher did not say. */
  UNSPECIFIED,
  /** May be lost with the broker. */
  TRANSIENT,
  /** Written to disk. */
  PERSISTENT;

  dev.amqpsidecar.v1.DeliveryMode toProto() {
    return dev.amqpsidecar.v1.DeliveryMode.forNumber(ordinal());
  }

  static DeliveryMode of(dev.amqpsidecar.v1.DeliveryMode proto) {
    return switch (proto) {
      case DELIVERY_MODE_TRANSIENT -> TRANSIENT;
      case DELIVERY_MODE_PERSISTENT -> PERSISTENT;
      case DELIVERY_MODE_UNSPECIFIED, UNRECOGNIZED -> UNSPECIFIED;
    };
  }
}
