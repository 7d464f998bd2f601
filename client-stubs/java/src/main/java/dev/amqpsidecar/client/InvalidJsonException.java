package dev.amqpsidecar.client;

/** The body is not JSON, or not of the class that was asked for. It never will be: a reject. */
public final class InvalidJsonException extends RejectException {
  private static final long serialVersionUID = 1L;

  InvalidJsonException(String reason, Throwable cause) {
    super(reason, cause);
  }
}
