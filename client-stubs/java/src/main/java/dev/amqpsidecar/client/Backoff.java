package dev.amqpsidecar.client;

import java.util.concurrent.ThreadLocalRandom;

/** Exponential backoff with full jitter. Not for many threads. */
final class Backoff {
  private final long initialNanos;
  private final long maxNanos;
  private int tries;

  private Backoff(long initialMillis, long maxMillis) {
    initialNanos = initialMillis * 1_000_000;
    maxNanos = maxMillis * 1_000_000;
  }

  /** Between tries of one publish: 50 ms to 1 s. */
  static Backoff ofPublish() {
    return new Backoff(50, 1_000);
  }

  /** Between streams: 100 ms to 2 s. */
  static Backoff ofStream() {
    return new Backoff(100, 2_000);
  }

  /** How long to wait before the next try, in nanoseconds. */
  long next() {
    return ThreadLocalRandom.current().nextLong(ceiling(tries++)) + 1;
  }

  void reset() {
    tries = 0;
  }

  private long ceiling(int tries) {
    return tries > 20 ? maxNanos : Math.min(maxNanos, initialNanos << tries);
  }
}
