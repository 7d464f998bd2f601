package dev.amqpsidecar.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("an address")
final class AddressTest {
  @ParameterizedTest(name = "{0} is {1}")
  @CsvSource({
    "unix:///run/a.sock, unix:///run/a.sock",
    "/run/a.sock, unix:///run/a.sock",
    "localhost:7672, dns:///localhost:7672",
    "127.0.0.1:1, dns:///127.0.0.1:1",
    "[::1]:65535, dns:///[::1]:65535",
  })
  void isASocketsPathOrHostAndPort(String address, String target) {
    assertEquals(target, Address.target(address));
  }

  @ParameterizedTest(name = "\"{0}\"")
  @ValueSource(
      strings = {
        "", "/", "unix://", "unix:///", "unix://a.sock", "a.sock", "localhost", "localhost:",
        "localhost:0", "localhost:65536", ":7672", "http://localhost:7672", "::1:7672"
      })
  void thatIsNoneIsAnErrorThatSaysWhatIsAccepted(String address) {
    String message =
        assertThrows(IllegalArgumentException.class, () -> SidecarClient.connect(address))
            .getMessage();
    assertTrue(message.contains("unix:///path, /path and host:port"), message);
  }

  @Test
  void isTheDefaultOrTheEnvironments() {
    String set = System.getenv(Address.VARIABLE);
    assertEquals(set == null ? Address.DEFAULT : set, Address.fromEnvironment());
  }
}
