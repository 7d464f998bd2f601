package dev.amqpsidecar.client;

import java.time.Duration;

/**
 * How a {@link Publisher} works. Immutable: each method answers a changed copy.
 *
 * @param maxInFlight messages that are not answered yet, at most; above 0
 * @param timeout of each message, from when publish took it; null means the client's
 */
public record PublisherOptions(int maxInFlight, Duration timeout) {
  /** 1,000 messages in flight, the client's timeout. */
  public static final PublisherOptions DEFAULT = new PublisherOptions(1_000, null);

  /**
   * Checks the ranges.
   *
   * @param maxInFlight as above
   * @param timeout as above
   */
  public PublisherOptions {
    Checks.between(maxInFlight, 1, Integer.MAX_VALUE, "maxInFlight");
    if (timeout != null) {
      Checks.positive(timeout, "timeout");
    }
  }

  /**
   * Bounds the messages that are not answered yet.
   *
   * @param value above 0
   * @return a copy with it
   */
  public PublisherOptions withMaxInFlight(int value) {
    return new PublisherOptions(value, timeout);
  }

  /**
   * Bounds the time of each message, retries included.
   *
   * @param value above 0
   * @return a copy with it
   */
  public PublisherOptions withTimeout(Duration value) {
    return new PublisherOptions(maxInFlight, value);
  }
}
