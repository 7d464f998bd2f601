package dev.amqpsidecar.v1;

import static io.grpc.MethodDescriptor.generateFullMethodName;

/**
 * <pre>
 * Receives deliveries and settles them, one by one, when the work is done.
 * </pre>
 */
@io.grpc.stub.annotations.GrpcGenerated
public final class SubscriberServiceGrpc {

  private SubscriberServiceGrpc() {}

  public static final java.lang.String SERVICE_NAME = "amqp_sidecar.v1.SubscriberService";

  // Static method descriptors that strictly reflect the proto.
  private static volatile io.grpc.MethodDescriptor<dev.amqpsidecar.v1.SubscribeRequest,
      dev.amqpsidecar.v1.SubscribeResponse> getSubscribeMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "Subscribe",
      requestType = dev.amqpsidecar.v1.SubscribeRequest.class,
      responseType = dev.amqpsidecar.v1.SubscribeResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.SERVER_STREAMING)
  public static io.grpc.MethodDescriptor<dev.amqpsidecar.v1.SubscribeRequest,
      dev.amqpsidecar.v1.SubscribeResponse> getSubscribeMethod() {
    io.grpc.MethodDescriptor<dev.amqpsidecar.v1.SubscribeRequest, dev.amqpsidecar.v1.SubscribeResponse> getSubscribeMethod;
    if ((getSubscribeMethod = SubscriberServiceGrpc.getSubscribeMethod) == null) {
      synchronized (SubscriberServiceGrpc.class) {
        if ((getSubscribeMethod = SubscriberServiceGrpc.getSubscribeMethod) == null) {
          SubscriberServiceGrpc.getSubscribeMethod = getSubscribeMethod =
              io.grpc.MethodDescriptor.<dev.amqpsidecar.v1.SubscribeRequest, dev.amqpsidecar.v1.SubscribeResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.SERVER_STREAMING)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "Subscribe"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.amqpsidecar.v1.SubscribeRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.amqpsidecar.v1.SubscribeResponse.getDefaultInstance()))
              .setSchemaDescriptor(new SubscriberServiceMethodDescriptorSupplier("Subscribe"))
              .build();
        }
      }
    }
    return getSubscribeMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.amqpsidecar.v1.SubscribeStreamRequest,
      dev.amqpsidecar.v1.SubscribeStreamResponse> getSubscribeStreamMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "SubscribeStream",
      requestType = dev.amqpsidecar.v1.SubscribeStreamRequest.class,
      responseType = dev.amqpsidecar.v1.SubscribeStreamResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.BIDI_STREAMING)
  public static io.grpc.MethodDescriptor<dev.amqpsidecar.v1.SubscribeStreamRequest,
      dev.amqpsidecar.v1.SubscribeStreamResponse> getSubscribeStreamMethod() {
    io.grpc.MethodDescriptor<dev.amqpsidecar.v1.SubscribeStreamRequest, dev.amqpsidecar.v1.SubscribeStreamResponse> getSubscribeStreamMethod;
    if ((getSubscribeStreamMethod = SubscriberServiceGrpc.getSubscribeStreamMethod) == null) {
      synchronized (SubscriberServiceGrpc.class) {
        if ((getSubscribeStreamMethod = SubscriberServiceGrpc.getSubscribeStreamMethod) == null) {
          SubscriberServiceGrpc.getSubscribeStreamMethod = getSubscribeStreamMethod =
              io.grpc.MethodDescriptor.<dev.amqpsidecar.v1.SubscribeStreamRequest, dev.amqpsidecar.v1.SubscribeStreamResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.BIDI_STREAMING)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "SubscribeStream"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.amqpsidecar.v1.SubscribeStreamRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.amqpsidecar.v1.SubscribeStreamResponse.getDefaultInstance()))
              .setSchemaDescriptor(new SubscriberServiceMethodDescriptorSupplier("SubscribeStream"))
              .build();
        }
      }
    }
    return getSubscribeStreamMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.amqpsidecar.v1.AckRequest,
      dev.amqpsidecar.v1.AckResponse> getAckMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "Ack",
      requestType = dev.amqpsidecar.v1.AckRequest.class,
      responseType = dev.amqpsidecar.v1.AckResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.amqpsidecar.v1.AckRequest,
      dev.amqpsidecar.v1.AckResponse> getAckMethod() {
    io.grpc.MethodDescriptor<dev.amqpsidecar.v1.AckRequest, dev.amqpsidecar.v1.AckResponse> getAckMethod;
    if ((getAckMethod = SubscriberServiceGrpc.getAckMethod) == null) {
      synchronized (SubscriberServiceGrpc.class) {
        if ((getAckMethod = SubscriberServiceGrpc.getAckMethod) == null) {
          SubscriberServiceGrpc.getAckMethod = getAckMethod =
              io.grpc.MethodDescriptor.<dev.amqpsidecar.v1.AckRequest, dev.amqpsidecar.v1.AckResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "Ack"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.amqpsidecar.v1.AckRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.amqpsidecar.v1.AckResponse.getDefaultInstance()))
              .setSchemaDescriptor(new SubscriberServiceMethodDescriptorSupplier("Ack"))
              .build();
        }
      }
    }
    return getAckMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.amqpsidecar.v1.NackRequest,
      dev.amqpsidecar.v1.NackResponse> getNackMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "Nack",
      requestType = dev.amqpsidecar.v1.NackRequest.class,
      responseType = dev.amqpsidecar.v1.NackResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.amqpsidecar.v1.NackRequest,
      dev.amqpsidecar.v1.NackResponse> getNackMethod() {
    io.grpc.MethodDescriptor<dev.amqpsidecar.v1.NackRequest, dev.amqpsidecar.v1.NackResponse> getNackMethod;
    if ((getNackMethod = SubscriberServiceGrpc.getNackMethod) == null) {
      synchronized (SubscriberServiceGrpc.class) {
        if ((getNackMethod = SubscriberServiceGrpc.getNackMethod) == null) {
          SubscriberServiceGrpc.getNackMethod = getNackMethod =
              io.grpc.MethodDescriptor.<dev.amqpsidecar.v1.NackRequest, dev.amqpsidecar.v1.NackResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "Nack"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.amqpsidecar.v1.NackRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.amqpsidecar.v1.NackResponse.getDefaultInstance()))
              .setSchemaDescriptor(new SubscriberServiceMethodDescriptorSupplier("Nack"))
              .build();
        }
      }
    }
    return getNackMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.amqpsidecar.v1.RejectRequest,
      dev.amqpsidecar.v1.RejectResponse> getRejectMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "Reject",
      requestType = dev.amqpsidecar.v1.RejectRequest.class,
      responseType = dev.amqpsidecar.v1.RejectResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.amqpsidecar.v1.RejectRequest,
      dev.amqpsidecar.v1.RejectResponse> getRejectMethod() {
    io.grpc.MethodDescriptor<dev.amqpsidecar.v1.RejectRequest, dev.amqpsidecar.v1.RejectResponse> getRejectMethod;
    if ((getRejectMethod = SubscriberServiceGrpc.getRejectMethod) == null) {
      synchronized (SubscriberServiceGrpc.class) {
        if ((getRejectMethod = SubscriberServiceGrpc.getRejectMethod) == null) {
          SubscriberServiceGrpc.getRejectMethod = getRejectMethod =
              io.grpc.MethodDescriptor.<dev.amqpsidecar.v1.RejectRequest, dev.amqpsidecar.v1.RejectResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "Reject"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.amqpsidecar.v1.RejectRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.amqpsidecar.v1.RejectResponse.getDefaultInstance()))
              .setSchemaDescriptor(new SubscriberServiceMethodDescriptorSupplier("Reject"))
              .build();
        }
      }
    }
    return getRejectMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.amqpsidecar.v1.ExtendAckDeadlineRequest,
      dev.amqpsidecar.v1.ExtendAckDeadlineResponse> getExtendAckDeadlineMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "ExtendAckDeadline",
      requestType = dev.amqpsidecar.v1.ExtendAckDeadlineRequest.class,
      responseType = dev.amqpsidecar.v1.ExtendAckDeadlineResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.amqpsidecar.v1.ExtendAckDeadlineRequest,
      dev.amqpsidecar.v1.ExtendAckDeadlineResponse> getExtendAckDeadlineMethod() {
    io.grpc.MethodDescriptor<dev.amqpsidecar.v1.ExtendAckDeadlineRequest, dev.amqpsidecar.v1.ExtendAckDeadlineResponse> getExtendAckDeadlineMethod;
    if ((getExtendAckDeadlineMethod = SubscriberServiceGrpc.getExtendAckDeadlineMethod) == null) {
      synchronized (SubscriberServiceGrpc.class) {
        if ((getExtendAckDeadlineMethod = SubscriberServiceGrpc.getExtendAckDeadlineMethod) == null) {
          SubscriberServiceGrpc.getExtendAckDeadlineMethod = getExtendAckDeadlineMethod =
              io.grpc.MethodDescriptor.<dev.amqpsidecar.v1.ExtendAckDeadlineRequest, dev.amqpsidecar.v1.ExtendAckDeadlineResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "ExtendAckDeadline"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.amqpsidecar.v1.ExtendAckDeadlineRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.amqpsidecar.v1.ExtendAckDeadlineResponse.getDefaultInstance()))
              .setSchemaDescriptor(new SubscriberServiceMethodDescriptorSupplier("ExtendAckDeadline"))
              .build();
        }
      }
    }
    return getExtendAckDeadlineMethod;
  }

  /**
   * Creates a new async stub that supports all call types for the service
   */
  public static SubscriberServiceStub newStub(io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<SubscriberServiceStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<SubscriberServiceStub>() {
        @java.lang.Override
        public SubscriberServiceStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new SubscriberServiceStub(channel, callOptions);
        }
      };
    return SubscriberServiceStub.newStub(factory, channel);
  }

  /**
   * Creates a new blocking-style stub that supports unary and streaming output calls on the service
   */
  public static SubscriberServiceBlockingStub newBlockingStub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<SubscriberServiceBlockingStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<SubscriberServiceBlockingStub>() {
        @java.lang.Override
        public SubscriberServiceBlockingStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new SubscriberServiceBlockingStub(channel, callOptions);
        }
      };
    return SubscriberServiceBlockingStub.newStub(factory, channel);
  }

  /**
   * Creates a new ListenableFuture-style stub that supports unary calls on the service
   */
  public static SubscriberServiceFutureStub newFutureStub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<SubscriberServiceFutureStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<SubscriberServiceFutureStub>() {
        @java.lang.Override
        public SubscriberServiceFutureStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new SubscriberServiceFutureStub(channel, callOptions);
        }
      };
    return SubscriberServiceFutureStub.newStub(factory, channel);
  }

  /**
   * <pre>
   * Receives deliveries and settles them, one by one, when the work is done.
   * </pre>
   */
  public interface AsyncService {

    /**
     * <pre>
     * Streams deliveries from one queue. Nothing is acknowledged on the client's
     * behalf: settle every delivery with Ack, Nack or Reject. When the stream
     * ends, what is unsettled goes back to the queue.
     * </pre>
     */
    default void subscribe(dev.amqpsidecar.v1.SubscribeRequest request,
        io.grpc.stub.StreamObserver<dev.amqpsidecar.v1.SubscribeResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getSubscribeMethod(), responseObserver);
    }

    /**
     * <pre>
     * Subscribe and settle over one stream: the fastest way. A client that
     * half-closes gets no new deliveries and settles the rest by Ack, Nack and
     * Reject; then the stream ends.
     * </pre>
     */
    default io.grpc.stub.StreamObserver<dev.amqpsidecar.v1.SubscribeStreamRequest> subscribeStream(
        io.grpc.stub.StreamObserver<dev.amqpsidecar.v1.SubscribeStreamResponse> responseObserver) {
      return io.grpc.stub.ServerCalls.asyncUnimplementedStreamingCall(getSubscribeStreamMethod(), responseObserver);
    }

    /**
     * <pre>
     * The work is done: the broker may forget these deliveries.
     * </pre>
     */
    default void ack(dev.amqpsidecar.v1.AckRequest request,
        io.grpc.stub.StreamObserver<dev.amqpsidecar.v1.AckResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getAckMethod(), responseObserver);
    }

    /**
     * <pre>
     * The work failed for now: requeue, at once or after a delay. A subscription
     * with a retry policy counts the attempt and dead-letters the last one.
     * </pre>
     */
    default void nack(dev.amqpsidecar.v1.NackRequest request,
        io.grpc.stub.StreamObserver<dev.amqpsidecar.v1.NackResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getNackMethod(), responseObserver);
    }

    /**
     * <pre>
     * The message can never be processed: dead-letter it, or drop it where the
     * queue has no dead-letter exchange.
     * </pre>
     */
    default void reject(dev.amqpsidecar.v1.RejectRequest request,
        io.grpc.stub.StreamObserver<dev.amqpsidecar.v1.RejectResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getRejectMethod(), responseObserver);
    }

    /**
     * <pre>
     * More time for work that takes longer than the acknowledgement deadline.
     * </pre>
     */
    default void extendAckDeadline(dev.amqpsidecar.v1.ExtendAckDeadlineRequest request,
        io.grpc.stub.StreamObserver<dev.amqpsidecar.v1.ExtendAckDeadlineResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getExtendAckDeadlineMethod(), responseObserver);
    }
  }

  /**
   * Base class for the server implementation of the service SubscriberService.
   * <pre>
   * Receives deliveries and settles them, one by one, when the work is done.
   * </pre>
   */
  public static abstract class SubscriberServiceImplBase
      implements io.grpc.BindableService, AsyncService {

    @java.lang.Override public final io.grpc.ServerServiceDefinition bindService() {
      return SubscriberServiceGrpc.bindService(this);
    }
  }

  /**
   * A stub to allow clients to do asynchronous rpc calls to service SubscriberService.
   * <pre>
   * Receives deliveries and settles them, one by one, when the work is done.
   * </pre>
   */
  public static final class SubscriberServiceStub
      extends io.grpc.stub.AbstractAsyncStub<SubscriberServiceStub> {
    private SubscriberServiceStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected SubscriberServiceStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new SubscriberServiceStub(channel, callOptions);
    }

    /**
     * <pre>
     * Streams deliveries from one queue. Nothing is acknowledged on the client's
     * behalf: settle every delivery with Ack, Nack or Reject. When the stream
     * ends, what is unsettled goes back to the queue.
     * </pre>
     */
    public void subscribe(dev.amqpsidecar.v1.SubscribeRequest request,
        io.grpc.stub.StreamObserver<dev.amqpsidecar.v1.SubscribeResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncServerStreamingCall(
          getChannel().newCall(getSubscribeMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Subscribe and settle over one stream: the fastest way. A client that
     * half-closes gets no new deliveries and settles the rest by Ack, Nack and
     * Reject; then the stream ends.
     * </pre>
     */
    public io.grpc.stub.StreamObserver<dev.amqpsidecar.v1.SubscribeStreamRequest> subscribeStream(
        io.grpc.stub.StreamObserver<dev.amqpsidecar.v1.SubscribeStreamResponse> responseObserver) {
      return io.grpc.stub.ClientCalls.asyncBidiStreamingCall(
          getChannel().newCall(getSubscribeStreamMethod(), getCallOptions()), responseObserver);
    }

    /**
     * <pre>
     * The work is done: the broker may forget these deliveries.
     * </pre>
     */
    public void ack(dev.amqpsidecar.v1.AckRequest request,
        io.grpc.stub.StreamObserver<dev.amqpsidecar.v1.AckResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getAckMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * The work failed for now: requeue, at once or after a delay. A subscription
     * with a retry policy counts the attempt and dead-letters the last one.
     * </pre>
     */
    public void nack(dev.amqpsidecar.v1.NackRequest request,
        io.grpc.stub.StreamObserver<dev.amqpsidecar.v1.NackResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getNackMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * The message can never be processed: dead-letter it, or drop it where the
     * queue has no dead-letter exchange.
     * </pre>
     */
    public void reject(dev.amqpsidecar.v1.RejectRequest request,
        io.grpc.stub.StreamObserver<dev.amqpsidecar.v1.RejectResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getRejectMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * More time for work that takes longer than the acknowledgement deadline.
     * </pre>
     */
    public void extendAckDeadline(dev.amqpsidecar.v1.ExtendAckDeadlineRequest request,
        io.grpc.stub.StreamObserver<dev.amqpsidecar.v1.ExtendAckDeadlineResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getExtendAckDeadlineMethod(), getCallOptions()), request, responseObserver);
    }
  }

  /**
   * A stub to allow clients to do synchronous rpc calls to service SubscriberService.
   * <pre>
   * Receives deliveries and settles them, one by one, when the work is done.
   * </pre>
   */
  public static final class SubscriberServiceBlockingStub
      extends io.grpc.stub.AbstractBlockingStub<SubscriberServiceBlockingStub> {
    private SubscriberServiceBlockingStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected SubscriberServiceBlockingStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new SubscriberServiceBlockingStub(channel, callOptions);
    }

    /**
     * <pre>
     * Streams deliveries from one queue. Nothing is acknowledged on the client's
     * behalf: settle every delivery with Ack, Nack or Reject. When the stream
     * ends, what is unsettled goes back to the queue.
     * </pre>
     */
    public java.util.Iterator<dev.amqpsidecar.v1.SubscribeResponse> subscribe(
        dev.amqpsidecar.v1.SubscribeRequest request) {
      return io.grpc.stub.ClientCalls.blockingServerStreamingCall(
          getChannel(), getSubscribeMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * The work is done: the broker may forget these deliveries.
     * </pre>
     */
    public dev.amqpsidecar.v1.AckResponse ack(dev.amqpsidecar.v1.AckRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getAckMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * The work failed for now: requeue, at once or after a delay. A subscription
     * with a retry policy counts the attempt and dead-letters the last one.
     * </pre>
     */
    public dev.amqpsidecar.v1.NackResponse nack(dev.amqpsidecar.v1.NackRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getNackMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * The message can never be processed: dead-letter it, or drop it where the
     * queue has no dead-letter exchange.
     * </pre>
     */
    public dev.amqpsidecar.v1.RejectResponse reject(dev.amqpsidecar.v1.RejectRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getRejectMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * More time for work that takes longer than the acknowledgement deadline.
     * </pre>
     */
    public dev.amqpsidecar.v1.ExtendAckDeadlineResponse extendAckDeadline(dev.amqpsidecar.v1.ExtendAckDeadlineRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getExtendAckDeadlineMethod(), getCallOptions(), request);
    }
  }

  /**
   * A stub to allow clients to do ListenableFuture-style rpc calls to service SubscriberService.
   * <pre>
   * Receives deliveries and settles them, one by one, when the work is done.
   * </pre>
   */
  public static final class SubscriberServiceFutureStub
      extends io.grpc.stub.AbstractFutureStub<SubscriberServiceFutureStub> {
    private SubscriberServiceFutureStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected SubscriberServiceFutureStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new SubscriberServiceFutureStub(channel, callOptions);
    }

    /**
     * <pre>
     * The work is done: the broker may forget these deliveries.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.amqpsidecar.v1.AckResponse> ack(
        dev.amqpsidecar.v1.AckRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getAckMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * The work failed for now: requeue, at once or after a delay. A subscription
     * with a retry policy counts the attempt and dead-letters the last one.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.amqpsidecar.v1.NackResponse> nack(
        dev.amqpsidecar.v1.NackRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getNackMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * The message can never be processed: dead-letter it, or drop it where the
     * queue has no dead-letter exchange.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.amqpsidecar.v1.RejectResponse> reject(
        dev.amqpsidecar.v1.RejectRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getRejectMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * More time for work that takes longer than the acknowledgement deadline.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.amqpsidecar.v1.ExtendAckDeadlineResponse> extendAckDeadline(
        dev.amqpsidecar.v1.ExtendAckDeadlineRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getExtendAckDeadlineMethod(), getCallOptions()), request);
    }
  }

  private static final int METHODID_SUBSCRIBE = 0;
  private static final int METHODID_ACK = 1;
  private static final int METHODID_NACK = 2;
  private static final int METHODID_REJECT = 3;
  private static final int METHODID_EXTEND_ACK_DEADLINE = 4;
  private static final int METHODID_SUBSCRIBE_STREAM = 5;

  private static final class MethodHandlers<Req, Resp> implements
      io.grpc.stub.ServerCalls.UnaryMethod<Req, Resp>,
      io.grpc.stub.ServerCalls.ServerStreamingMethod<Req, Resp>,
      io.grpc.stub.ServerCalls.ClientStreamingMethod<Req, Resp>,
      io.grpc.stub.ServerCalls.BidiStreamingMethod<Req, Resp> {
    private final AsyncService serviceImpl;
    private final int methodId;

    MethodHandlers(AsyncService serviceImpl, int methodId) {
      this.serviceImpl = serviceImpl;
      this.methodId = methodId;
    }

    @java.lang.Override
    @java.lang.SuppressWarnings("unchecked")
    public void invoke(Req request, io.grpc.stub.StreamObserver<Resp> responseObserver) {
      switch (methodId) {
        case METHODID_SUBSCRIBE:
          serviceImpl.subscribe((dev.amqpsidecar.v1.SubscribeRequest) request,
              (io.grpc.stub.StreamObserver<dev.amqpsidecar.v1.SubscribeResponse>) responseObserver);
          break;
        case METHODID_ACK:
          serviceImpl.ack((dev.amqpsidecar.v1.AckRequest) request,
              (io.grpc.stub.StreamObserver<dev.amqpsidecar.v1.AckResponse>) responseObserver);
          break;
        case METHODID_NACK:
          serviceImpl.nack((dev.amqpsidecar.v1.NackRequest) request,
              (io.grpc.stub.StreamObserver<dev.amqpsidecar.v1.NackResponse>) responseObserver);
          break;
        case METHODID_REJECT:
          serviceImpl.reject((dev.amqpsidecar.v1.RejectRequest) request,
              (io.grpc.stub.StreamObserver<dev.amqpsidecar.v1.RejectResponse>) responseObserver);
          break;
        case METHODID_EXTEND_ACK_DEADLINE:
          serviceImpl.extendAckDeadline((dev.amqpsidecar.v1.ExtendAckDeadlineRequest) request,
              (io.grpc.stub.StreamObserver<dev.amqpsidecar.v1.ExtendAckDeadlineResponse>) responseObserver);
          break;
        default:
          throw new AssertionError();
      }
    }

    @java.lang.Override
    @java.lang.SuppressWarnings("unchecked")
    public io.grpc.stub.StreamObserver<Req> invoke(
        io.grpc.stub.StreamObserver<Resp> responseObserver) {
      switch (methodId) {
        case METHODID_SUBSCRIBE_STREAM:
          return (io.grpc.stub.StreamObserver<Req>) serviceImpl.subscribeStream(
              (io.grpc.stub.StreamObserver<dev.amqpsidecar.v1.SubscribeStreamResponse>) responseObserver);
        default:
          throw new AssertionError();
      }
    }
  }

  public static final io.grpc.ServerServiceDefinition bindService(AsyncService service) {
    return io.grpc.ServerServiceDefinition.builder(getServiceDescriptor())
        .addMethod(
          getSubscribeMethod(),
          io.grpc.stub.ServerCalls.asyncServerStreamingCall(
            new MethodHandlers<
              dev.amqpsidecar.v1.SubscribeRequest,
              dev.amqpsidecar.v1.SubscribeResponse>(
                service, METHODID_SUBSCRIBE)))
        .addMethod(
          getSubscribeStreamMethod(),
          io.grpc.stub.ServerCalls.asyncBidiStreamingCall(
            new MethodHandlers<
              dev.amqpsidecar.v1.SubscribeStreamRequest,
              dev.amqpsidecar.v1.SubscribeStreamResponse>(
                service, METHODID_SUBSCRIBE_STREAM)))
        .addMethod(
          getAckMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.amqpsidecar.v1.AckRequest,
              dev.amqpsidecar.v1.AckResponse>(
                service, METHODID_ACK)))
        .addMethod(
          getNackMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.amqpsidecar.v1.NackRequest,
              dev.amqpsidecar.v1.NackResponse>(
                service, METHODID_NACK)))
        .addMethod(
          getRejectMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.amqpsidecar.v1.RejectRequest,
              dev.amqpsidecar.v1.RejectResponse>(
                service, METHODID_REJECT)))
        .addMethod(
          getExtendAckDeadlineMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.amqpsidecar.v1.ExtendAckDeadlineRequest,
              dev.amqpsidecar.v1.ExtendAckDeadlineResponse>(
                service, METHODID_EXTEND_ACK_DEADLINE)))
        .build();
  }

  private static abstract class SubscriberServiceBaseDescriptorSupplier
      implements io.grpc.protobuf.ProtoFileDescriptorSupplier, io.grpc.protobuf.ProtoServiceDescriptorSupplier {
    SubscriberServiceBaseDescriptorSupplier() {}

    @java.lang.Override
    public com.google.protobuf.Descriptors.FileDescriptor getFileDescriptor() {
      return dev.amqpsidecar.v1.Subscriber.getDescriptor();
    }

    @java.lang.Override
    public com.google.protobuf.Descriptors.ServiceDescriptor getServiceDescriptor() {
      return getFileDescriptor().findServiceByName("SubscriberService");
    }
  }

  private static final class SubscriberServiceFileDescriptorSupplier
      extends SubscriberServiceBaseDescriptorSupplier {
    SubscriberServiceFileDescriptorSupplier() {}
  }

  private static final class SubscriberServiceMethodDescriptorSupplier
      extends SubscriberServiceBaseDescriptorSupplier
      implements io.grpc.protobuf.ProtoMethodDescriptorSupplier {
    private final java.lang.String methodName;

    SubscriberServiceMethodDescriptorSupplier(java.lang.String methodName) {
      this.methodName = methodName;
    }

    @java.lang.Override
    public com.google.protobuf.Descriptors.MethodDescriptor getMethodDescriptor() {
      return getServiceDescriptor().findMethodByName(methodName);
    }
  }

  private static volatile io.grpc.ServiceDescriptor serviceDescriptor;

  public static io.grpc.ServiceDescriptor getServiceDescriptor() {
    io.grpc.ServiceDescriptor result = serviceDescriptor;
    if (result == null) {
      synchronized (SubscriberServiceGrpc.class) {
        result = serviceDescriptor;
        if (result == null) {
          serviceDescriptor = result = io.grpc.ServiceDescriptor.newBuilder(SERVICE_NAME)
              .setSchemaDescriptor(new SubscriberServiceFileDescriptorSupplier())
              .addMethod(getSubscribeMethod())
              .addMethod(getSubscribeStreamMethod())
              .addMethod(getAckMethod())
              .addMethod(getNackMethod())
              .addMethod(getRejectMethod())
              .addMethod(getExtendAckDeadlineMethod())
              .build();
        }
      }
    }
    return result;
  }
}
