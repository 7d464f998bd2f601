package dev.amqpsidecar.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("the examples")
final class ExamplesTest {
  @Test
  void declarePublishAndWorkUntilSigterm() throws Exception {
    World.Sidecar sidecar = World.start(Map.of());
    try (SidecarClient client = sidecar.connect()) {
      client.deleteQueue("billing", false, false); // Of a run before, on the same node.
      client.deleteQueue("billing.dead", false, false);
      assertEquals(
          List.of("declared [billing, billing.dead]"), run(sidecar, "Topology"));
      List<String> id = run(sidecar, "Publish");
      assertTrue(id.size() == 1 && id.get(0).matches("[0-9a-f-]{36}"), id.toString());
      assertEquals(List.of("1000 confirmed"), run(sidecar, "BulkPublish"));
      assertEquals(1001, client.getQueue("billing").messageCount());
      client.publish("orders", "order.created", Map.of("total", 1));

      Process worker = start(sidecar, "Worker");
      List<String> lines = new CopyOnWriteArrayList<>();
      Thread reader = new Thread(() -> lines.addAll(read(worker)));
      reader.start();
      World.eventually("all are taken", () -> client.getQueue("billing").messageCount() == 0);
      World.eventually(
          "the bad one is dead", () -> client.getQueue("billing.dead").messageCount() == 1);
      worker.destroy(); // SIGTERM
      assertTrue(worker.waitFor(20, TimeUnit.SECONDS));
      reader.join(10_000);
      assertEquals(143, worker.exitValue());
      assertEquals(1001, lines.size());
      assertEquals(2, lines.stream().filter("order 1"::equals).count());
      assertEquals(0, client.getQueue("billing").messageCount(), "and nothing came back");
    }
  }

  private static List<String> run(World.Sidecar sidecar, String name) throws Exception {
    Process process = start(sidecar, name);
    List<String> lines = read(process);
    assertEquals(0, process.waitFor(), name);
    return lines;
  }

  private static Process start(World.Sidecar sidecar, String name) throws Exception {
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    ProcessBuilder builder =
        new ProcessBuilder(
            java.toString(), "-XX:TieredStopAtLevel=1", "-cp",
            System.getProperty("java.class.path"), name);
    builder.environment().put(Address.VARIABLE, sidecar.address());
    return builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }

  private static List<String> read(Process process) {
    return new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))
        .lines()
        .toList();
  }
}
