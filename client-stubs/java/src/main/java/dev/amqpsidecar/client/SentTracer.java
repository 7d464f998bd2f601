package dev.amqpsidecar.client;

import io.grpc.ClientStreamTracer;
import io.grpc.Metadata;

/** Knows whether a call's message was given to a connection. One for each call. */
final class SentTracer extends ClientStreamTracer.Factory {
  private volatile boolean sent;

  boolean sent() {
    return sent;
  }

  @Override
  public ClientStreamTracer newClientStreamTracer(
      ClientStreamTracer.StreamInfo info, Metadata headers) {
    return new ClientStreamTracer() {
      @Override
      public void outboundMessage(int sequence) {
        sent = true;
      }
    };
  }
}
