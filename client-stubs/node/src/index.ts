// amqp-sidecar: publish to and consume from RabbitMQ through the sidecar beside this process.

export { DEFAULT_ADDRESS } from "./address";
export { Client, connect, type ConnectOptions } from "./client";
export { Delivery, InvalidJson, Reject, Retry } from "./delivery";
export { Reason, SidecarError, type Persisted, type SidecarErrorFields } from "./error";
export type { MessageOptions, Properties, Published } from "./message";
export { Publisher, type PublisherOptions } from "./publisher";
export { Subscription } from "./subscription";
export type {
  LifeEvent, RetryPolicy, SettleFailedEvent, SubscribeOptions, SubscriptionEvent,
} from "./subscription-options";
export type { CallOptions, QueueInfo, TopologyDeclaration } from "./topology";
export type { Binding, Exchange, Queue } from "./topology-types";
export { Double, type Fields, type FieldType } from "./value";
export type { Handler } from "./work";
