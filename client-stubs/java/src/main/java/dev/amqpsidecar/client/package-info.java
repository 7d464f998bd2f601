/**
 * Publishes to and consumes from RabbitMQ through amqp-sidecar: see {@link
 * dev.amqpsidecar.client.SidecarClient}.
 *
 * <p>Thin: gRPC is the client, this package only makes the right thing the easy thing. All its
 * classes may be used by many threads at once, builders excepted. No argument may be null.
 */
package dev.amqpsidecar.client;
