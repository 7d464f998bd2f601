package dev.amqpsidecar.client;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** Keeps what a subscription tells. */
final class Events implements Consumer<SubscriptionEvent> {
  final List<SubscriptionEvent> all = new CopyOnWriteArrayList<>();

  @Override
  public void accept(SubscriptionEvent event) {
    all.add(event);
  }

  List<SubscriptionEvent.Kind> kinds() {
    return all.stream().map(SubscriptionEvent::kind).toList();
  }

  /** Without those of a sidecar that is back before its link is. */
  List<SubscriptionEvent.Kind> kindsButInterrupted() {
    return kinds().stream().filter(kind -> kind != SubscriptionEvent.Kind.INTERRUPTED).toList();
  }

  long count(SubscriptionEvent.Kind kind) {
    return kinds().stream().filter(kind::equals).count();
  }

  void await(SubscriptionEvent.Kind kind, int count) throws InterruptedException {
    World.eventually(count + " times " + kind, () -> count(kind) >= count);
  }
}
