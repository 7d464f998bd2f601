package dev.amqpsidecar.client;

/**
 * A queue that exists.
 *
 * @param name its name
 * @param messageCount messages that wait; unsettled ones are not among them
 * @param consumerCount consumers of all connections
 */
public record QueueInfo(String name, long messageCount, int consumerCount) {}
