package dev.amqpsidecar.client;

/**
 * What happened to a subscription: so that silence is never a guess.
 *
 * @param kind what happened
 * @param detail why, for a person; may be empty
 * @param deliveryId of SETTLE_FAILED; else empty
 * @param reason of SETTLE_FAILED: one of {@link Reason}; of DISCONNECTED: the failure's, if any;
 *     else empty
 */
public record SubscriptionEvent(Kind kind, String detail, String deliveryId, String reason) {
  /** What can happen. */
  public enum Kind {
    /** The broker has accepted the consumer. Also after DISCONNECTED: it came back. */
    SUBSCRIBED,
    /** The sidecar lost the broker: what was held is stale, and comes again. */
    INTERRUPTED,
    /** The consumer is back, after INTERRUPTED. */
    RESUBSCRIBED,
    /** The sidecar shuts down: what was not begun is given back. */
    DRAINING,
    /** The stream ended; the stub opens another. What was held comes again. */
    DISCONNECTED,
    /**
     * A settlement did not take, or a deadline could not be extended (DEADLINE_LIMIT): the message
     * may come again.
     */
    SETTLE_FAILED
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(kind.name());
    if (!reason.isEmpty()) {
      text.append(' ').append(reason);
    }
    if (!deliveryId.isEmpty()) {
      text.append(" of ").append(deliveryId);
    }
    return detail.isEmpty() ? text.toString() : text.append(": ").append(detail).toString();
  }
}
