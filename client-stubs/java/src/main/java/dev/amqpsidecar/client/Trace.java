package dev.amqpsidecar.client;

import dev.amqpsidecar.v1.FieldValue;
import dev.amqpsidecar.v1.Properties;
import java.util.Map;

/** The trace context of a message: OpenTelemetry's where its API is present, else nothing. */
interface Trace {
  /** Keeps a context current until it is closed, on the thread that opened it. */
  interface Scope extends AutoCloseable {
    @Override
    void close();
  }

  /** What this process has. */
  Trace PRESENT = find();

  /** Adds the current context as headers, unless the message has a context of its own. */
  void inject(Properties.Builder properties);

  /** Makes the context of these headers current. */
  Scope enter(Map<String, FieldValue> headers);

  private static Trace find() {
    try {
      return new OpenTelemetryTrace();
    } catch (LinkageError e) {
      return new None();
    }
  }

  /** Where there is no OpenTelemetry. */
  final class None implements Trace {
    private static final Scope NOTHING = () -> {};

    @Override
    public void inject(Properties.Builder properties) {}

    @Override
    public Scope enter(Map<String, FieldValue> headers) {
      return NOTHING;
    }
  }
}
