package dev.amqpsidecar.client;

import dev.amqpsidecar.v1.PublishStreamRequest;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * The unanswered messages of a Publisher: waiting to be written, written, or resting before another
 * try. Guarded by the publisher's lock; knows no stream and completes no future.
 */
final class PublishBacklog {
  private static final int BATCH_ITEMS = 128;
  private static final int BATCH_BYTES = 1 << 20;

  private final ArrayDeque<PublishEntry> waiting = new ArrayDeque<>();
  private final Map<Long, PublishEntry> written = new LinkedHashMap<>();
  private final Set<PublishEntry> resting = new HashSet<>();

  int size() {
    return waiting.size() + written.size() + resting.size();
  }

  boolean hasWaiting() {
    return !waiting.isEmpty();
  }

  void add(PublishEntry entry) {
    waiting.add(entry);
  }

  /** The next batch, written from now on; what was cancelled before is left out. */
  PublishStreamRequest nextBatch(Collection<PublishEntry> cancelled) {
    PublishStreamRequest.Builder batch = PublishStreamRequest.newBuilder();
    int bytes = 0;
    while (batch.getItemsCount() < BATCH_ITEMS && !waiting.isEmpty()) {
      PublishEntry entry = waiting.peek();
      if (entry.future.isCancelled()) {
        cancelled.add(waiting.remove());
        continue;
      }
      bytes += entry.item.getSerializedSize();
      if (bytes > BATCH_BYTES && batch.getItemsCount() > 0) {
        break;
      }
      waiting.remove();
      written.put(entry.item.getTag(), entry);
      batch.addItems(entry.item);
    }
    return batch.build();
  }

  /** The entry of a result, or null where its time was up before. */
  PublishEntry answered(long tag) {
    return written.remove(tag);
  }

  /** What was written and has no result, in order; none of it is any more. */
  List<PublishEntry> takeWritten() {
    List<PublishEntry> entries = new ArrayList<>(written.values());
    written.clear();
    return entries;
  }

  void rest(Collection<PublishEntry> entries) {
    resting.addAll(entries);
  }

  /** Those that still rest go before all that wait, in their order. */
  void wake(List<PublishEntry> entries) {
    for (int i = entries.size() - 1; i >= 0; i--) {
      if (resting.remove(entries.get(i))) {
        waiting.addFirst(entries.get(i));
      }
    }
  }

  /** Takes out what is due by {@code now}, and says of each whether its last try was written. */
  void takeDue(long now, BiConsumer<PublishEntry, Boolean> due) {
    take(waiting.iterator(), now, entry -> due.accept(entry, false));
    take(resting.iterator(), now, entry -> due.accept(entry, false));
    take(written.values().iterator(), now, entry -> due.accept(entry, true));
  }

  /** Takes out all. */
  void takeAll(BiConsumer<PublishEntry, Boolean> taken) {
    waiting.forEach(entry -> taken.accept(entry, false));
    resting.forEach(entry -> taken.accept(entry, false));
    written.values().forEach(entry -> taken.accept(entry, true));
    waiting.clear();
    resting.clear();
    written.clear();
  }

  /** The earliest deadline of all; only where there are some. */
  long nextDeadline() {
    long now = System.nanoTime();
    long next = Long.MAX_VALUE;
    for (Collection<PublishEntry> entries : List.of(waiting, resting, written.values())) {
      for (PublishEntry entry : entries) {
        next = Math.min(next, entry.deadline - now);
      }
    }
    return now + next;
  }

  private static void take(
      Iterator<PublishEntry> entries, long now, Consumer<PublishEntry> due) {
    while (entries.hasNext()) {
      PublishEntry entry = entries.next();
      if (entry.deadline - now <= 0) {
        entries.remove();
        due.accept(entry);
      }
    }
  }
}
