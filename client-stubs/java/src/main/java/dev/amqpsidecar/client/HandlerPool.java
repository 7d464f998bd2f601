package dev.amqpsidecar.client;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * The deliveries of a subscription that are held here, and the bounded number of workers that take
 * them one by one. A worker is a task of the executor's, there only while there is work. Knows no
 * streams.
 */
final class HandlerPool {
  private final Executor executor;
  private final int concurrency;
  private final Consumer<Held> work;
  private final Runnable idle;

  // Guarded by this.
  private final ArrayDeque<Held> waiting = new ArrayDeque<>();
  private final Set<Held> running = new HashSet<>();
  private int workers;
  private boolean stopped;

  /** {@code work} must not throw; {@code idle} is called whenever the last worker ends. */
  HandlerPool(Executor executor, int concurrency, Consumer<Held> work, Runnable idle) {
    this.executor = executor;
    this.concurrency = concurrency;
    this.work = work;
    this.idle = idle;
  }

  /** False where it is stopped: then it has taken none. */
  boolean add(List<Held> deliveries) {
    int more;
    synchronized (this) {
      if (stopped) {
        return false;
      }
      waiting.addAll(deliveries);
      more = Math.min(concurrency - workers, waiting.size());
      workers += more;
    }
    for (int i = 0; i < more; i++) {
      executor.execute(this::run);
    }
    return true;
  }

  /** Takes back what no handler has begun. */
  synchronized List<Held> takeWaiting() {
    List<Held> taken = new ArrayList<>(waiting);
    waiting.clear();
    return taken;
  }

  /** No handler is begun any more. */
  synchronized void stop() {
    stopped = true;
  }

  synchronized boolean isIdle() {
    return workers == 0;
  }

  synchronized int runningCount() {
    return running.size();
  }

  synchronized List<Held> held() {
    List<Held> all = new ArrayList<>(running);
    all.addAll(waiting);
    return all;
  }

  private void run() {
    Held held = next(null);
    while (held != null) {
      work.accept(held);
      held = next(held);
    }
  }

  private Held next(Held done) {
    synchronized (this) {
      if (done != null) {
        running.remove(done);
      }
      Held held = stopped ? null : waiting.poll();
      if (held != null) {
        running.add(held);
        return held;
      }
      workers--;
      if (workers > 0) {
        return null;
      }
    }
    idle.run();
    return null;
  }
}
