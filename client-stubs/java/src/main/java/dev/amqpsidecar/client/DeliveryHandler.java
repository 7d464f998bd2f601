package dev.amqpsidecar.client;

/** Works on the deliveries of a subscription. */
@FunctionalInterface
public interface DeliveryHandler {
  /**
   * Works on one delivery. Its return acknowledges the message. {@link RejectException}
   * dead-letters it, {@link RetryException} has it delivered again after a delay, anything else
   * thrown has it delivered again by the retry policy, or at once where there is none.
   *
   * <p>Called by as many threads at once as the subscription's concurrency says. A message may come
   * more than once: at least once is what is promised.
   *
   * @param delivery the message
   * @throws Exception of any kind; it is logged, without the body
   */
  void handle(Delivery delivery) throws Exception;
}
