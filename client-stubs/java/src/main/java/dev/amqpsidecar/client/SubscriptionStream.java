package dev.amqpsidecar.client;

import dev.amqpsidecar.v1.SubscribeRequest;
import dev.amqpsidecar.v1.SubscribeStreamRequest;
import dev.amqpsidecar.v1.SubscribeStreamResponse;
import dev.amqpsidecar.v1.SubscriberServiceGrpc;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ClientResponseObserver;
import java.time.Duration;
import java.util.List;

/**
 * One SubscribeStream call of a subscription. Its listener is called on gRPC's I/O thread.
 * Settlements come from any thread; a task of the connection's writes them, one at a time, with all
 * that came while it wrote before.
 */
final class SubscriptionStream
    implements ClientResponseObserver<SubscribeStreamRequest, SubscribeStreamResponse> {
  /** What a stream tells, one after the other. */
  interface Listener {
    void onResponse(SubscriptionStream stream, SubscribeStreamResponse response);

    /** Once, and the last; null is an OK. */
    void onEnd(SubscriptionStream stream, Throwable failure);
  }

  private final Connection connection;
  private final Duration ackDeadline;
  private final Listener listener;
  private volatile ClientCallStreamObserver<SubscribeStreamRequest> call;

  // Guarded by this.
  private final Settlements pending = new Settlements();
  private boolean writing;
  private boolean closing; // half-close comes after what is pending
  private volatile boolean ended; // volatile: read without it, too

  SubscriptionStream(Connection connection, Duration ackDeadline, Listener listener) {
    this.connection = connection;
    this.ackDeadline = ackDeadline;
    this.listener = listener;
  }

  void start(SubscribeRequest request) {
    ClientCalls.asyncBidiStreamingCall(
        connection.channel.newCall(
            SubscriberServiceGrpc.getSubscribeStreamMethod(), Connection.streamOptions()),
        this);
    send(SubscribeStreamRequest.newBuilder().setSubscribe(request).build());
    if (ended) {
      call.cancel("the subscription was closed", null);
    }
  }

  /** False where it has to go by a call: the stream is half-closed. Dropped if it has ended. */
  boolean settle(Held held, Settlement settlement) {
    boolean wake;
    synchronized (this) {
      held.settled = true;
      if (ended) {
        return true;
      }
      if (closing) {
        return false;
      }
      pending.add(held.id(), settlement);
      wake = wakeWriter();
    }
    if (wake) {
      connection.run(this::write);
    }
    return true;
  }

  /** False as for settle. */
  boolean extend(List<Held> held) {
    boolean wake;
    synchronized (this) {
      if (ended) {
        return true;
      }
      if (closing) {
        return false;
      }
      pending.extend(held);
      wake = wakeWriter();
    }
    if (wake) {
      connection.run(this::write);
    }
    return true;
  }

  /** Nothing new comes; what is pending is written before. */
  void halfClose() {
    boolean wake;
    synchronized (this) {
      if (ended || closing) {
        return;
      }
      closing = true;
      wake = !writing;
      writing = true;
    }
    if (wake) {
      connection.run(this::write);
    }
  }

  void cancel() {
    synchronized (this) {
      ended = true;
    }
    if (call != null) {
      call.cancel("the subscription was closed", null);
    }
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<SubscribeStreamRequest> observer) {
    call = observer;
    observer.setOnReadyHandler(this::onReady);
  }

  @Override
  public void onNext(SubscribeStreamResponse response) {
    listener.onResponse(this, response);
  }

  @Override
  public void onError(Throwable thrown) {
    end(thrown);
  }

  @Override
  public void onCompleted() {
    end(null);
  }

  private void end(Throwable failure) {
    synchronized (this) {
      ended = true;
    }
    listener.onEnd(this, failure);
  }

  private void onReady() {
    boolean wake;
    synchronized (this) {
      wake = wakeWriter();
    }
    if (wake) {
      connection.run(this::write);
    }
  }

  // Guarded by this: whether the caller has to start the writer.
  private boolean wakeWriter() {
    if (writing || ended || pending.isEmpty() || !call.isReady()) {
      return false;
    }
    writing = true;
    return true;
  }

  private void write() {
    while (true) {
      List<SubscribeStreamRequest> requests;
      boolean last;
      synchronized (this) {
        boolean stuck = !closing && !call.isReady();
        if (ended || stuck || (pending.isEmpty() && !closing)) {
          writing = false;
          return;
        }
        last = closing; // Nothing is added any more, and writing stays set.
        requests = pending.take(ackDeadline);
      }
      requests.forEach(this::send);
      if (last) {
        send(null);
        return;
      }
    }
  }

  // Null half-closes. gRPC throws where cancel() came first; nobody needs it then.
  private void send(SubscribeStreamRequest request) {
    try {
      if (request == null) {
        call.onCompleted();
      } else {
        call.onNext(request);
      }
    } catch (IllegalStateException e) {
      if (!ended) {
        throw e;
      }
    }
  }
}
