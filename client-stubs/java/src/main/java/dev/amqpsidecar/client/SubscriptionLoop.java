package dev.amqpsidecar.client;

import dev.amqpsidecar.v1.SettleFailure;
import dev.amqpsidecar.v1.SubscribeRequest;
import dev.amqpsidecar.v1.SubscribeStreamResponse;
import dev.amqpsidecar.v1.SubscriptionEventKind;
import io.grpc.Status;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * What works for a Subscription: one stream after the other, from the first to stop. Called by the
 * stream on gRPC's I/O thread, by workers, by tasks of the connection's and by the user's threads.
 * Locks: its own, then the pool's or a stream's; none while the user's code runs.
 */
final class SubscriptionLoop implements SubscriptionStream.Listener {
  private enum State {
    RUNNING,
    STOPPING,
    ENDED
  }

  private final Connection connection;
  private final SubscribeRequest request;
  private final Duration ackDeadline;
  private final DeliveryHandler handler;
  private final HandlerPool pool;
  private final EventTeller events;
  private final SettleCalls calls;
  private final Runnable close = this::close;
  private final CompletableFuture<Void> done = new CompletableFuture<>();
  private Future<?> extending;

  // Guarded by this.
  private final Backoff backoff = Backoff.ofStream();
  private State state = State.RUNNING;
  private SubscriptionStream stream;
  private boolean begun; // the stream has said something
  private boolean draining; // so has the sidecar
  private boolean notRequeueable; // of a stream queue: nothing can be given back
  private int settling; // calls under way
  private SidecarException stopFailure;

  SubscriptionLoop(
      Connection connection, String queue, DeliveryHandler handler, SubscribeOptions options) {
    this.connection = connection;
    this.handler = handler;
    request = options.request(queue);
    ackDeadline = options.ackDeadline();
    pool =
        new HandlerPool(
            options.executorOr(connection::run), options.concurrency(), this::handle, this::look);
    events =
        new EventTeller(connection, options.onEventOr(event -> Log.event(queue, event)));
    calls = new SettleCalls(connection);
  }

  void start() {
    if (!ackDeadline.isZero()) {
      extending = connection.every(Math.max(1, ackDeadline.toNanos() / 2), this::extend);
    }
    connection.onClose(close);
    open();
  }

  CompletableFuture<Void> done() {
    return done.copy();
  }

  void await() throws InterruptedException {
    try {
      done.get();
    } catch (ExecutionException e) {
      throw ((SidecarException) e.getCause()).here();
    }
  }

  void stop(Duration timeout) {
    long deadline = System.nanoTime() + timeout.toNanos();
    SubscriptionStream last = null;
    List<Held> back = List.of();
    synchronized (this) {
      if (state == State.RUNNING) {
        state = State.STOPPING;
        pool.stop();
        back = pool.takeWaiting();
        last = stream;
        if (!begun) {
          stream = null; // It holds nothing.
        }
      }
    }
    if (last != null && !isCurrent(last)) {
      last.cancel();
    } else if (last != null) {
      last.halfClose();
      giveBack(back);
    }
    look();
    try {
      awaitStopped(deadline, timeout);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw SidecarException.ofCall(Status.Code.CANCELLED, "", "stop was interrupted", e);
    } finally {
      close();
    }
  }

  void close() {
    end(null);
  }

  @Override
  public void onResponse(SubscriptionStream from, SubscribeStreamResponse response) {
    if (response.hasEvent()) {
      onEvent(from, response.getEvent());
    }
    for (SettleFailure failure : response.getFailuresList()) {
      onFailure(failure);
    }
    if (response.getDeliveriesCount() == 0) {
      return;
    }
    List<Held> held =
        response.getDeliveriesList().stream().map(delivery -> new Held(delivery, from)).toList();
    boolean back;
    synchronized (this) {
      if (stream != from) {
        return;
      }
      back = state == State.STOPPING || draining;
    }
    // stop() may have come meanwhile, and have taken what waited before these.
    if (back || !pool.add(held)) {
      giveBack(held);
    }
  }

  @Override
  public void onEnd(SubscriptionStream from, Throwable thrown) {
    Throwable cause = thrown != null ? thrown : PublishStream.unexpectedEnd();
    SidecarException why = Errors.ofCall(cause);
    boolean fatal = false;
    synchronized (this) {
      if (stream != from) {
        return;
      }
      stream = null;
      pool.takeWaiting();
      if (state == State.STOPPING) {
        if (thrown != null) {
          stopFailure = why;
          events.disconnected(why);
        }
      } else {
        fatal = !comesBack(why);
        if (!fatal) {
          events.disconnected(why);
          connection.after(backoff.next(), this::open);
        }
      }
      notifyAll();
    }
    if (fatal) {
      end(why);
    }
  }

  private void open() {
    SubscriptionStream next;
    synchronized (this) {
      if (state != State.RUNNING) {
        return;
      }
      begun = false;
      draining = false;
      next = new SubscriptionStream(connection, ackDeadline, this);
      stream = next;
    }
    next.start(request);
  }

  private static boolean comesBack(SidecarException why) {
    return why.code() == Status.Code.UNAVAILABLE
        || why.reason().equals(Reason.SIDECAR_UNAVAILABLE)
        || why.reason().equals(Reason.LIMIT_EXCEEDED);
  }

  private void onEvent(SubscriptionStream from, dev.amqpsidecar.v1.SubscriptionEvent event) {
    List<Held> back = List.of();
    synchronized (this) {
      if (stream != from) {
        return;
      }
      begun = true;
      if (event.getKind() == SubscriptionEventKind.SUBSCRIPTION_EVENT_KIND_SUBSCRIBED) {
        backoff.reset();
      } else if (event.getKind() == SubscriptionEventKind.SUBSCRIPTION_EVENT_KIND_INTERRUPTED) {
        pool.takeWaiting(); // The broker delivers them again.
      } else if (event.getKind() == SubscriptionEventKind.SUBSCRIPTION_EVENT_KIND_DRAINING) {
        draining = true;
        back = pool.takeWaiting();
      }
    }
    giveBack(back);
    events.tell(event);
  }

  // On the stream, or on a call; of an extension or of a settlement.
  private void onFailure(SettleFailure failure) {
    for (Held held : pool.held()) {
      if (held.id().equals(failure.getDeliveryId()) && !held.settled) {
        // An extension's. What else there is to tell, its settlement will.
        held.limited = true;
        if (failure.getReason().equals(Reason.DEADLINE_LIMIT)) {
          events.settleFailed(failure);
        }
        return;
      }
    }
    if (failure.getReason().equals(Reason.DEADLINE_LIMIT)) {
      return; // It is settled meanwhile.
    }
    events.settleFailed(failure);
  }

  // A worker's.
  private void handle(Held held) {
    Settlement settlement = Settlement.ACK;
    Trace.Scope scope = Trace.PRESENT.enter(held.delivery.getProperties().getHeadersMap());
    try {
      handler.handle(new Delivery(held.delivery, connection.mapper));
    } catch (Throwable e) {
      Log.handlerFailed(held.delivery, e);
      settlement = Settlement.of(e);
    } finally {
      scope.close();
    }
    if (!held.stream.settle(held, settlement)) {
      settleByCall(List.of(held.id()), settlement);
    }
  }

  private void giveBack(List<Held> held) {
    List<String> byCall =
        held.stream()
            .filter(one -> !one.stream.settle(one, Settlement.GIVE_BACK))
            .map(Held::id)
            .toList();
    if (!byCall.isEmpty()) {
      settleByCall(byCall, Settlement.GIVE_BACK);
    }
  }

  private void settleByCall(List<String> ids, Settlement settlement) {
    synchronized (this) {
      settling++;
    }
    calls.settle(
        ids,
        settlement,
        failures -> {
          for (SettleFailure failure : failures) {
            if (settlement.verb() == Settlement.Verb.GIVE_BACK
                && failure.getReason().equals(Reason.NOT_REQUEUEABLE)) {
              synchronized (this) {
                notRequeueable = true;
              }
            } else {
              events.settleFailed(failure);
            }
          }
          synchronized (this) {
            settling--;
          }
          look();
        });
  }

  // On the timer's behalf: more time for all that is held.
  private void extend() {
    SubscriptionStream current;
    synchronized (this) {
      current = stream;
    }
    List<Held> held =
        pool.held().stream()
            .filter(one -> one.stream == current && !one.limited && !one.settled)
            .toList();
    if (!held.isEmpty() && !current.extend(held)) {
      List<String> ids = held.stream().map(Held::id).toList();
      calls.extend(ids, ackDeadline, failures -> failures.forEach(this::onFailure));
    }
  }

  // Whether what stop waits for is there.
  private void look() {
    SubscriptionStream unneeded = null;
    synchronized (this) {
      if (notRequeueable && stream != null && pool.isIdle() && settling == 0) {
        // A stream queue keeps its messages: nothing is lost by not giving them back.
        unneeded = stream;
        stream = null;
      }
      notifyAll();
    }
    if (unneeded != null) {
      unneeded.cancel();
    }
  }

  private synchronized boolean isCurrent(SubscriptionStream one) {
    return stream == one;
  }

  private synchronized void awaitStopped(long deadline, Duration timeout)
      throws InterruptedException {
    while (state != State.ENDED && !(stream == null && settling == 0 && pool.isIdle())) {
      long left = deadline - System.nanoTime();
      if (left <= 0) {
        throw SidecarException.ofCall(
            Status.Code.DEADLINE_EXCEEDED,
            "",
            "not stopped in " + timeout + ": " + pool.runningCount()
                + " handlers still run; what is not settled comes again",
            null);
      }
      TimeUnit.NANOSECONDS.timedWait(this, left);
    }
    if (stopFailure != null) {
      throw stopFailure;
    }
  }

  // The end of all; null by the user's will.
  private void end(SidecarException why) {
    SubscriptionStream last;
    synchronized (this) {
      if (state == State.ENDED) {
        return;
      }
      state = State.ENDED;
      last = stream;
      stream = null;
      pool.stop();
      pool.takeWaiting();
      notifyAll();
    }
    if (last != null) {
      last.cancel();
    }
    if (extending != null) {
      extending.cancel(false);
    }
    connection.forget(close);
    connection.run(
        () -> {
          if (why == null) {
            done.complete(null);
          } else {
            done.completeExceptionally(why);
          }
        });
  }
}
