package dev.amqpsidecar.client;

import java.security.SecureRandom;
import java.util.SplittableRandom;
import java.util.UUID;

/** Makes message ids: UUIDs of version 7, the time first, as the sidecar's own are. */
final class MessageIds {
  // A generator a thread, seeded well: SecureRandom for every message has a lock and is slow.
  private static final ThreadLocal<SplittableRandom> RANDOM =
      ThreadLocal.withInitial(() -> new SplittableRandom(new SecureRandom().nextLong()));

  private MessageIds() {}

  static String next() {
    SplittableRandom random = RANDOM.get();
    long high = System.currentTimeMillis() << 16 | 0x7000 | random.nextInt(0x1000);
    long low = random.nextLong() & 0x3fff_ffff_ffff_ffffL | 0x8000_0000_0000_0000L;
    return new UUID(high, low).toString();
  }
}
