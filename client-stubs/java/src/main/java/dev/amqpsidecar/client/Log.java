package dev.amqpsidecar.client;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/** What nobody else hears of. Never a body. */
final class Log {
  private static final Logger LOGGER = System.getLogger("dev.amqpsidecar.client");

  private Log() {}

  static void event(String queue, SubscriptionEvent event) {
    Level level =
        switch (event.kind()) {
          case SUBSCRIBED, RESUBSCRIBED -> Level.INFO;
          case INTERRUPTED, DRAINING, DISCONNECTED, SETTLE_FAILED -> Level.WARNING;
        };
    LOGGER.log(level, "subscription to \"" + queue + "\": " + event);
  }

  static void handlerFailed(dev.amqpsidecar.v1.Delivery delivery, Throwable thrown) {
    LOGGER.log(
        Level.WARNING,
        "the handler of \""
            + delivery.getQueue()
            + "\" failed on message "
            + delivery.getProperties().getMessageId()
            + ": "
            + thrown,
        thrown);
  }

  static void callbackFailed(Throwable thrown) {
    LOGGER.log(Level.WARNING, "onEvent failed: " + thrown, thrown);
  }
}
