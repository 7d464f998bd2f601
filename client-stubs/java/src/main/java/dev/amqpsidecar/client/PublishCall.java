package dev.amqpsidecar.client;

import dev.amqpsidecar.v1.PublishRequest;
import dev.amqpsidecar.v1.PublishResponse;
import dev.amqpsidecar.v1.PublisherServiceGrpc;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;

/**
 * One unary publish with its retries: only of UNAVAILABLE with persisted NO, and only while the
 * time allows. One try at a time.
 */
final class PublishCall {
  // A shorter one ends without an answer, and then nobody knows.
  private static final long SHORTEST_TRY_NANOS = 100_000_000;

  private final Connection connection;
  private final PublishRequest request;
  private final String messageId;
  private final long deadline;
  private final Backoff backoff = Backoff.ofPublish();
  private final CompletableFuture<PublishResult> future = new CompletableFuture<>();
  private volatile ClientCall<PublishRequest, PublishResponse> call;
  private SidecarException last;

  PublishCall(Connection connection, PublishRequest request, long timeoutNanos) {
    this.connection = connection;
    this.request = request;
    messageId = request.getMessage().getProperties().getMessageId();
    deadline = System.nanoTime() + timeoutNanos;
  }

  CompletableFuture<PublishResult> start() {
    future.whenComplete(
        (result, failure) -> {
          if (future.isCancelled() && call != null) {
            call.cancel("cancelled by the caller", null);
          }
        });
    attempt();
    return future;
  }

  private void attempt() {
    SentTracer tracer = new SentTracer();
    CallOptions options =
        connection
            .callOptions(Math.max(1, deadline - System.nanoTime()))
            .withStreamTracerFactory(tracer);
    call = connection.channel.newCall(PublisherServiceGrpc.getPublishMethod(), options);
    ClientCalls.asyncUnaryCall(call, request, new Answer(tracer));
    if (future.isCancelled()) {
      call.cancel("cancelled by the caller", null);
    }
  }

  private void failed(SidecarException failure, boolean sent) {
    boolean bare = failure.reason().equals(Reason.SIDECAR_UNAVAILABLE);
    if (bare && last != null) {
      // The last error with a reason says more than a timeout, if not all that is known.
      failure = sent ? last.withUnknown() : last;
    } else if (!bare) {
      last = failure;
    }
    boolean again =
        failure.code() == Status.Code.UNAVAILABLE && failure.persisted() == Persisted.NO;
    long pause = backoff.next();
    long left = deadline - System.nanoTime() - pause;
    if (!again || connection.closed() || left < SHORTEST_TRY_NANOS) {
      future.completeExceptionally(failure);
      return;
    }
    connection.after(
        pause,
        () -> {
          if (!future.isDone()) {
            attempt();
          }
        });
  }

  private final class Answer implements StreamObserver<PublishResponse> {
    private final SentTracer tracer;

    Answer(SentTracer tracer) {
      this.tracer = tracer;
    }

    @Override
    public void onNext(PublishResponse response) {
      future.complete(new PublishResult(response.getMessageId(), response.getRouted()));
    }

    @Override
    public void onError(Throwable thrown) {
      if (!future.isDone()) {
        failed(Errors.ofPublish(thrown, messageId, tracer.sent()), tracer.sent());
      }
    }

    @Override
    public void onCompleted() {}
  }
}
