package dev.amqpsidecar.client;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * A queue's deliveries, handed to a handler, each settled by how the handler ends. Comes back by
 * itself when the sidecar restarts, and says so (DISCONNECTED, then SUBSCRIBED). It ends by stop or
 * close, or by a failure that waiting does not mend, such as a queue that is not there.
 */
public final class Subscription implements AutoCloseable {
  private static final Duration USUAL_STOP = Duration.ofSeconds(30);

  private final SubscriptionLoop loop;

  Subscription(SubscriptionLoop loop) {
    this.loop = loop;
  }

  /**
   * Stops in 30 s at most.
   *
   * @throws SidecarException as below
   */
  public void stop() {
    stop(USUAL_STOP);
  }

  /**
   * Stops gracefully: no handler is begun any more, what was not begun goes back to the queue
   * without an attempt counted, and running handlers finish and are settled. Its return says that
   * every settlement was taken. Not to be called by a handler: it would wait for itself.
   *
   * @param timeout above 0; then it ends as by close
   * @throws SidecarException DEADLINE_EXCEEDED when the time was up, another when the sidecar went
   *     away meanwhile, CANCELLED when the thread was interrupted: what was not settled comes again
   */
  public void stop(Duration timeout) {
    loop.stop(Checks.positive(timeout, "timeout"));
  }

  /**
   * Ends at once: what is not settled comes again. Running handlers go on, and their settlement is
   * dropped.
   */
  @Override
  public void close() {
    loop.close();
  }

  /**
   * Waits until it has ended.
   *
   * @throws SidecarException why it ended, unless by stop or close
   * @throws InterruptedException if the thread is interrupted; the subscription goes on
   */
  public void await() throws InterruptedException {
    loop.await();
  }

  /** {@return complete when it has ended: with a SidecarException unless by stop or close} */
  public CompletableFuture<Void> done() {
    return loop.done();
  }
}
