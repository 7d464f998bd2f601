package dev.amqpsidecar.client;

import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;

/**
 * Has a channel that cannot connect try again soon: gRPC's own backoff grows to two minutes, and
 * cannot be set. Every 100 ms to 2 s, as long as it fails.
 */
final class Reconnect {
  private static final long FIRST_NANOS = 100_000_000;
  private static final long LAST_NANOS = 2_000_000_000;

  private final ManagedChannel channel;
  private final Connection connection;

  Reconnect(ManagedChannel channel, Connection connection) {
    this.channel = channel;
    this.connection = connection;
  }

  void watch() {
    ConnectivityState state = channel.getState(false);
    if (state == ConnectivityState.SHUTDOWN || connection.closed()) {
      return;
    }
    if (state == ConnectivityState.TRANSIENT_FAILURE) {
      retry(FIRST_NANOS);
    } else {
      channel.notifyWhenStateChanged(state, this::watch);
    }
  }

  private void retry(long nanos) {
    if (connection.closed()) {
      return;
    }
    connection.after(
        nanos,
        () -> {
          // It stays in this state while it tries, until it is connected.
          if (channel.getState(false) == ConnectivityState.TRANSIENT_FAILURE) {
            channel.resetConnectBackoff();
            retry(Math.min(nanos * 2, LAST_NANOS));
          } else {
            watch();
          }
        });
  }
}
