package dev.amqpsidecar.client;

/** What a failed publish left behind in the broker. */
public enum Persisted {
  /** Not a publish, or a failure that came from elsewhere. */
  UNSPECIFIED,
  /** The broker does not have the message: publishing it again makes no duplicate. */
  NO,
  /** It may have it: publish again with the same message id, and let consumers drop the second. */
  UNKNOWN,
  /** Some of the queues that the exchange routes to have it, others refused. */
  PARTIAL;

  static Persisted of(dev.amqpsidecar.v1.Persisted proto) {
    return switch (proto) {
      case PERSISTED_NO -> NO;
      case PERSISTED_UNKNOWN -> UNKNOWN;
      case PERSISTED_PARTIAL -> PARTIAL;
      case PERSISTED_UNSPECIFIED, UNRECOGNIZED -> UNSPECIFIED;
    };
  }

  static Persisted of(String name) {
    return switch (name) {
      case "NO" -> NO;
      case "UNKNOWN" -> UNKNOWN;
      case "PARTIAL" -> PARTIAL;
      default -> UNSPECIFIED;
    };
  }
}
