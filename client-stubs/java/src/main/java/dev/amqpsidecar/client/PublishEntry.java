package dev.amqpsidecar.client;

import dev.amqpsidecar.v1.PublishItem;
import io.grpc.Status;
import java.util.concurrent.CompletableFuture;

/** One message of a Publisher, until it is answered. Its fields are guarded by the publisher. */
final class PublishEntry {
  final PublishItem item;
  final long deadline;
  final CompletableFuture<PublishResult> future = new CompletableFuture<>();

  /** What the last try failed with, and nothing was left behind. */
  SidecarException last;

  private Backoff backoff;

  PublishEntry(PublishItem item, long deadline) {
    this.item = item;
    this.deadline = deadline;
  }

  String messageId() {
    return item.getMessage().getProperties().getMessageId();
  }

  /** Nanoseconds before the next try. */
  long pause() {
    if (backoff == null) {
      backoff = Backoff.ofPublish();
    }
    return backoff.next();
  }

  /** A failure that the stub itself tells. */
  SidecarException failure(Status.Code code, boolean sent, String detail) {
    String reason = code == Status.Code.CANCELLED ? "" : Reason.SIDECAR_UNAVAILABLE;
    Persisted persisted = sent ? Persisted.UNKNOWN : Persisted.NO;
    return SidecarException.ofPublish(code, reason, persisted, detail, messageId(), null);
  }

  /** Its time is up; {@code end} is how the last stream ended, if that is why. */
  SidecarException expired(boolean sent, SidecarException end) {
    if (last != null) {
      return sent ? last.withUnknown() : last;
    }
    if (!sent && end != null) {
      return unanswered(end, false);
    }
    String detail = sent ? "no answer in time" : "not written in time";
    return failure(Status.Code.DEADLINE_EXCEEDED, sent, detail);
  }

  /** The stream ended so, before its answer. */
  SidecarException unanswered(SidecarException end, boolean sent) {
    Persisted persisted = sent ? Persisted.UNKNOWN : Persisted.NO;
    return SidecarException.ofPublish(
        end.code(), end.reason(), persisted, end.detail(), messageId(), end);
  }
}
