package dev.amqpsidecar.client;

import io.grpc.Status;

/**
 * The one failure of all calls. Its message is {@code REASON (CODE): detail}, so that a log line
 * has it all.
 */
public final class SidecarException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Status.Code code;
  private final String reason;
  private final Persisted persisted;
  private final String detail;
  private final String messageId;
  private final boolean retryable;

  private SidecarException(
      Status.Code code,
      String reason,
      Persisted persisted,
      String detail,
      String messageId,
      boolean retryable,
      Throwable cause) {
    super((reason.isEmpty() ? "" : reason + " ") + "(" + code + "): " + detail, cause);
    this.code = code;
    this.reason = reason;
    this.persisted = persisted;
    this.detail = detail;
    this.messageId = messageId;
    this.retryable = retryable;
  }

  static SidecarException ofCall(Status.Code code, String reason, String detail, Throwable cause) {
    return new SidecarException(
        code, reason, Persisted.UNSPECIFIED, detail, "", code == Status.Code.UNAVAILABLE, cause);
  }

  static SidecarException ofPublish(
      Status.Code code,
      String reason,
      Persisted persisted,
      String detail,
      String messageId,
      Throwable cause) {
    boolean retryable =
        persisted == Persisted.NO
            && (code == Status.Code.UNAVAILABLE || code == Status.Code.RESOURCE_EXHAUSTED);
    return new SidecarException(code, reason, persisted, detail, messageId, retryable, cause);
  }

  /** The same of a publish, of which a later try may have arrived. */
  SidecarException withUnknown() {
    String more = detail + " (a later try was not answered)";
    return ofPublish(code, reason, Persisted.UNKNOWN, more, messageId, this);
  }

  /** The same with the stack of the calling thread, and this as its cause. */
  SidecarException here() {
    return new SidecarException(code, reason, persisted, detail, messageId, retryable, this);
  }

  /** {@return the gRPC code} */
  public Status.Code code() {
    return code;
  }

  /** {@return one of {@link Reason}, or what a newer sidecar says; empty where there is none} */
  public String reason() {
    return reason;
  }

  /** {@return of a publish: what it left behind} */
  public Persisted persisted() {
    return persisted;
  }

  /** {@return what went wrong and what to do, for a person} */
  public String detail() {
    return detail;
  }

  /** {@return of a publish: the id that the message has in every try; else empty} */
  public String messageId() {
    return messageId;
  }

  /**
   * {@return whether the same call, later, can succeed; of a publish also that it makes no
   * duplicate}
   */
  public boolean retryable() {
    return retryable;
  }
}
