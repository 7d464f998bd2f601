package dev.amqpsidecar.client;

import dev.amqpsidecar.v1.AckRequest;
import dev.amqpsidecar.v1.AckResponse;
import dev.amqpsidecar.v1.ExtendAckDeadlineResponse;
import dev.amqpsidecar.v1.NackResponse;
import dev.amqpsidecar.v1.RejectResponse;
import dev.amqpsidecar.v1.SettleFailure;
import dev.amqpsidecar.v1.SubscriberServiceGrpc;
import io.grpc.MethodDescriptor;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Settles by calls, for when the stream is half-closed. Answers on the connection's executor, with
 * those that did not take; a failed call is a failure of each.
 */
final class SettleCalls {
  private final Connection connection;

  SettleCalls(Connection connection) {
    this.connection = connection;
  }

  void settle(List<String> ids, Settlement how, Consumer<List<SettleFailure>> done) {
    switch (how.verb()) {
      case ACK ->
          call(
              SubscriberServiceGrpc.getAckMethod(),
              AckRequest.newBuilder().addAllDeliveryIds(ids).build(),
              ids,
              AckResponse::getFailuresList,
              done);
      case NACK, GIVE_BACK ->
          call(
              SubscriberServiceGrpc.getNackMethod(),
              Settlements.nack(how, ids),
              ids,
              NackResponse::getFailuresList,
              done);
      case REJECT ->
          call(
              SubscriberServiceGrpc.getRejectMethod(),
              Settlements.reject(how, ids),
              ids,
              RejectResponse::getFailuresList,
              done);
    }
  }

  void extend(List<String> ids, Duration ackDeadline, Consumer<List<SettleFailure>> done) {
    call(
        SubscriberServiceGrpc.getExtendAckDeadlineMethod(),
        Settlements.extension(ids, ackDeadline),
        ids,
        ExtendAckDeadlineResponse::getFailuresList,
        done);
  }

  private <Q, R> void call(
      MethodDescriptor<Q, R> method,
      Q request,
      List<String> ids,
      Function<R, List<SettleFailure>> failures,
      Consumer<List<SettleFailure>> done) {
    ClientCalls.asyncUnaryCall(
        connection.channel.newCall(method, connection.callOptions(connection.timeout.toNanos())),
        request,
        new StreamObserver<R>() {
          @Override
          public void onNext(R response) {
            done.accept(failures.apply(response));
          }

          @Override
          public void onError(Throwable thrown) {
            SidecarException failure = Errors.ofCall(thrown);
            done.accept(ids.stream().map(id -> of(id, failure)).toList());
          }

          @Override
          public void onCompleted() {}
        });
  }

  private static SettleFailure of(String id, SidecarException failure) {
    return SettleFailure.newBuilder()
        .setDeliveryId(id)
        .setCode(failure.code().value())
        .setReason(failure.reason())
        .setDetail(failure.detail())
        .build();
  }
}
