package dev.amqpsidecar.client;

import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * How a delivery is settled. Equal ones go in one request.
 *
 * @param verb what to do
 * @param delay of a NACK; null means the policy's
 * @param cause of a REJECT
 */
record Settlement(Verb verb, Duration delay, String cause) {
  enum Verb {
    ACK,
    NACK,
    GIVE_BACK,
    REJECT
  }

  static final Settlement ACK = new Settlement(Verb.ACK, null, "");
  static final Settlement NACK = new Settlement(Verb.NACK, null, "");
  static final Settlement GIVE_BACK = new Settlement(Verb.GIVE_BACK, null, "");

  private static final int MAX_CAUSE_BYTES = 1024;

  /** What a handler's failure means. */
  static Settlement of(Throwable thrown) {
    if (thrown instanceof RejectException reject) {
      return new Settlement(Verb.REJECT, null, cut(reject.getMessage()));
    }
    if (thrown instanceof RetryException retry) {
      return new Settlement(Verb.NACK, retry.delay(), "");
    }
    return NACK;
  }

  private static String cut(String cause) {
    if (cause == null) {
      return "";
    }
    int end = Math.min(cause.length(), MAX_CAUSE_BYTES);
    while (cause.substring(0, end).getBytes(StandardCharsets.UTF_8).length > MAX_CAUSE_BYTES) {
      end--;
    }
    if (end > 0 && end < cause.length() && Character.isHighSurrogate(cause.charAt(end - 1))) {
      end--;
    }
    return cause.substring(0, end);
  }
}
