package dev.amqpsidecar.client;

import dev.amqpsidecar.client.PublishFutures.Outcome;
import dev.amqpsidecar.v1.PublishStreamRequest;
import dev.amqpsidecar.v1.PublishStreamResponse;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What works for a Publisher: writes what waits on the one stream, matches the results, tries again
 * what may be, and opens the next stream. Called by publishing threads, by the stream on gRPC's I/O
 * thread, and by tasks of the connection's; a task writes, one at a time.
 */
final class PublishPump implements PublishStream.Listener {
  private static final long CLOSE_NANOS = TimeUnit.SECONDS.toNanos(10);

  // A thread that waits for room is woken when an eighth is free, or looks after so long: else each
  // message would cost a switch of threads, and go in a batch of its own.
  private static final long ROOM_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

  private final Connection connection;
  private final int maxInFlight;
  private final PublishFutures futures;
  private final Runnable abort = this::abort;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  // Guarded by the lock.
  private final PublishBacklog backlog = new PublishBacklog();
  private final Backoff reopening = Backoff.ofPublish();
  private PublishStream stream;
  private SidecarException lastEnd; // of a stream, and nothing was answered since
  private boolean pausing; // before the next stream
  private boolean writing; // a task is at it
  private boolean closed;
  private int blocked; // threads that wait for room
  private Future<?> expiry;
  private long expiryAt;

  PublishPump(Connection connection, int maxInFlight) {
    this.connection = connection;
    this.maxInFlight = maxInFlight;
    futures = new PublishFutures(connection);
    connection.onClose(abort);
  }

  CompletableFuture<PublishResult> add(PublishEntry entry) {
    boolean wake;
    lock.lock();
    try {
      SidecarException failure = awaitRoom(entry);
      if (failure != null) {
        return CompletableFuture.failedFuture(failure);
      }
      backlog.add(entry);
      futures.opened();
      expireBy(entry.deadline);
      wake = wakeWriter();
    } finally {
      lock.unlock();
    }
    if (wake) {
      connection.run(this::write);
    }
    return entry.future;
  }

  void flush() throws InterruptedException {
    futures.await();
  }

  void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    try {
      futures.await();
      halfClose();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      connection.forget(abort);
      abort();
    }
  }

  private void halfClose() throws InterruptedException {
    lock.lock();
    try {
      while (writing) {
        changed.await();
      }
      if (stream != null) {
        stream.halfClose();
        long patience = CLOSE_NANOS;
        while (stream != null && patience > 0) {
          patience = changed.awaitNanos(patience);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void onReady() {
    boolean wake;
    lock.lock();
    try {
      wake = wakeWriter();
    } finally {
      lock.unlock();
    }
    if (wake) {
      connection.run(this::write);
    }
  }

  @Override
  public void onResults(PublishStream from, PublishStreamResponse response) {
    List<Outcome> outcomes = new ArrayList<>(response.getResultsCount());
    List<PublishEntry> again = new ArrayList<>();
    lock.lock();
    try {
      reopening.reset();
      lastEnd = null;
      for (dev.amqpsidecar.v1.PublishResult result : response.getResultsList()) {
        PublishEntry entry = backlog.answered(result.getTag());
        if (entry == null) {
          continue; // Its time was up.
        }
        if (result.getCode() == 0) {
          PublishResult good = new PublishResult(result.getMessageId(), result.getRouted());
          outcomes.add(new Outcome(entry, good, null));
        } else {
          SidecarException failure = Errors.ofResult(result, entry.messageId());
          retryOrFail(entry, failure, again, outcomes);
        }
      }
      restThenRetry(again);
    } finally {
      unlockAndComplete(outcomes);
    }
  }

  @Override
  public void onEnd(PublishStream from, Throwable failure) {
    List<Outcome> outcomes = new ArrayList<>();
    List<PublishEntry> again = new ArrayList<>();
    lock.lock();
    try {
      if (stream == from) {
        stream = null;
        SidecarException end =
            Errors.ofPublish(failure == null ? PublishStream.unexpectedEnd() : failure, "", true);
        // Two ends say that what has no result was not sent.
        boolean sent =
            !end.reason().equals(Reason.DRAINING)
                && !(end.code() == Status.Code.INVALID_ARGUMENT && !end.reason().isEmpty());
        for (PublishEntry entry : backlog.takeWritten()) {
          retryOrFail(entry, entry.unanswered(end, sent), again, outcomes);
        }
        restThenRetry(again);
        lastEnd = end;
        pausing = true;
        connection.after(reopening.next(), this::reopen);
        changed.signalAll();
      }
    } finally {
      unlockAndComplete(outcomes);
    }
  }

  private void reopen() {
    lock.lock();
    try {
      pausing = false;
    } finally {
      lock.unlock();
    }
    onReady();
  }

  // Under the lock: waits until there is room; the failure, where there is none in time.
  private SidecarException awaitRoom(PublishEntry entry) {
    blocked++;
    try {
      while (!closed && backlog.size() >= maxInFlight) {
        long left = entry.deadline - System.nanoTime();
        if (left <= 0) {
          return entry.failure(Status.Code.DEADLINE_EXCEEDED, false, "too many are in flight");
        }
        changed.awaitNanos(Math.min(left, ROOM_NANOS));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return entry.failure(Status.Code.CANCELLED, false, "the waiting thread was interrupted");
    } finally {
      blocked--;
    }
    if (closed) {
      throw new IllegalStateException("the publisher is closed");
    }
    return null;
  }

  // Under the lock: whether the caller has to start the writer.
  private boolean wakeWriter() {
    if (writing || !backlog.hasWaiting() || pausing || (stream != null && !stream.ready())) {
      return false;
    }
    writing = true;
    return true;
  }

  // Batch by batch, until nothing waits or the stream takes no more.
  private void write() {
    List<PublishEntry> cancelled = new ArrayList<>();
    boolean more = true;
    while (more) {
      PublishStream to;
      PublishStreamRequest batch = null; // none: the stream is new
      lock.lock();
      try {
        if (stream == null && backlog.hasWaiting() && !pausing) {
          stream = new PublishStream(this);
        } else if (stream != null && backlog.hasWaiting() && stream.ready()) {
          batch = backlog.nextBatch(cancelled);
        } else {
          more = false;
          writing = false;
        }
        to = stream;
        if (closed || !cancelled.isEmpty()) {
          changed.signalAll();
        }
      } finally {
        lock.unlock();
      }
      if (more && batch == null) {
        to.start(connection);
      } else if (more && batch.getItemsCount() > 0) {
        to.send(batch);
      }
      if (!cancelled.isEmpty()) {
        futures.closed(cancelled.size());
        cancelled.clear();
      }
    }
  }

  // Under the lock.
  private void retryOrFail(
      PublishEntry entry,
      SidecarException failure,
      List<PublishEntry> again,
      List<Outcome> outcomes) {
    boolean retry =
        failure.code() == Status.Code.UNAVAILABLE && failure.persisted() == Persisted.NO;
    if (retry && !entry.future.isCancelled()) {
      entry.last = failure;
      again.add(entry);
    } else {
      outcomes.add(new Outcome(entry, null, failure));
    }
  }

  // Under the lock. They are of one answer, and go together.
  private void restThenRetry(List<PublishEntry> entries) {
    if (entries.isEmpty()) {
      return;
    }
    long pause = 0;
    for (PublishEntry entry : entries) {
      pause = Math.max(pause, entry.pause());
    }
    backlog.rest(entries);
    connection.after(
        pause,
        () -> {
          lock.lock();
          try {
            backlog.wake(entries);
          } finally {
            lock.unlock();
          }
          onReady();
        });
  }

  // Under the lock: has expire() run by then.
  private void expireBy(long deadline) {
    if (expiry != null && expiryAt - deadline <= 0) {
      return;
    }
    if (expiry != null) {
      expiry.cancel(false);
    }
    expiryAt = deadline;
    expiry = connection.after(Math.max(0, deadline - System.nanoTime()), this::expire);
  }

  private void expire() {
    List<Outcome> outcomes = new ArrayList<>();
    lock.lock();
    try {
      expiry = null;
      backlog.takeDue(
          System.nanoTime(),
          (entry, sent) -> outcomes.add(new Outcome(entry, null, entry.expired(sent, lastEnd))));
      if (backlog.size() > 0) {
        expireBy(backlog.nextDeadline());
      }
    } finally {
      unlockAndComplete(outcomes);
    }
  }

  // The end of all, whatever is left.
  private void abort() {
    List<Outcome> outcomes = new ArrayList<>();
    PublishStream last;
    lock.lock();
    try {
      closed = true;
      last = stream;
      stream = null;
      backlog.takeAll(
          (entry, sent) -> {
            String detail = "the publisher was closed";
            SidecarException failure = entry.failure(Status.Code.CANCELLED, sent, detail);
            outcomes.add(new Outcome(entry, null, failure));
          });
      if (expiry != null) {
        expiry.cancel(false);
      }
      changed.signalAll();
    } finally {
      unlockAndComplete(outcomes);
    }
    if (last != null) {
      last.cancel();
    }
  }

  private void unlockAndComplete(List<Outcome> outcomes) {
    if (blocked > 0 && backlog.size() <= maxInFlight - maxInFlight / 8) {
      changed.signalAll();
    }
    lock.unlock();
    futures.complete(outcomes);
  }
}
