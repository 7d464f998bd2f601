package dev.amqpsidecar.client;

import dev.amqpsidecar.v1.Message;
import dev.amqpsidecar.v1.PublishItem;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Publishes many messages fast, over one stream: whatever waits when the stream is free to write
 * goes as one batch. A bounded number is in flight.
 *
 * <p>Messages of one exchange and routing key keep the order of the calls, as long as none has to
 * be tried again. A message that the sidecar says it has not sent is tried again until its time is
 * up; when the stream breaks, what was written and not answered fails with {@link
 * Persisted#UNKNOWN}: publish it again with the failure's message id. The stream comes back by
 * itself.
 *
 * <p>Futures are completed one after the other on a thread of the client's: what hangs on one may
 * block and publish, but must not wait for another one's future.
 */
public final class Publisher implements AutoCloseable {
  private final Connection connection;
  private final Duration timeout;
  private final AtomicLong tags = new AtomicLong();
  private final PublishPump pump;

  Publisher(Connection connection, PublisherOptions options) {
    this.connection = connection;
    timeout = options.timeout() == null ? connection.timeout : options.timeout();
    pump = new PublishPump(connection, options.maxInFlight());
  }

  /**
   * Publishes a message with no options set.
   *
   * @param exchange empty is the default exchange
   * @param routingKey at most 255 bytes
   * @param body byte[] as it is; anything else becomes JSON
   * @return as for the other
   */
  public CompletableFuture<PublishResult> publish(String exchange, String routingKey, Object body) {
    return publish(exchange, routingKey, body, PublishOptions.DEFAULT);
  }

  /**
   * Publishes a message. Blocks while {@link PublisherOptions#maxInFlight} messages are not
   * answered.
   *
   * @param exchange empty is the default exchange
   * @param routingKey at most 255 bytes
   * @param body byte[] as it is; anything else becomes JSON
   * @param options the message's properties and timeout
   * @return what became of the message; fails with a SidecarException only. Cancelling it drops a
   *     message that was not written yet
   * @throws IllegalStateException after close
   */
  public CompletableFuture<PublishResult> publish(
      String exchange, String routingKey, Object body, PublishOptions options) {
    long deadline = System.nanoTime() + options.timeoutOr(timeout).toNanos();
    Message message;
    try {
      message = Outgoing.message(exchange, routingKey, body, options, connection.mapper);
    } catch (SidecarException e) {
      return CompletableFuture.failedFuture(e);
    }
    PublishItem item =
        PublishItem.newBuilder()
            .setTag(tags.incrementAndGet())
            .setMessage(message)
            .setAllowUnroutable(options.allowUnroutable())
            .build();
    return pump.add(new PublishEntry(item, deadline));
  }

  /**
   * Waits until all messages are answered, those of other threads included, and their futures are
   * complete.
   *
   * @throws InterruptedException if the thread is interrupted
   */
  public void flush() throws InterruptedException {
    pump.flush();
  }

  /** Flushes, and ends the stream. An interrupt ends it at once; the thread stays interrupted. */
  @Override
  public void close() {
    pump.close();
  }
}
