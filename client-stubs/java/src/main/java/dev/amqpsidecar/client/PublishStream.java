package dev.amqpsidecar.client;

import dev.amqpsidecar.v1.PublishStreamRequest;
import dev.amqpsidecar.v1.PublishStreamResponse;
import dev.amqpsidecar.v1.PublisherServiceGrpc;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ClientResponseObserver;

/**
 * One PublishStream call of a Publisher. Its listener is called on gRPC's I/O thread; writing is
 * for one thread at a time.
 */
final class PublishStream
    implements ClientResponseObserver<PublishStreamRequest, PublishStreamResponse> {
  /** What a stream tells. */
  interface Listener {
    /** There is room again. */
    void onReady();

    void onResults(PublishStream stream, PublishStreamResponse response);

    /** Once, and the last; null is an OK. */
    void onEnd(PublishStream stream, Throwable failure);
  }

  private final Listener listener;
  private volatile ClientCallStreamObserver<PublishStreamRequest> call;
  private volatile boolean cancelled;

  PublishStream(Listener listener) {
    this.listener = listener;
  }

  void start(Connection connection) {
    ClientCalls.asyncBidiStreamingCall(
        connection.channel.newCall(
            PublisherServiceGrpc.getPublishStreamMethod(), Connection.streamOptions()),
        this);
  }

  /** Whether a message would be written now, on a connection that is there. */
  boolean ready() {
    return call != null && call.isReady();
  }

  /** Dropped after cancel. */
  void send(PublishStreamRequest batch) {
    try {
      call.onNext(batch);
    } catch (IllegalStateException e) {
      if (!cancelled) {
        throw e;
      }
    }
  }

  void halfClose() {
    call.onCompleted();
  }

  void cancel() {
    cancelled = true;
    if (call != null) {
      call.cancel("the publisher was closed", null);
    }
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<PublishStreamRequest> observer) {
    call = observer;
    observer.setOnReadyHandler(listener::onReady);
  }

  @Override
  public void onNext(PublishStreamResponse response) {
    listener.onResults(this, response);
  }

  @Override
  public void onError(Throwable thrown) {
    listener.onEnd(this, thrown);
  }

  @Override
  public void onCompleted() {
    listener.onEnd(this, null);
  }

  /** For an end that nobody asked for. */
  static Throwable unexpectedEnd() {
    return Status.UNAVAILABLE.withDescription("the sidecar ended the stream").asRuntimeException();
  }
}
