package dev.amqpsidecar.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/**
 * tests/stubs/world.py as a child of this process: sidecars on a real RabbitMQ node, that break
 * when told to. One for all tests; it ends with this process.
 */
final class World {
  /** A sidecar of the world's. */
  record Sidecar(String name, String address, String amqp, String tcp) {
    void kill() {
      WORLD.ask("kill", name);
    }

    void restart() {
      WORLD.ask("restart", name);
    }

    void terminate() {
      WORLD.ask("terminate", name);
    }

    int ended() {
      return WORLD.ask("ended", name).get("code").asInt();
    }

    void hold() {
      WORLD.ask("hold", name);
    }

    void release() {
      WORLD.ask("release", name);
    }

    void cut() {
      WORLD.ask("cut", name);
    }

    SidecarClient connect() {
      return SidecarClient.connect(address);
    }
  }

  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final World WORLD = new World();
  private static final AtomicInteger NUMBERS = new AtomicInteger();
  private static Sidecar shared;

  private final OutputStream commands;
  private final BufferedReader answers;

  private World() {
    String script = System.getenv("SIDECAR_STUB_WORLD");
    if (script == null) {
      throw new IllegalStateException("SIDECAR_STUB_WORLD has to name tests/stubs/world.py");
    }
    try {
      Process process =
          new ProcessBuilder(List.of("python3", script))
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      commands = process.getOutputStream();
      answers = process.inputReader(StandardCharsets.UTF_8);
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread(
                  () -> {
                    try {
                      commands.close();
                      process.waitFor();
                    } catch (IOException | InterruptedException e) {
                      process.destroy();
                    }
                  }));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The sidecar of those tests that do it no harm. */
  static synchronized Sidecar shared() {
    if (shared == null) {
      shared = start(Map.of());
    }
    return shared;
  }

  /** A sidecar of the test's own. */
  static Sidecar start(Map<String, ?> options) {
    String name = unique("sidecar");
    Map<String, Object> command = new LinkedHashMap<>(options);
    command.put("do", "start");
    command.put("name", name);
    JsonNode answer = WORLD.ask(command);
    return new Sidecar(
        name,
        answer.get("address").asText(),
        answer.get("amqp").asText(),
        answer.path("tcp").asText());
  }

  static void alarm(boolean on) {
    WORLD.ask(Map.of("do", "alarm", "on", on));
  }

  /** A name that nothing else has. */
  static String unique(String prefix) {
    return prefix + "-" + ProcessHandle.current().pid() + "-" + NUMBERS.incrementAndGet();
  }

  /** Waits, 20 s at most, until it is so. */
  static void eventually(String what, BooleanSupplier predicate) throws InterruptedException {
    long deadline = System.nanoTime() + 20_000_000_000L;
    while (!predicate.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("not in 20 s: " + what);
      }
      Thread.sleep(5);
    }
  }

  private JsonNode ask(String command, String name) {
    return ask(Map.of("do", command, "name", name));
  }

  private synchronized JsonNode ask(Map<String, ?> command) {
    try {
      commands.write((MAPPER.writeValueAsString(command) + "\n").getBytes(StandardCharsets.UTF_8));
      commands.flush();
      String line = answers.readLine();
      if (line == null) {
        throw new AssertionError("the world has ended");
      }
      JsonNode answer = MAPPER.readTree(line);
      if (!answer.get("ok").asBoolean()) {
        throw new AssertionError(command + ": " + answer.get("error").asText());
      }
      return answer;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
