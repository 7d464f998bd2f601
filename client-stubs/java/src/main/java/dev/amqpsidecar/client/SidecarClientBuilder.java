package dev.amqpsidecar.client;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.grpc.Channel;
import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannelBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.netty.channel.ChannelOption;
import java.time.Duration;

/** Makes a {@link SidecarClient}. For one thread. */
public final class SidecarClientBuilder {
  private String address;
  private ChannelCredentials credentials = InsecureChannelCredentials.create();
  private Channel channel;
  private ObjectMapper mapper;
  private Duration timeout = Duration.ofSeconds(10);

  SidecarClientBuilder() {}

  /**
   * Says where the sidecar is.
   *
   * @param value unix:///path, /path or host:port; AMQP_SIDECAR_ADDR, else
   *     unix:///run/amqp-sidecar/sidecar.sock, unless set
   * @return this
   */
  public SidecarClientBuilder address(String value) {
    address = value;
    return this;
  }

  /**
   * Uses TLS or other credentials.
   *
   * @param value such as TlsChannelCredentials.create(); plaintext unless set
   * @return this
   */
  public SidecarClientBuilder credentials(ChannelCredentials value) {
    credentials = value;
    return this;
  }

  /**
   * Uses a channel that is there; address and credentials are not read then.
   *
   * @param value stays the caller's to shut down
   * @return this
   */
  public SidecarClientBuilder channel(Channel value) {
    channel = value;
    return this;
  }

  /**
   * Sets what writes and reads JSON.
   *
   * @param value Jackson with the modules that it finds, unless set
   * @return this
   */
  public SidecarClientBuilder objectMapper(ObjectMapper value) {
    mapper = value;
    return this;
  }

  /**
   * Bounds each call, retries included, where its own options say nothing.
   *
   * @param value above 0; 10 s unless set
   * @return this
   * @throws IllegalArgumentException if it is not above 0
   */
  public SidecarClientBuilder timeout(Duration value) {
    timeout = Checks.positive(value, "timeout");
    return this;
  }

  /**
   * Connects, lazily.
   *
   * @return a client, to be closed
   * @throws IllegalArgumentException for an address that is none
   */
  public SidecarClient build() {
    ObjectMapper json = mapper;
    if (json == null) {
      json = JsonMapper.builder().findAndAddModules().build();
    }
    if (channel != null) {
      return new SidecarClient(new Connection(channel, false, json, timeout));
    }
    String target = Address.target(address == null ? Address.fromEnvironment() : address);
    ManagedChannelBuilder<?> own = Grpc.newChannelBuilder(target, credentials);
    own.disableRetry(); // Retries are this package's own, by what the sidecar says.
    if (target.startsWith("unix:") && own instanceof NettyChannelBuilder netty) {
      // Netty would warn at every connection that a Unix socket has no such option.
      netty.withOption(ChannelOption.SO_KEEPALIVE, null);
    }
    return new SidecarClient(new Connection(own.build(), true, json, timeout));
  }
}
