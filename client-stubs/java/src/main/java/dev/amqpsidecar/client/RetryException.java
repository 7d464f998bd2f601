package dev.amqpsidecar.client;

import java.time.Duration;

/** Thrown by a handler: the message is to be delivered again after a delay. */
public final class RetryException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private static final Duration SHORTEST = Duration.ofMillis(10);
  private static final Duration LONGEST = Duration.ofHours(24);

  private final Duration delay;

  /**
   * Has it delivered again.
   *
   * @param delay 10 ms to 24 h, rounded up to two significant digits by the sidecar; 0 means the
   *     retry policy's backoff, or at once where there is no policy
   * @throws IllegalArgumentException if it is out of range
   */
  public RetryException(Duration delay) {
    this(delay, null);
  }

  /**
   * Has it delivered again.
   *
   * @param delay as above
   * @param cause what was thrown before, for the log; may be null
   * @throws IllegalArgumentException if it is out of range
   */
  public RetryException(Duration delay, Throwable cause) {
    super("to be delivered again in " + delay, cause);
    if (!delay.isZero() && (delay.compareTo(SHORTEST) < 0 || delay.compareTo(LONGEST) > 0)) {
      throw new IllegalArgumentException("delay must be 0, or 10 ms to 24 h: " + delay);
    }
    this.delay = delay;
  }

  /** {@return 0, or 10 ms to 24 h} */
  public Duration delay() {
    return delay;
  }
}
