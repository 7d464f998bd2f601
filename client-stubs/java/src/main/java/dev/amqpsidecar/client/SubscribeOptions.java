package dev.amqpsidecar.client;

import dev.amqpsidecar.v1.SubscribeRequest;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/** How to subscribe. Immutable. */
public final class SubscribeOptions {
  static final SubscribeOptions DEFAULT = builder().build();
  private static final int USUAL_PREFETCH = 64;

  private final SubscribeRequest request;
  private final int concurrency;
  private final Duration ackDeadline;
  private final Executor executor;
  private final Consumer<SubscriptionEvent> onEvent;

  private SubscribeOptions(Builder builder) {
    SubscribeRequest.Builder proto = builder.request.clone();
    if (proto.getPrefetch() == 0 && builder.concurrency > USUAL_PREFETCH) {
      proto.setPrefetch(builder.concurrency);
    }
    request = proto.setAckDeadline(Fields.duration(builder.ackDeadline)).build();
    concurrency = builder.concurrency;
    ackDeadline = builder.ackDeadline;
    executor = builder.executor;
    onEvent = builder.onEvent;
  }

  SubscribeRequest request(String queue) {
    return request.toBuilder().setQueue(queue).build();
  }

  int concurrency() {
    return concurrency;
  }

  Duration ackDeadline() {
    return ackDeadline;
  }

  Executor executorOr(Executor other) {
    return executor == null ? other : executor;
  }

  Consumer<SubscriptionEvent> onEventOr(Consumer<SubscriptionEvent> other) {
    return onEvent == null ? other : onEvent;
  }

  /** {@return one handler at a time, a deadline of 30 s that is extended, no retry policy} */
  public static Builder builder() {
    return new Builder();
  }

  /** Sets one by one. */
  public static final class Builder {
    private final SubscribeRequest.Builder request = SubscribeRequest.newBuilder();
    private int concurrency = 1;
    private Duration ackDeadline = Duration.ofSeconds(30);
    private Executor executor;
    private Consumer<SubscriptionEvent> onEvent;

    private Builder() {}

    /**
     * Bounds the handlers that run at once.
     *
     * @param value 1 to 65535; 1 unless set
     * @return this
     */
    public Builder concurrency(int value) {
      concurrency = Checks.between(value, 1, 65535, "concurrency");
      return this;
    }

    /**
     * Bounds the deliveries that are held here, those worked on included.
     *
     * @param value 1 to 65535; 0, as unless set, means the sidecar's default, or the concurrency
     *     where that is more than 64
     * @return this
     */
    public Builder prefetch(int value) {
      request.setPrefetch(Checks.between(value, 0, 65535, "prefetch"));
      return this;
    }

    /**
     * Has a delivery taken back that nobody works on: this process extends the deadline of all that
     * it holds, every half of it.
     *
     * @param value 30 s unless set; 0 means none
     * @return this
     */
    public Builder ackDeadline(Duration value) {
      ackDeadline = Checks.notNegative(value, "ackDeadline");
      return this;
    }

    /**
     * Sets what a failed handler leads to.
     *
     * @param value without one, the message is delivered again at once
     * @return this
     */
    public Builder retry(RetryPolicy value) {
      request.setRetry(value.toProto());
      return this;
    }

    /**
     * Wants to be the queue's only consumer, or fail.
     *
     * @param value false unless set
     * @return this
     */
    public Builder exclusive(boolean value) {
      request.setExclusive(value);
      return this;
    }

    /**
     * Sets the consumer priority.
     *
     * @param value higher is served first
     * @return this
     */
    public Builder priority(int value) {
      request.setPriority(value);
      return this;
    }

    /**
     * Adds arguments of basic.consume, such as x-stream-offset.
     *
     * @param values as for {@link PublishOptions.Builder#header}
     * @return this
     */
    public Builder arguments(Map<String, ?> values) {
      request.putAllArguments(Fields.toProto(values));
      return this;
    }

    /**
     * Has the sidecar declare the queue, bound so: with an empty name exclusive to this
     * subscription and deleted with it, with a name durable.
     *
     * @param values their queue is not read
     * @return this
     */
    public Builder bindings(List<Binding> values) {
      values.forEach(binding -> request.addBindings(binding.toProto().toBuilder().clearQueue()));
      return this;
    }

    /**
     * Has handlers run elsewhere than on the client's own threads.
     *
     * @param value has at least as many threads as the concurrency, or fewer handlers run at once
     * @return this
     */
    public Builder executor(Executor value) {
      executor = value;
      return this;
    }

    /**
     * Hears of what happens to the subscription, in order, one at a time, on a thread of the
     * client's. Unless set, events go to the System.Logger "dev.amqpsidecar.client".
     *
     * @param value what it throws is logged
     * @return this
     */
    public Builder onEvent(Consumer<SubscriptionEvent> value) {
      onEvent = value;
      return this;
    }

    /** {@return the options; the builder may be used on} */
    public SubscribeOptions build() {
      return new SubscribeOptions(this);
    }
  }
}
