#!/usr/bin/env python3
"""A service beside its sidecar: publishes an order each second, and takes them from a queue.

At SIGTERM it finishes what it has in hand, and ends. Its environment: AMQP_SIDECAR_ADDR (the
sidecar's socket, as for amqp-sidecar's own verbs), DEMO_EXCHANGE, DEMO_QUEUE, DEMO_INTERVAL in
seconds. The API's messages are made by protoc (see Dockerfile).
"""

import json
import os
import signal
import sys
import threading

import grpc

from amqp_sidecar.v1 import message_pb2, publisher_pb2, subscriber_pb2

ADDRESS = os.environ.get("AMQP_SIDECAR_ADDR", "unix:///run/amqp-sidecar/sidecar.sock")
EXCHANGE = os.environ.get("DEMO_EXCHANGE", "orders")
QUEUE = os.environ.get("DEMO_QUEUE", "billing")
INTERVAL = float(os.environ.get("DEMO_INTERVAL", "1"))
ended = threading.Event()


def say(text):
    # In one piece: two threads speak.
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def method(channel, service, name, request, response, stream=False):
    make = channel.unary_stream if stream else channel.unary_unary
    return make(f"/amqp_sidecar.v1.{service}/{name}",
                request_serializer=request.SerializeToString, response_deserializer=response.FromString)


def publish_orders(channel):
    publish = method(channel, "PublisherService", "Publish", publisher_pb2.PublishRequest,
                     publisher_pb2.PublishResponse)
    order = 0
    while not ended.wait(INTERVAL):
        order += 1
        message = message_pb2.Message(exchange=EXCHANGE, routing_key="order.created",
                                      body=json.dumps({"order_id": order}).encode())
        try:
            publish(publisher_pb2.PublishRequest(message=message), timeout=5)
            say(f"published order {order}")
        except grpc.RpcError as error:
            # Any status but OK says whether the broker has it all the same: docs/errors.md.
            say(f"order {order} not published: {error.code().name}: {error.details()}")


def take_orders(channel):
    subscribe = method(channel, "SubscriberService", "Subscribe", subscriber_pb2.SubscribeRequest,
                       subscriber_pb2.SubscribeResponse, stream=True)
    ack = method(channel, "SubscriberService", "Ack", subscriber_pb2.AckRequest,
                 subscriber_pb2.AckResponse)
    deliveries = subscribe(subscriber_pb2.SubscribeRequest(queue=QUEUE, prefetch=1))
    in_hand = threading.Lock()

    # Between two deliveries: an ack of an ended subscription would not count.
    def end():
        ended.wait()
        with in_hand:
            deliveries.cancel()

    threading.Thread(target=end, daemon=True).start()
    for response in deliveries:
        with in_hand:
            for delivery in response.deliveries:
                say(f"took {delivery.body.decode()}")
                ack(subscriber_pb2.AckRequest(delivery_ids=[delivery.delivery_id]), timeout=5)


def main():
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    with grpc.insecure_channel(ADDRESS) as channel:
        publisher = threading.Thread(target=publish_orders, args=[channel])
        publisher.start()
        try:
            take_orders(channel)
        except grpc.RpcError as error:
            if error.code() != grpc.StatusCode.CANCELLED or not ended.is_set():
                ended.set()
                sys.exit(f"no more orders: {error.code().name}: {error.details()}")
        finally:
            ended.set()
            publisher.join()
    say("ended")


if __name__ == "__main__":
    main()
