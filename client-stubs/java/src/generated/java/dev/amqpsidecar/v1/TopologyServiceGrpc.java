package dev.amqpsidecar.v1;

import static io.grpc.MethodDescriptor.generateFullMethodName;

/**
 * <pre>
 * Exchanges, queues and bindings. What is declared here is declared again
 * after a reconnect, and lasts in the broker beyond the sidecar.
 * </pre>
 */
@io.grpc.stub.annotations.GrpcGenerated
public final class TopologyServiceGrpc {

  private TopologyServiceGrpc() {}

  public static final java.lang.String SERVICE_NAME = "amqp_sidecar.v1.TopologyService";

  // Static method descriptors that strictly reflect the proto.
  private static volatile io.grpc.MethodDescriptor<dev.amqpsidecar.v1.DeclareTopologyRequest,
      dev.amqpsidecar.v1.DeclareTopologyResponse> getDeclareTopologyMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "DeclareTopology",
      requestType = dev.amqpsidecar.v1.DeclareTopologyRequest.class,
      responseType = dev.amqpsidecar.v1.DeclareTopologyResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.amqpsidecar.v1.DeclareTopologyRequest,
      dev.amqpsidecar.v1.DeclareTopologyResponse> getDeclareTopologyMethod() {
    io.grpc.MethodDescriptor<dev.amqpsidecar.v1.DeclareTopologyRequest, dev.amqpsidecar.v1.DeclareTopologyResponse> getDeclareTopologyMethod;
    if ((getDeclareTopologyMethod = TopologyServiceGrpc.getDeclareTopologyMethod) == null) {
      synchronized (TopologyServiceGrpc.class) {
        if ((getDeclareTopologyMethod = TopologyServiceGrpc.getDeclareTopologyMethod) == null) {
          TopologyServiceGrpc.getDeclareTopologyMethod = getDeclareTopologyMethod =
              io.grpc.MethodDescriptor.<dev.amqpsidecar.v1.DeclareTopologyRequest, dev.amqpsidecar.v1.DeclareTopologyResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "DeclareTopology"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.amqpsidecar.v1.DeclareTopologyRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.amqpsidecar.v1.DeclareTopologyResponse.getDefaultInstance()))
              .setSchemaDescriptor(new TopologyServiceMethodDescriptorSupplier("DeclareTopology"))
              .build();
        }
      }
    }
    return getDeclareTopologyMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.amqpsidecar.v1.DeleteQueueRequest,
      dev.amqpsidecar.v1.DeleteQueueResponse> getDeleteQueueMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "DeleteQueue",
      requestType = dev.amqpsidecar.v1.DeleteQueueRequest.class,
      responseType = dev.amqpsidecar.v1.DeleteQueueResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.amqpsidecar.v1.DeleteQueueRequest,
      dev.amqpsidecar.v1.DeleteQueueResponse> getDeleteQueueMethod() {
    io.grpc.MethodDescriptor<dev.amqpsidecar.v1.DeleteQueueRequest, dev.amqpsidecar.v1.DeleteQueueResponse> getDeleteQueueMethod;
    if ((getDeleteQueueMethod = TopologyServiceGrpc.getDeleteQueueMethod) == null) {
      synchronized (TopologyServiceGrpc.class) {
        if ((getDeleteQueueMethod = TopologyServiceGrpc.getDeleteQueueMethod) == null) {
          TopologyServiceGrpc.getDeleteQueueMethod = getDeleteQueueMethod =
              io.grpc.MethodDescriptor.<dev.amqpsidecar.v1.DeleteQueueRequest, dev.amqpsidecar.v1.DeleteQueueResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "DeleteQueue"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.amqpsidecar.v1.DeleteQueueRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.amqpsidecar.v1.DeleteQueueResponse.getDefaultInstance()))
              .setSchemaDescriptor(new TopologyServiceMethodDescriptorSupplier("DeleteQueue"))
              .build();
        }
      }
    }
    return getDeleteQueueMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.amqpsidecar.v1.DeleteExchangeRequest,
      dev.amqpsidecar.v1.DeleteExchangeResponse> getDeleteExchangeMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "DeleteExchange",
      requestType = dev.amqpsidecar.v1.DeleteExchangeRequest.class,
      responseType = dev.amqpsidecar.v1.DeleteExchangeResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.amqpsidecar.v1.DeleteExchangeRequest,
      dev.amqpsidecar.v1.DeleteExchangeResponse> getDeleteExchangeMethod() {
    io.grpc.MethodDescriptor<dev.amqpsidecar.v1.DeleteExchangeRequest, dev.amqpsidecar.v1.DeleteExchangeResponse> getDeleteExchangeMethod;
    if ((getDeleteExchangeMethod = TopologyServiceGrpc.getDeleteExchangeMethod) == null) {
      synchronized (TopologyServiceGrpc.class) {
        if ((getDeleteExchangeMethod = TopologyServiceGrpc.getDeleteExchangeMethod) == null) {
          TopologyServiceGrpc.getDeleteExchangeMethod = getDeleteExchangeMethod =
              io.grpc.MethodDescriptor.<dev.amqpsidecar.v1.DeleteExchangeRequest, dev.amqpsidecar.v1.DeleteExchangeResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "DeleteExchange"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.amqpsidecar.v1.DeleteExchangeRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.amqpsidecar.v1.DeleteExchangeResponse.getDefaultInstance()))
              .setSchemaDescriptor(new TopologyServiceMethodDescriptorSupplier("DeleteExchange"))
              .build();
        }
      }
    }
    return getDeleteExchangeMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.amqpsidecar.v1.UnbindQueueRequest,
      dev.amqpsidecar.v1.UnbindQueueResponse> getUnbindQueueMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "UnbindQueue",
      requestType = dev.amqpsidecar.v1.UnbindQueueRequest.class,
      responseType = dev.amqpsidecar.v1.UnbindQueueResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.amqpsidecar.v1.UnbindQueueRequest,
      dev.amqpsidecar.v1.UnbindQueueResponse> getUnbindQueueMethod() {
    io.grpc.MethodDescriptor<dev.amqpsidecar.v1.UnbindQueueRequest, dev.amqpsidecar.v1.UnbindQueueResponse> getUnbindQueueMethod;
    if ((getUnbindQueueMethod = TopologyServiceGrpc.getUnbindQueueMethod) == null) {
      synchronized (TopologyServiceGrpc.class) {
        if ((getUnbindQueueMethod = TopologyServiceGrpc.getUnbindQueueMethod) == null) {
          TopologyServiceGrpc.getUnbindQueueMethod = getUnbindQueueMethod =
              io.grpc.MethodDescriptor.<dev.amqpsidecar.v1.UnbindQueueRequest, dev.amqpsidecar.v1.UnbindQueueResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "UnbindQueue"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.amqpsidecar.v1.UnbindQueueRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.amqpsidecar.v1.UnbindQueueResponse.getDefaultInstance()))
              .setSchemaDescriptor(new TopologyServiceMethodDescriptorSupplier("UnbindQueue"))
              .build();
        }
      }
    }
    return getUnbindQueueMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.amqpsidecar.v1.PurgeQueueRequest,
      dev.amqpsidecar.v1.PurgeQueueResponse> getPurgeQueueMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "PurgeQueue",
      requestType = dev.amqpsidecar.v1.PurgeQueueRequest.class,
      responseType = dev.amqpsidecar.v1.PurgeQueueResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.amqpsidecar.v1.PurgeQueueRequest,
      dev.amqpsidecar.v1.PurgeQueueResponse> getPurgeQueueMethod() {
    io.grpc.MethodDescriptor<dev.amqpsidecar.v1.PurgeQueueRequest, dev.amqpsidecar.v1.PurgeQueueResponse> getPurgeQueueMethod;
    if ((getPurgeQueueMethod = TopologyServiceGrpc.getPurgeQueueMethod) == null) {
      synchronized (TopologyServiceGrpc.class) {
        if ((getPurgeQueueMethod = TopologyServiceGrpc.getPurgeQueueMethod) == null) {
          TopologyServiceGrpc.getPurgeQueueMethod = getPurgeQueueMethod =
              io.grpc.MethodDescriptor.<dev.amqpsidecar.v1.PurgeQueueRequest, dev.amqpsidecar.v1.PurgeQueueResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "PurgeQueue"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.amqpsidecar.v1.PurgeQueueRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.amqpsidecar.v1.PurgeQueueResponse.getDefaultInstance()))
              .setSchemaDescriptor(new TopologyServiceMethodDescriptorSupplier("PurgeQueue"))
              .build();
        }
      }
    }
    return getPurgeQueueMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.amqpsidecar.v1.GetQueueRequest,
      dev.amqpsidecar.v1.GetQueueResponse> getGetQueueMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "GetQueue",
      requestType = dev.amqpsidecar.v1.GetQueueRequest.class,
      responseType = dev.amqpsidecar.v1.GetQueueResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.amqpsidecar.v1.GetQueueRequest,
      dev.amqpsidecar.v1.GetQueueResponse> getGetQueueMethod() {
    io.grpc.MethodDescriptor<dev.amqpsidecar.v1.GetQueueRequest, dev.amqpsidecar.v1.GetQueueResponse> getGetQueueMethod;
    if ((getGetQueueMethod = TopologyServiceGrpc.getGetQueueMethod) == null) {
      synchronized (TopologyServiceGrpc.class) {
        if ((getGetQueueMethod = TopologyServiceGrpc.getGetQueueMethod) == null) {
          TopologyServiceGrpc.getGetQueueMethod = getGetQueueMethod =
              io.grpc.MethodDescriptor.<dev.amqpsidecar.v1.GetQueueRequest, dev.amqpsidecar.v1.GetQueueResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "GetQueue"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.amqpsidecar.v1.GetQueueRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.amqpsidecar.v1.GetQueueResponse.getDefaultInstance()))
              .setSchemaDescriptor(new TopologyServiceMethodDescriptorSupplier("GetQueue"))
              .build();
        }
      }
    }
    return getGetQueueMethod;
  }

  /**
   * Creates a new async stub that supports all call types for the service
   */
  public static TopologyServiceStub newStub(io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<TopologyServiceStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<TopologyServiceStub>() {
        @java.lang.Override
        public TopologyServiceStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new TopologyServiceStub(channel, callOptions);
        }
      };
    return TopologyServiceStub.newStub(factory, channel);
  }

  /**
   * Creates a new blocking-style stub that supports unary and streaming output calls on the service
   */
  public static TopologyServiceBlockingStub newBlockingStub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<TopologyServiceBlockingStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<TopologyServiceBlockingStub>() {
        @java.lang.Override
        public TopologyServiceBlockingStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new TopologyServiceBlockingStub(channel, callOptions);
        }
      };
    return TopologyServiceBlockingStub.newStub(factory, channel);
  }

  /**
   * Creates a new ListenableFuture-style stub that supports unary calls on the service
   */
  public static TopologyServiceFutureStub newFutureStub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<TopologyServiceFutureStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<TopologyServiceFutureStub>() {
        @java.lang.Override
        public TopologyServiceFutureStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new TopologyServiceFutureStub(channel, callOptions);
        }
      };
    return TopologyServiceFutureStub.newStub(factory, channel);
  }

  /**
   * <pre>
   * Exchanges, queues and bindings. What is declared here is declared again
   * after a reconnect, and lasts in the broker beyond the sidecar.
   * </pre>
   */
  public interface AsyncService {

    /**
     * <pre>
     * Declares all that the topology names, in order: exchanges, queues,
     * bindings. Idempotent. One that exists with other properties fails the call
     * with FAILED_PRECONDITION, and names it and the difference; the rest of the
     * connection's work goes on.
     * </pre>
     */
    default void declareTopology(dev.amqpsidecar.v1.DeclareTopologyRequest request,
        io.grpc.stub.StreamObserver<dev.amqpsidecar.v1.DeclareTopologyResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getDeclareTopologyMethod(), responseObserver);
    }

    /**
     * <pre>
     * Deletes a queue with what it holds. Deleting one that does not exist is OK.
     * </pre>
     */
    default void deleteQueue(dev.amqpsidecar.v1.DeleteQueueRequest request,
        io.grpc.stub.StreamObserver<dev.amqpsidecar.v1.DeleteQueueResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getDeleteQueueMethod(), responseObserver);
    }

    /**
     * <pre>
     * Deletes an exchange. Deleting one that does not exist is OK.
     * </pre>
     */
    default void deleteExchange(dev.amqpsidecar.v1.DeleteExchangeRequest request,
        io.grpc.stub.StreamObserver<dev.amqpsidecar.v1.DeleteExchangeResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getDeleteExchangeMethod(), responseObserver);
    }

    /**
     * <pre>
     * Removes one binding, and no longer restores it after a reconnect.
     * </pre>
     */
    default void unbindQueue(dev.amqpsidecar.v1.UnbindQueueRequest request,
        io.grpc.stub.StreamObserver<dev.amqpsidecar.v1.UnbindQueueResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getUnbindQueueMethod(), responseObserver);
    }

    /**
     * <pre>
     * Drops the messages that wait in a queue; unsettled ones stay.
     * </pre>
     */
    default void purgeQueue(dev.amqpsidecar.v1.PurgeQueueRequest request,
        io.grpc.stub.StreamObserver<dev.amqpsidecar.v1.PurgeQueueResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getPurgeQueueMethod(), responseObserver);
    }

    /**
     * <pre>
     * Whether a queue exists, and how many messages and consumers it has.
     * </pre>
     */
    default void getQueue(dev.amqpsidecar.v1.GetQueueRequest request,
        io.grpc.stub.StreamObserver<dev.amqpsidecar.v1.GetQueueResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getGetQueueMethod(), responseObserver);
    }
  }

  /**
   * Base class for the server implementation of the service TopologyService.
   * <pre>
   * Exchanges, queues and bindings. What is declared here is declared again
   * after a reconnect, and lasts in the broker beyond the sidecar.
   * </pre>
   */
  public static abstract class TopologyServiceImplBase
      implements io.grpc.BindableService, AsyncService {

    @java.lang.Override public final io.grpc.ServerServiceDefinition bindService() {
      return TopologyServiceGrpc.bindService(this);
    }
  }

  /**
   * A stub to allow clients to do asynchronous rpc calls to service TopologyService.
   * <pre>
   * Exchanges, queues and bindings. What is declared here is declared again
   * after a reconnect, and lasts in the broker beyond the sidecar.
   * </pre>
   */
  public static final class TopologyServiceStub
      extends io.grpc.stub.AbstractAsyncStub<TopologyServiceStub> {
    private TopologyServiceStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected TopologyServiceStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new TopologyServiceStub(channel, callOptions);
    }

    /**
     * <pre>
     * Declares all that the topology names, in order: exchanges, queues,
     * bindings. Idempotent. One that exists with other properties fails the call
     * with FAILED_PRECONDITION, and names it and the difference; the rest of the
     * connection's work goes on.
     * </pre>
     */
    public void declareTopology(dev.amqpsidecar.v1.DeclareTopologyRequest request,
        io.grpc.stub.StreamObserver<dev.amqpsidecar.v1.DeclareTopologyResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getDeclareTopologyMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Deletes a queue with what it holds. Deleting one that does not exist is OK.
     * </pre>
     */
    public void deleteQueue(dev.amqpsidecar.v1.DeleteQueueRequest request,
        io.grpc.stub.StreamObserver<dev.amqpsidecar.v1.DeleteQueueResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getDeleteQueueMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Deletes an exchange. Deleting one that does not exist is OK.
     * </pre>
     */
    public void deleteExchange(dev.amqpsidecar.v1.DeleteExchangeRequest request,
        io.grpc.stub.StreamObserver<dev.amqpsidecar.v1.DeleteExchangeResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getDeleteExchangeMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Removes one binding, and no longer restores it after a reconnect.
     * </pre>
     */
    public void unbindQueue(dev.amqpsidecar.v1.UnbindQueueRequest request,
        io.grpc.stub.StreamObserver<dev.amqpsidecar.v1.UnbindQueueResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getUnbindQueueMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Drops the messages that wait in a queue; unsettled ones stay.
     * </pre>
     */
    public void purgeQueue(dev.amqpsidecar.v1.PurgeQueueRequest request,
        io.grpc.stub.StreamObserver<dev.amqpsidecar.v1.PurgeQueueResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getPurgeQueueMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Whether a queue exists, and how many messages and consumers it has.
     * </pre>
     */
    public void getQueue(dev.amqpsidecar.v1.GetQueueRequest request,
        io.grpc.stub.StreamObserver<dev.amqpsidecar.v1.GetQueueResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getGetQueueMethod(), getCallOptions()), request, responseObserver);
    }
  }

  /**
   * A stub to allow clients to do synchronous rpc calls to service TopologyService.
   * <pre>
   * Exchanges, queues and bindings. What is declared here is declared again
   * after a reconnect, and lasts in the broker beyond the sidecar.
   * </pre>
   */
  public static final class TopologyServiceBlockingStub
      extends io.grpc.stub.AbstractBlockingStub<TopologyServiceBlockingStub> {
    private TopologyServiceBlockingStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected TopologyServiceBlockingStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new TopologyServiceBlockingStub(channel, callOptions);
    }

    /**
     * <pre>
     * Declares all that the topology names, in order: exchanges, queues,
     * bindings. Idempotent. One that exists with other properties fails the call
     * with FAILED_PRECONDITION, and names it and the difference; the rest of the
     * connection's work goes on.
     * </pre>
     */
    public dev.amqpsidecar.v1.DeclareTopologyResponse declareTopology(dev.amqpsidecar.v1.DeclareTopologyRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getDeclareTopologyMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Deletes a queue with what it holds. Deleting one that does not exist is OK.
     * </pre>
     */
    public dev.amqpsidecar.v1.DeleteQueueResponse deleteQueue(dev.amqpsidecar.v1.DeleteQueueRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getDeleteQueueMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Deletes an exchange. Deleting one that does not exist is OK.
     * </pre>
     */
    public dev.amqpsidecar.v1.DeleteExchangeResponse deleteExchange(dev.amqpsidecar.v1.DeleteExchangeRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getDeleteExchangeMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Removes one binding, and no longer restores it after a reconnect.
     * </pre>
     */
    public dev.amqpsidecar.v1.UnbindQueueResponse unbindQueue(dev.amqpsidecar.v1.UnbindQueueRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getUnbindQueueMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Drops the messages that wait in a queue; unsettled ones stay.
     * </pre>
     */
    public dev.amqpsidecar.v1.PurgeQueueResponse purgeQueue(dev.amqpsidecar.v1.PurgeQueueRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getPurgeQueueMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Whether a queue exists, and how many messages and consumers it has.
     * </pre>
     */
    public dev.amqpsidecar.v1.GetQueueResponse getQueue(dev.amqpsidecar.v1.GetQueueRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getGetQueueMethod(), getCallOptions(), request);
    }
  }

  /**
   * A stub to allow clients to do ListenableFuture-style rpc calls to service TopologyService.
   * <pre>
   * Exchanges, queues and bindings. What is declared here is declared again
   * after a reconnect, and lasts in the broker beyond the sidecar.
   * </pre>
   */
  public static final class TopologyServiceFutureStub
      extends io.grpc.stub.AbstractFutureStub<TopologyServiceFutureStub> {
    private TopologyServiceFutureStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected TopologyServiceFutureStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new TopologyServiceFutureStub(channel, callOptions);
    }

    /**
     * <pre>
     * Declares all that the topology names, in order: exchanges, queues,
     * bindings. Idempotent. One that exists with other properties fails the call
     * with FAILED_PRECONDITION, and names it and the difference; the rest of the
     * connection's work goes on.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.amqpsidecar.v1.DeclareTopologyResponse> declareTopology(
        dev.amqpsidecar.v1.DeclareTopologyRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getDeclareTopologyMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Deletes a queue with what it holds. Deleting one that does not exist is OK.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.amqpsidecar.v1.DeleteQueueResponse> deleteQueue(
        dev.amqpsidecar.v1.DeleteQueueRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getDeleteQueueMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Deletes an exchange. Deleting one that does not exist is OK.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.amqpsidecar.v1.DeleteExchangeResponse> deleteExchange(
        dev.amqpsidecar.v1.DeleteExchangeRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getDeleteExchangeMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Removes one binding, and no longer restores it after a reconnect.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.amqpsidecar.v1.UnbindQueueResponse> unbindQueue(
        dev.amqpsidecar.v1.UnbindQueueRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getUnbindQueueMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Drops the messages that wait in a queue; unsettled ones stay.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.amqpsidecar.v1.PurgeQueueResponse> purgeQueue(
        dev.amqpsidecar.v1.PurgeQueueRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getPurgeQueueMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Whether a queue exists, and how many messages and consumers it has.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.amqpsidecar.v1.GetQueueResponse> getQueue(
        dev.amqpsidecar.v1.GetQueueRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getGetQueueMethod(), getCallOptions()), request);
    }
  }

  private static final int METHODID_DECLARE_TOPOLOGY = 0;
  private static final int METHODID_DELETE_QUEUE = 1;
  private static final int METHODID_DELETE_EXCHANGE = 2;
  private static final int METHODID_UNBIND_QUEUE = 3;
  private static final int METHODID_PURGE_QUEUE = 4;
  private static final int METHODID_GET_QUEUE = 5;

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
        case METHODID_DECLARE_TOPOLOGY:
          serviceImpl.declareTopology((dev.amqpsidecar.v1.DeclareTopologyRequest) request,
              (io.grpc.stub.StreamObserver<dev.amqpsidecar.v1.DeclareTopologyResponse>) responseObserver);
          break;
        case METHODID_DELETE_QUEUE:
          serviceImpl.deleteQueue((dev.amqpsidecar.v1.DeleteQueueRequest) request,
              (io.grpc.stub.StreamObserver<dev.amqpsidecar.v1.DeleteQueueResponse>) responseObserver);
          break;
        case METHODID_DELETE_EXCHANGE:
          serviceImpl.deleteExchange((dev.amqpsidecar.v1.DeleteExchangeRequest) request,
              (io.grpc.stub.StreamObserver<dev.amqpsidecar.v1.DeleteExchangeResponse>) responseObserver);
          break;
        case METHODID_UNBIND_QUEUE:
          serviceImpl.unbindQueue((dev.amqpsidecar.v1.UnbindQueueRequest) request,
              (io.grpc.stub.StreamObserver<dev.amqpsidecar.v1.UnbindQueueResponse>) responseObserver);
          break;
        case METHODID_PURGE_QUEUE:
          serviceImpl.purgeQueue((dev.amqpsidecar.v1.PurgeQueueRequest) request,
              (io.grpc.stub.StreamObserver<dev.amqpsidecar.v1.PurgeQueueResponse>) responseObserver);
          break;
        case METHODID_GET_QUEUE:
          serviceImpl.getQueue((dev.amqpsidecar.v1.GetQueueRequest) request,
              (io.grpc.stub.StreamObserver<dev.amqpsidecar.v1.GetQueueResponse>) responseObserver);
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
        default:
          throw new AssertionError();
      }
    }
  }

  public static final io.grpc.ServerServiceDefinition bindService(AsyncService service) {
    return io.grpc.ServerServiceDefinition.builder(getServiceDescriptor())
        .addMethod(
          getDeclareTopologyMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.amqpsidecar.v1.DeclareTopologyRequest,
              dev.amqpsidecar.v1.DeclareTopologyResponse>(
                service, METHODID_DECLARE_TOPOLOGY)))
        .addMethod(
          getDeleteQueueMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.amqpsidecar.v1.DeleteQueueRequest,
              dev.amqpsidecar.v1.DeleteQueueResponse>(
                service, METHODID_DELETE_QUEUE)))
        .addMethod(
          getDeleteExchangeMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.amqpsidecar.v1.DeleteExchangeRequest,
              dev.amqpsidecar.v1.DeleteExchangeResponse>(
                service, METHODID_DELETE_EXCHANGE)))
        .addMethod(
          getUnbindQueueMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.amqpsidecar.v1.UnbindQueueRequest,
              dev.amqpsidecar.v1.UnbindQueueResponse>(
                service, METHODID_UNBIND_QUEUE)))
        .addMethod(
          getPurgeQueueMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.amqpsidecar.v1.PurgeQueueRequest,
              dev.amqpsidecar.v1.PurgeQueueResponse>(
                service, METHODID_PURGE_QUEUE)))
        .addMethod(
          getGetQueueMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.amqpsidecar.v1.GetQueueRequest,
              dev.amqpsidecar.v1.GetQueueResponse>(
                service, METHODID_GET_QUEUE)))
        .build();
  }

  private static abstract class TopologyServiceBaseDescriptorSupplier
      implements io.grpc.protobuf.ProtoFileDescriptorSupplier, io.grpc.protobuf.ProtoServiceDescriptorSupplier {
    TopologyServiceBaseDescriptorSupplier() {}

    @java.lang.Override
    public com.google.protobuf.Descriptors.FileDescriptor getFileDescriptor() {
      return dev.amqpsidecar.v1.Topology.getDescriptor();
    }

    @java.lang.Override
    public com.google.protobuf.Descriptors.ServiceDescriptor getServiceDescriptor() {
      return getFileDescriptor().findServiceByName("TopologyService");
    }
  }

  private static final class TopologyServiceFileDescriptorSupplier
      extends TopologyServiceBaseDescriptorSupplier {
    TopologyServiceFileDescriptorSupplier() {}
  }

  private static final class TopologyServiceMethodDescriptorSupplier
      extends TopologyServiceBaseDescriptorSupplier
      implements io.grpc.protobuf.ProtoMethodDescriptorSupplier {
    private final java.lang.String methodName;

    TopologyServiceMethodDescriptorSupplier(java.lang.String methodName) {
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
      synchronized (TopologyServiceGrpc.class) {
        result = serviceDescriptor;
        if (result == null) {
          serviceDescriptor = result = io.grpc.ServiceDescriptor.newBuilder(SERVICE_NAME)
              .setSchemaDescriptor(new TopologyServiceFileDescriptorSupplier())
              .addMethod(getDeclareTopologyMethod())
              .addMethod(getDeleteQueueMethod())
              .addMethod(getDeleteExchangeMethod())
              .addMethod(getUnbindQueueMethod())
              .addMethod(getPurgeQueueMethod())
              .addMethod(getGetQueueMethod())
              .build();
        }
      }
    }
    return result;
  }
}
