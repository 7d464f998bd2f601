package dev.amqpsidecar.client;

/**
 * Thrown by a handler: the message can never be processed. It is dead-lettered, or dropped where
 * the queue has no dead-letter exchange.
 */
public class RejectException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * Rejects.
   *
   * @param reason why; kept in the x-sidecar-reason header where the sidecar moves the message
   *     itself; cut at 1,024 bytes of UTF-8
   */
  public RejectException(String reason) {
    super(reason);
  }

  /**
   * Rejects.
   *
   * @param reason why, as above
   * @param cause what was thrown before, for the log
   */
  public RejectException(String reason, Throwable cause) {
    super(reason, cause);
  }
}
