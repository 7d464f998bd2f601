package dev.amqpsidecar.client;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What all parts of one client share: the channel, threads (daemons), the timer, settings. The
 * user's code never runs on a thread of gRPC's or on the timer, only on {@link #executor}.
 */
final class Connection {
  private static final int MAX_RECEIVE_BYTES = 129 * 1024 * 1024;

  final Channel channel;
  final ObjectMapper mapper;
  final Duration timeout;
  final ExecutorService executor;
  private final ManagedChannel owned;
  private final ScheduledThreadPoolExecutor timer;
  private final Set<Runnable> endings = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  Connection(Channel channel, boolean own, ObjectMapper mapper, Duration timeout) {
    this.channel = channel;
    this.mapper = mapper;
    this.timeout = timeout;
    owned = own ? (ManagedChannel) channel : null;
    executor = Executors.newCachedThreadPool(daemons("amqp-sidecar"));
    timer = new ScheduledThreadPoolExecutor(1, daemons("amqp-sidecar-timer"));
    timer.setRemoveOnCancelPolicy(true);
    if (channel instanceof ManagedChannel managed) {
      new Reconnect(managed, this).watch();
    }
  }

  /**
   * For streams: gRPC calls back on its I/O thread, which saves a hop for each message. What is
   * called back must not block, and must not run the user's code.
   */
  static CallOptions streamOptions() {
    return CallOptions.DEFAULT
        .withWaitForReady()
        .withMaxInboundMessageSize(MAX_RECEIVE_BYTES)
        .withExecutor(Runnable::run);
  }

  CallOptions callOptions(long timeoutNanos) {
    return CallOptions.DEFAULT
        .withWaitForReady()
        .withMaxInboundMessageSize(MAX_RECEIVE_BYTES)
        .withExecutor(this::run)
        .withDeadlineAfter(timeoutNanos, TimeUnit.NANOSECONDS);
  }

  /** Runs a short task later, on the executor; after close, at once. */
  Future<?> after(long nanos, Runnable task) {
    try {
      return timer.schedule(() -> run(task), nanos, TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException e) {
      task.run();
      return CompletableFuture.completedFuture(null);
    }
  }

  Future<?> every(long nanos, Runnable task) {
    try {
      return timer.scheduleWithFixedDelay(() -> run(task), nanos, nanos, TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException e) {
      return CompletableFuture.completedFuture(null);
    }
  }

  /** Runs a task on the executor; after close, here. */
  void run(Runnable task) {
    if (!closed) {
      try {
        executor.execute(task);
        return;
      } catch (RejectedExecutionException e) {
        // Closed just now.
      }
    }
    task.run();
  }

  /** What close() has to end, unless {@link #forget} comes first. */
  void onClose(Runnable ending) {
    endings.add(ending);
    if (closed && endings.remove(ending)) {
      ending.run();
    }
  }

  void forget(Runnable ending) {
    endings.remove(ending);
  }

  boolean closed() {
    return closed;
  }

  void close() {
    if (closed) {
      return;
    }
    closed = true;
    for (Runnable ending : endings) {
      if (endings.remove(ending)) {
        ending.run();
      }
    }
    if (owned != null) {
      owned.shutdownNow();
    }
    timer.shutdownNow();
    executor.shutdown();
  }

  private static ThreadFactory daemons(String name) {
    AtomicInteger number = new AtomicInteger();
    return task -> {
      Thread thread = new Thread(task, name + "-" + number.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }
}
