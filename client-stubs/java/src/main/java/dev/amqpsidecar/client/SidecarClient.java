package dev.amqpsidecar.client;

import dev.amqpsidecar.v1.DeclareTopologyRequest;
import dev.amqpsidecar.v1.DeleteExchangeRequest;
import dev.amqpsidecar.v1.DeleteQueueRequest;
import dev.amqpsidecar.v1.GetQueueRequest;
import dev.amqpsidecar.v1.GetQueueResponse;
import dev.amqpsidecar.v1.PublishRequest;
import dev.amqpsidecar.v1.PurgeQueueRequest;
import dev.amqpsidecar.v1.TopologyServiceGrpc;
import dev.amqpsidecar.v1.UnbindQueueRequest;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Talks to one sidecar. Make one and share it: all methods may be called by many threads at once.
 * Calls wait for a sidecar that is not there, or is just restarting, as long as their timeout
 * allows.
 */
public final class SidecarClient implements AutoCloseable {
  private final Connection connection;

  SidecarClient(Connection connection) {
    this.connection = connection;
  }

  /**
   * Connects to the address in AMQP_SIDECAR_ADDR, else to
   * unix:///run/amqp-sidecar/sidecar.sock. Lazily: it does not fail when the sidecar is not up yet.
   *
   * @return a client, to be closed
   * @throws IllegalArgumentException for an address that is none
   */
  public static SidecarClient connect() {
    return builder().build();
  }

  /**
   * Connects to an address, lazily.
   *
   * @param address unix:///path, /path or host:port
   * @return a client, to be closed
   * @throws IllegalArgumentException for an address that is none
   */
  public static SidecarClient connect(String address) {
    return builder().address(address).build();
  }

  /** {@return for what needs more than an address} */
  public static SidecarClientBuilder builder() {
    return new SidecarClientBuilder();
  }

  /**
   * Publishes a message with no options set, and waits until the broker has confirmed it.
   *
   * @param exchange empty is the default exchange
   * @param routingKey at most 255 bytes
   * @param body byte[] as it is; anything else becomes JSON
   * @return as below
   * @throws SidecarException as below
   */
  public PublishResult publish(String exchange, String routingKey, Object body) {
    return publish(exchange, routingKey, body, PublishOptions.DEFAULT);
  }

  /**
   * Publishes a message, and waits until the broker has confirmed it. What the sidecar could not
   * send is tried again while the timeout allows; nothing else is.
   *
   * @param exchange empty is the default exchange
   * @param routingKey at most 255 bytes
   * @param body byte[] as it is; anything else, strings too, becomes JSON
   * @param options the message's properties and the timeout
   * @return the broker has it, and it reached a queue
   * @throws SidecarException else; it says what may be left behind. CANCELLED when the thread was
   *     interrupted
   */
  public PublishResult publish(
      String exchange, String routingKey, Object body, PublishOptions options) {
    return Errors.get(publishAsync(exchange, routingKey, body, options), true);
  }

  /**
   * Publishes a message with no options set.
   *
   * @param exchange empty is the default exchange
   * @param routingKey at most 255 bytes
   * @param body byte[] as it is; anything else becomes JSON
   * @return as below
   */
  public CompletableFuture<PublishResult> publishAsync(
      String exchange, String routingKey, Object body) {
    return publishAsync(exchange, routingKey, body, PublishOptions.DEFAULT);
  }

  /**
   * Publishes a message as publish does, and does not wait. For many messages, see {@link
   * #publisher()}.
   *
   * @param exchange empty is the default exchange
   * @param routingKey at most 255 bytes
   * @param body byte[] as it is; anything else, strings too, becomes JSON
   * @param options the message's properties and the timeout
   * @return fails with a SidecarException only; cancelling it cancels the call: the message may be
   *     there all the same
   */
  public CompletableFuture<PublishResult> publishAsync(
      String exchange, String routingKey, Object body, PublishOptions options) {
    long timeout = options.timeoutOr(connection.timeout).toNanos();
    PublishRequest request;
    try {
      request =
          PublishRequest.newBuilder()
              .setMessage(Outgoing.message(exchange, routingKey, body, options, connection.mapper))
              .setAllowUnroutable(options.allowUnroutable())
              .build();
    } catch (SidecarException e) {
      return CompletableFuture.failedFuture(e);
    }
    return new PublishCall(connection, request, timeout).start();
  }

  /** {@return a publisher with the usual options, to be closed} */
  public Publisher publisher() {
    return publisher(PublisherOptions.DEFAULT);
  }

  /**
   * Makes a publisher: batches over one stream, for many messages.
   *
   * @param options how many may be in flight, and for how long
   * @return to be closed
   */
  public Publisher publisher(PublisherOptions options) {
    return new Publisher(connection, options);
  }

  /**
   * Subscribes with the usual options: one handler at a time.
   *
   * @param queue has to exist
   * @param handler works on each delivery
   * @return to be stopped or closed
   */
  public Subscription subscribe(String queue, DeliveryHandler handler) {
    return subscribe(queue, handler, SubscribeOptions.DEFAULT);
  }

  /**
   * Hands a queue's deliveries to a handler. Returns at once: what is wrong with the subscription
   * shows in {@link Subscription#await} and {@link Subscription#done}.
   *
   * @param queue has to exist, unless the options have bindings
   * @param handler works on each delivery
   * @param options how
   * @return to be stopped or closed
   */
  public Subscription subscribe(String queue, DeliveryHandler handler, SubscribeOptions options) {
    SubscriptionLoop loop = new SubscriptionLoop(connection, queue, handler, options);
    loop.start();
    return new Subscription(loop);
  }

  /**
   * Declares exchanges, then queues, then bindings. Idempotent; the sidecar declares them again
   * after a reconnect.
   *
   * @param exchanges declared first
   * @param queues then these
   * @param bindings then these
   * @return the queues' names, in order, with those that the sidecar chose
   * @throws SidecarException TOPOLOGY_CONFLICT for one that exists with other properties,
   *     INVALID_TOPOLOGY, ACCESS_REFUSED and others
   */
  public List<String> declare(
      List<Exchange> exchanges, List<Queue> queues, List<Binding> bindings) {
    DeclareTopologyRequest.Builder request = DeclareTopologyRequest.newBuilder();
    exchanges.forEach(exchange -> request.addExchanges(exchange.toProto()));
    queues.forEach(queue -> request.addQueues(queue.toProto()));
    bindings.forEach(binding -> request.addBindings(binding.toProto()));
    return List.copyOf(
        call(TopologyServiceGrpc.getDeclareTopologyMethod(), request.build())
            .getQueueNamesList());
  }

  /**
   * Deletes a queue with what it holds. One that does not exist is no failure.
   *
   * @param queue its name
   * @param ifUnused only where it has no consumer; else QUEUE_IN_USE
   * @param ifEmpty only where it holds no message; else QUEUE_NOT_EMPTY
   * @return the messages that went with it
   * @throws SidecarException as said
   */
  public long deleteQueue(String queue, boolean ifUnused, boolean ifEmpty) {
    return call(
            TopologyServiceGrpc.getDeleteQueueMethod(),
            DeleteQueueRequest.newBuilder()
                .setQueue(queue)
                .setIfUnused(ifUnused)
                .setIfEmpty(ifEmpty)
                .build())
        .getMessageCount();
  }

  /**
   * Deletes an exchange. One that does not exist is no failure.
   *
   * @param exchange its name
   * @param ifUnused only where nothing is bound to it; else QUEUE_IN_USE
   * @throws SidecarException as said
   */
  public void deleteExchange(String exchange, boolean ifUnused) {
    call(
        TopologyServiceGrpc.getDeleteExchangeMethod(),
        DeleteExchangeRequest.newBuilder().setExchange(exchange).setIfUnused(ifUnused).build());
  }

  /**
   * Removes one binding. One that does not exist is no failure.
   *
   * @param binding all of it: it is known by its key and arguments, too
   * @throws SidecarException where it cannot be done
   */
  public void unbind(Binding binding) {
    call(
        TopologyServiceGrpc.getUnbindQueueMethod(),
        UnbindQueueRequest.newBuilder().setBinding(binding.toProto()).build());
  }

  /**
   * Drops the messages that wait in a queue; unsettled ones stay.
   *
   * @param queue its name
   * @return how many
   * @throws SidecarException QUEUE_NOT_FOUND and others
   */
  public long purgeQueue(String queue) {
    return call(
            TopologyServiceGrpc.getPurgeQueueMethod(),
            PurgeQueueRequest.newBuilder().setQueue(queue).build())
        .getMessageCount();
  }

  /**
   * Looks at a queue.
   *
   * @param queue its name
   * @return how many messages and consumers it has
   * @throws SidecarException QUEUE_NOT_FOUND and others
   */
  public QueueInfo getQueue(String queue) {
    GetQueueResponse response =
        call(
            TopologyServiceGrpc.getGetQueueMethod(),
            GetQueueRequest.newBuilder().setQueue(queue).build());
    return new QueueInfo(
        response.getQueue(), response.getMessageCount(), response.getConsumerCount());
  }

  /**
   * Ends all at once: close publishers and stop subscriptions before. What is not answered fails
   * with CANCELLED; what is not settled comes again.
   */
  @Override
  public void close() {
    connection.close();
  }

  private <Q, R> R call(MethodDescriptor<Q, R> method, Q request) {
    try {
      return ClientCalls.blockingUnaryCall(
          connection.channel,
          method,
          connection.callOptions(connection.timeout.toNanos()).withExecutor(null),
          request);
    } catch (StatusRuntimeException e) {
      throw Errors.ofCall(e);
    }
  }
}
