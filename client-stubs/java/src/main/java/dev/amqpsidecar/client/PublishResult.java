package dev.amqpsidecar.client;

/**
 * The broker has the message.
 *
 * @param messageId as sent: the caller's, or the one that the stub made
 * @param routed whether it reached a queue; false only with {@link
 *     PublishOptions.Builder#allowUnroutable}
 */
public record PublishResult(String messageId, boolean routed) {}
