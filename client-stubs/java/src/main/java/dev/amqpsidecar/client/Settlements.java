package dev.amqpsidecar.client;

import dev.amqpsidecar.v1.AckRequest;
import dev.amqpsidecar.v1.ExtendAckDeadlineRequest;
import dev.amqpsidecar.v1.NackRequest;
import dev.amqpsidecar.v1.RejectRequest;
import dev.amqpsidecar.v1.SubscribeStreamRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a stream has still to say: settlements, gathered, and deadlines to extend. Guarded by the
 * stream. Also makes the requests, for stream and calls alike.
 */
final class Settlements {
  private AckRequest.Builder acks = AckRequest.newBuilder();
  private final Map<Settlement, List<String>> others = new LinkedHashMap<>();
  private final List<Held> extensions = new ArrayList<>();

  void add(String id, Settlement settlement) {
    if (settlement.verb() == Settlement.Verb.ACK) {
      acks.addDeliveryIds(id);
    } else {
      others.computeIfAbsent(settlement, key -> new ArrayList<>()).add(id);
    }
  }

  void extend(List<Held> held) {
    extensions.addAll(held);
  }

  boolean isEmpty() {
    return acks.getDeliveryIdsCount() == 0 && others.isEmpty() && extensions.isEmpty();
  }

  /** All of it, in as few requests as can be. What is settled is not extended. */
  List<SubscribeStreamRequest> take(Duration ackDeadline) {
    List<SubscribeStreamRequest> requests = new ArrayList<>(1);
    if (acks.getDeliveryIdsCount() > 0) {
      requests.add(SubscribeStreamRequest.newBuilder().setAck(acks).build());
      acks = AckRequest.newBuilder();
    }
    others.forEach((settlement, ids) -> requests.add(request(settlement, ids)));
    others.clear();
    List<String> ids = extensions.stream().filter(held -> !held.settled).map(Held::id).toList();
    if (!ids.isEmpty()) {
      requests.add(
          SubscribeStreamRequest.newBuilder()
              .setExtendAckDeadline(extension(ids, ackDeadline))
              .build());
    }
    extensions.clear();
    return requests;
  }

  static NackRequest nack(Settlement settlement, List<String> ids) {
    NackRequest.Builder nack =
        NackRequest.newBuilder()
            .addAllDeliveryIds(ids)
            .setNotAttempted(settlement.verb() == Settlement.Verb.GIVE_BACK);
    if (settlement.delay() != null) {
      nack.setDelay(Fields.duration(settlement.delay()));
    }
    return nack.build();
  }

  static RejectRequest reject(Settlement settlement, List<String> ids) {
    return RejectRequest.newBuilder()
        .addAllDeliveryIds(ids)
        .setCause(settlement.cause())
        .build();
  }

  static ExtendAckDeadlineRequest extension(List<String> ids, Duration ackDeadline) {
    return ExtendAckDeadlineRequest.newBuilder()
        .addAllDeliveryIds(ids)
        .setAckDeadline(Fields.duration(ackDeadline))
        .build();
  }

  private static SubscribeStreamRequest request(Settlement settlement, List<String> ids) {
    SubscribeStreamRequest.Builder request = SubscribeStreamRequest.newBuilder();
    return switch (settlement.verb()) {
      case ACK -> throw new IllegalStateException("acks are gathered apart");
      case NACK, GIVE_BACK -> request.setNack(nack(settlement, ids)).build();
      case REJECT -> request.setReject(reject(settlement, ids)).build();
    };
  }
}
