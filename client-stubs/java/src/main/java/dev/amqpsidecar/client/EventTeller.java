package dev.amqpsidecar.client;

import dev.amqpsidecar.v1.SettleFailure;
import dev.amqpsidecar.v1.SubscriptionEventKind;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** Tells a subscription's events to the user: in order, one at a time, never on gRPC's threads. */
final class EventTeller {
  private final Connection connection;
  private final Consumer<SubscriptionEvent> callback;
  private CompletableFuture<Void> last = CompletableFuture.completedFuture(null);

  EventTeller(Connection connection, Consumer<SubscriptionEvent> callback) {
    this.connection = connection;
    this.callback = callback;
  }

  void tell(dev.amqpsidecar.v1.SubscriptionEvent event) {
    SubscriptionEvent.Kind kind = kind(event.getKind());
    if (kind != null) {
      tell(new SubscriptionEvent(kind, event.getDetail(), "", ""));
    }
  }

  void disconnected(SidecarException why) {
    tell(
        new SubscriptionEvent(
            SubscriptionEvent.Kind.DISCONNECTED, why.getMessage(), "", why.reason()));
  }

  void settleFailed(SettleFailure failure) {
    tell(
        new SubscriptionEvent(
            SubscriptionEvent.Kind.SETTLE_FAILED,
            failure.getDetail(),
            failure.getDeliveryId(),
            failure.getReason()));
  }

  private synchronized void tell(SubscriptionEvent event) {
    last =
        last.thenRunAsync(
            () -> {
              try {
                callback.accept(event);
              } catch (Throwable e) {
                Log.callbackFailed(e);
              }
            },
            connection::run);
  }

  // A kind of a newer sidecar is none of ours.
  private static SubscriptionEvent.Kind kind(SubscriptionEventKind kind) {
    return switch (kind) {
      case SUBSCRIPTION_EVENT_KIND_SUBSCRIBED -> SubscriptionEvent.Kind.SUBSCRIBED;
      case SUBSCRIPTION_EVENT_KIND_INTERRUPTED -> SubscriptionEvent.Kind.INTERRUPTED;
      case SUBSCRIPTION_EVENT_KIND_RESUBSCRIBED -> SubscriptionEvent.Kind.RESUBSCRIBED;
      case SUBSCRIPTION_EVENT_KIND_DRAINING -> SubscriptionEvent.Kind.DRAINING;
      case SUBSCRIPTION_EVENT_KIND_UNSPECIFIED, UNRECOGNIZED -> null;
    };
  }
}
