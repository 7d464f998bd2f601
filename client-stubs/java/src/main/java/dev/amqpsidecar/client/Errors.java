package dev.amqpsidecar.client;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

/** Makes a SidecarException of what gRPC or a PublishResult says. The only place that does. */
final class Errors {
  private static final String DOMAIN = "amqp-sidecar";

  private Errors() {}

  /** Of a call that is no publish. */
  static SidecarException ofCall(Throwable thrown) {
    Status status = Status.fromThrowable(thrown);
    ErrorInfo info = info(thrown);
    String reason = info != null ? info.getReason() : reasonWithoutInfo(status.getCode());
    return SidecarException.ofCall(status.getCode(), reason, detail(status), thrown);
  }

  /** Of a publish; {@code sent} false says that for certain nothing left this process. */
  static SidecarException ofPublish(Throwable thrown, String messageId, boolean sent) {
    Status status = Status.fromThrowable(thrown);
    ErrorInfo info = info(thrown);
    if (info != null) {
      Persisted persisted = Persisted.of(info.getMetadataOrDefault("persisted", ""));
      return SidecarException.ofPublish(
          status.getCode(), info.getReason(), persisted, detail(status), messageId, thrown);
    }
    String reason = reasonWithoutInfo(status.getCode());
    Persisted persisted = sent ? Persisted.UNKNOWN : Persisted.NO;
    return SidecarException.ofPublish(
        status.getCode(), reason, persisted, detail(status), messageId, thrown);
  }

  static SidecarException ofResult(dev.amqpsidecar.v1.PublishResult result, String messageId) {
    return SidecarException.ofPublish(
        Status.fromCodeValue(result.getCode()).getCode(),
        result.getReason(),
        Persisted.of(result.getPersisted()),
        result.getDetail(),
        messageId,
        null);
  }

  static SidecarException invalidBody(String messageId, Throwable cause) {
    String detail = "the body cannot be serialized to JSON: " + cause.getMessage();
    return SidecarException.ofPublish(
        Status.Code.INVALID_ARGUMENT, Reason.INVALID_BODY, Persisted.NO, detail, messageId, cause);
  }

  /** The result of a future, or its failure with the caller's stack. An interrupt cancels it. */
  static <T> T get(CompletableFuture<T> future, boolean publish) {
    try {
      return future.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof SidecarException failure) {
        throw failure.here();
      }
      throw new CompletionException(e.getCause());
    } catch (InterruptedException e) {
      future.cancel(true);
      Thread.currentThread().interrupt();
      String detail = "the waiting thread was interrupted";
      throw publish
          ? SidecarException.ofPublish(
              Status.Code.CANCELLED, "", Persisted.UNKNOWN, detail, "", e)
          : SidecarException.ofCall(Status.Code.CANCELLED, "", detail, e);
    }
  }

  private static String reasonWithoutInfo(Status.Code code) {
    return switch (code) {
      case UNAVAILABLE, DEADLINE_EXCEEDED, INTERNAL, UNKNOWN, CANCELLED ->
          Reason.SIDECAR_UNAVAILABLE;
      default -> "";
    };
  }

  private static String detail(Status status) {
    if (status.getDescription() != null) {
      return status.getDescription();
    }
    return status.getCause() != null ? status.getCause().toString() : "no answer";
  }

  private static ErrorInfo info(Throwable thrown) {
    com.google.rpc.Status status = StatusProto.fromThrowable(thrown);
    if (status == null) {
      return null;
    }
    for (Any any : status.getDetailsList()) {
      if (any.is(ErrorInfo.class)) {
        try {
          ErrorInfo info = any.unpack(ErrorInfo.class);
          return info.getDomain().equals(DOMAIN) ? info : null;
        } catch (InvalidProtocolBufferException e) {
          return null;
        }
      }
    }
    return null;
  }
}
