package dev.amqpsidecar.client;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where the sidecar listens, as gRPC names it. */
final class Address {
  static final String VARIABLE = "AMQP_SIDECAR_ADDR";
  static final String DEFAULT = "unix:///run/amqp-sidecar/sidecar.sock";

  private static final Pattern HOST_AND_PORT =
      Pattern.compile("(\\[[0-9A-Fa-f:.%]+\\]|[A-Za-z0-9._-]+):([0-9]{1,5})");

  private Address() {}

  /** The environment's, else the default. */
  static String fromEnvironment() {
    String address = System.getenv(VARIABLE);
    return address == null || address.isEmpty() ? DEFAULT : address;
  }

  /** gRPC's target. */
  static String target(String address) {
    if (address.startsWith("unix:///") && address.length() > "unix:///".length()) {
      return address;
    }
    if (address.startsWith("/") && address.length() > 1) {
      return "unix://" + address;
    }
    Matcher matcher = HOST_AND_PORT.matcher(address);
    if (matcher.matches()) {
      int port = Integer.parseInt(matcher.group(2));
      if (port >= 1 && port <= 65535) {
        return "dns:///" + address;
      }
    }
    throw new IllegalArgumentException(
        "not an address of a sidecar: \""
            + address
            + "\"; accepted are unix:///path, /path and host:port");
  }
}
