package dev.amqpsidecar.client;

import java.time.Duration;

/**
 * What a failed handler and an expired acknowledgement deadline lead to. Immutable: each method
 * answers a changed copy.
 *
 * @param maxAttempts deliveries of one message at most, the first included; then it is
 *     dead-lettered; 0 means no limit
 * @param initialBackoff wait before the second delivery, 10 ms to 24 h; doubles with every further
 *     one; null means 1 s
 * @param maxBackoff the longest wait that doubling leads to; null means 1 min, or initialBackoff
 *     where that is longer
 * @param deadLetterExchange where a message goes after its last attempt, and when it is rejected;
 *     empty means the queue's own, else, after the last attempt, the queue "&lt;queue&gt;.dead"
 * @param deadLetterRoutingKey empty keeps the message's own
 */
public record RetryPolicy(
    int maxAttempts,
    Duration initialBackoff,
    Duration maxBackoff,
    String deadLetterExchange,
    String deadLetterRoutingKey) {
  /**
   * Checks what can be checked here; the sidecar checks the rest.
   *
   * @param maxAttempts as above
   * @param initialBackoff as above
   * @param maxBackoff as above
   * @param deadLetterExchange as above
   * @param deadLetterRoutingKey as above
   */
  public RetryPolicy {
    Checks.between(maxAttempts, 0, Integer.MAX_VALUE, "maxAttempts");
  }

  /**
   * The usual policy.
   *
   * @param count deliveries of one message at most; 0 means no limit
   * @return one with the defaults of all else
   */
  public static RetryPolicy maxAttempts(int count) {
    return new RetryPolicy(count, null, null, "", "");
  }

  /**
   * Sets the waits.
   *
   * @param initial before the second delivery, 10 ms to 24 h
   * @param max the longest that doubling leads to
   * @return a copy with them
   */
  public RetryPolicy withBackoff(Duration initial, Duration max) {
    return new RetryPolicy(maxAttempts, initial, max, deadLetterExchange, deadLetterRoutingKey);
  }

  /**
   * Sets where dead letters go.
   *
   * @param exchange has to exist
   * @param routingKey empty keeps the message's own
   * @return a copy with them
   */
  public RetryPolicy withDeadLetter(String exchange, String routingKey) {
    return new RetryPolicy(maxAttempts, initialBackoff, maxBackoff, exchange, routingKey);
  }

  dev.amqpsidecar.v1.RetryPolicy toProto() {
    dev.amqpsidecar.v1.RetryPolicy.Builder proto =
        dev.amqpsidecar.v1.RetryPolicy.newBuilder()
            .setMaxAttempts(maxAttempts)
            .setDeadLetterExchange(deadLetterExchange)
            .setDeadLetterRoutingKey(deadLetterRoutingKey);
    if (initialBackoff != null) {
      proto.setInitialBackoff(Fields.duration(initialBackoff));
    }
    if (maxBackoff != null) {
      proto.setMaxBackoff(Fields.duration(maxBackoff));
    }
    return proto.build();
  }
}
