package dev.amqpsidecar.client;

/**
 * The reasons of failures, as docs/errors.md of the sidecar has them. Plain strings: a newer
 * sidecar may send one that is not here.
 */
public final class Reason {
  /** The message breaks a rule of AMQP or of the sidecar. */
  public static final String INVALID_MESSAGE = "INVALID_MESSAGE";

  /** The body is not what its content type or a rule says, or cannot be serialized. */
  public static final String INVALID_BODY = "INVALID_BODY";

  /** The body is over {@code limits.max_message_bytes}. */
  public static final String MESSAGE_TOO_LARGE = "MESSAGE_TOO_LARGE";

  /** The exchange does not exist. */
  public static final String EXCHANGE_NOT_FOUND = "EXCHANGE_NOT_FOUND";

  /** No binding of the exchange matches the message. */
  public static final String UNROUTABLE = "UNROUTABLE";

  /** The broker or the sidecar's policy does not allow it. */
  public static final String ACCESS_REFUSED = "ACCESS_REFUSED";

  /** The broker refused the message, as a full queue does. */
  public static final String REFUSED_BY_BROKER = "REFUSED_BY_BROKER";

  /** A limit of the sidecar is reached. */
  public static final String LIMIT_EXCEEDED = "LIMIT_EXCEEDED";

  /** The broker could not be reached in time; nothing was sent. */
  public static final String BROKER_UNAVAILABLE = "BROKER_UNAVAILABLE";

  /** The broker takes no publishes now; nothing was sent. */
  public static final String BROKER_BLOCKED = "BROKER_BLOCKED";

  /** The message was sent, and the broker's answer did not come. */
  public static final String OUTCOME_UNKNOWN = "OUTCOME_UNKNOWN";

  /** The sidecar is shutting down. */
  public static final String DRAINING = "DRAINING";

  /** The subscription or settlement asks for what cannot be. */
  public static final String INVALID_SUBSCRIPTION = "INVALID_SUBSCRIPTION";

  /** The queue does not exist, or was deleted. */
  public static final String QUEUE_NOT_FOUND = "QUEUE_NOT_FOUND";

  /** Another consumer or connection has the queue for itself. */
  public static final String QUEUE_EXCLUSIVE = "QUEUE_EXCLUSIVE";

  /** The exchange, queue or binding is not a valid one. */
  public static final String INVALID_TOPOLOGY = "INVALID_TOPOLOGY";

  /** It exists with other properties. */
  public static final String TOPOLOGY_CONFLICT = "TOPOLOGY_CONFLICT";

  /** The queue or exchange is in use. */
  public static final String QUEUE_IN_USE = "QUEUE_IN_USE";

  /** The queue is not empty. */
  public static final String QUEUE_NOT_EMPTY = "QUEUE_NOT_EMPTY";

  /** This sidecar never gave the id. */
  public static final String UNKNOWN_DELIVERY = "UNKNOWN_DELIVERY";

  /** The delivery is settled otherwise. */
  public static final String ALREADY_SETTLED = "ALREADY_SETTLED";

  /** It was not settled in time, and went back to the queue. */
  public static final String DEADLINE_EXPIRED = "DEADLINE_EXPIRED";

  /** Its channel is gone: the broker delivers it again. */
  public static final String STALE_DELIVERY = "STALE_DELIVERY";

  /** It was to wait or to be dead-lettered, and was requeued at once instead. */
  public static final String NOT_MOVED = "NOT_MOVED";

  /** It is of a stream, which takes nothing back. */
  public static final String NOT_REQUEUEABLE = "NOT_REQUEUEABLE";

  /** It may not be held that long: its deadline stays as it was. */
  public static final String DEADLINE_LIMIT = "DEADLINE_LIMIT";

  /** The sidecar did not answer: it is not there, was killed, or the time ran out. */
  public static final String SIDECAR_UNAVAILABLE = "SIDECAR_UNAVAILABLE";

  private Reason() {}
}
