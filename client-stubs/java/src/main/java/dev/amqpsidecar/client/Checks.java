package dev.amqpsidecar.client;

import java.time.Duration;

/** Refuses arguments that can only be mistakes. */
final class Checks {
  private Checks() {}

  static Duration positive(Duration value, String name) {
    if (value.isNegative() || value.isZero()) {
      throw new IllegalArgumentException(name + " must be above 0: " + value);
    }
    return value;
  }

  static Duration notNegative(Duration value, String name) {
    if (value.isNegative()) {
      throw new IllegalArgumentException(name + " must not be below 0: " + value);
    }
    return value;
  }

  static int between(int value, int low, int high, String name) {
    if (value < low || value > high) {
      throw new IllegalArgumentException(
          name + " must be from " + low + " to " + high + ": " + value);
    }
    return value;
  }
}
