package dev.amqpsidecar.client;

import java.util.ArrayList;
import java.util.List;

/**
 * Completes the futures of a Publisher, one after the other, by a task of the connection's: the
 * user's code may hang on them. Counts those that are not complete.
 */
final class PublishFutures {
  /** What became of a message: a result, or a failure. */
  record Outcome(PublishEntry entry, PublishResult result, SidecarException failure) {}

  private final Connection connection;

  // Guarded by this.
  private List<Outcome> decided = new ArrayList<>();
  private boolean completing; // a task is at it
  private int open;

  PublishFutures(Connection connection) {
    this.connection = connection;
  }

  synchronized void opened() {
    open++;
  }

  /** These are complete: their callers have cancelled them. */
  synchronized void closed(int count) {
    open -= count;
    if (open == 0) {
      notifyAll();
    }
  }

  void complete(List<Outcome> outcomes) {
    boolean wake;
    synchronized (this) {
      decided.addAll(outcomes);
      wake = !completing && !decided.isEmpty();
      completing |= wake;
    }
    if (wake) {
      connection.run(this::run);
    }
  }

  /** Waits until all are complete. */
  synchronized void await() throws InterruptedException {
    while (open > 0) {
      wait();
    }
  }

  private void run() {
    while (true) {
      List<Outcome> outcomes;
      synchronized (this) {
        if (decided.isEmpty()) {
          completing = false;
          return;
        }
        outcomes = decided;
        decided = new ArrayList<>();
      }
      for (Outcome outcome : outcomes) {
        if (outcome.failure() == null) {
          outcome.entry().future.complete(outcome.result());
        } else {
          outcome.entry().future.completeExceptionally(outcome.failure());
        }
      }
      closed(outcomes.size());
    }
  }
}
