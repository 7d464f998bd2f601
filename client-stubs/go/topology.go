package amqpsidecar

import (
	"context"
	"fmt"

	"google.golang.org/grpc/codes"

	pb "amqp-sidecar.dev/client/amqpsidecarv1"
)

// Exchange is where messages are published to.
type Exchange struct {
	// Name has at most 255 bytes; those that begin with "amq." are the broker's.
	Name string
	// Type is direct, fanout, topic, headers, or one that a plugin brings. Empty means direct.
	Type string
	// Transient: it does not survive a restart of the broker.
	Transient bool
	// AutoDelete: the broker deletes it once its last binding is gone.
	AutoDelete bool
	// Internal: it takes messages from other exchanges only.
	Internal bool
	// Arguments are further ones, such as alternate-exchange.
	Arguments Table
}

// QueueType is RabbitMQ's.
type QueueType int

const (
	// QueueTypeDefault is the virtual host's default.
	QueueTypeDefault QueueType = iota
	// ClassicQueue is on one node.
	ClassicQueue
	// QuorumQueue is replicated, and counts redeliveries.
	QuorumQueue
	// StreamQueue is a log that consumers read without emptying it.
	StreamQueue
)

// Queue is where messages wait for consumers.
type Queue struct {
	// Name may be empty: then the sidecar chooses one, and DeclareTopology returns it.
	Name string
	// Type is the virtual host's default unless it is set.
	Type QueueType
	// Transient: it does not survive a restart of the broker.
	Transient bool
	// Exclusive: for the sidecar's connection alone, and deleted with it.
	Exclusive bool
	// AutoDelete: the broker deletes it once its last consumer is gone.
	AutoDelete bool
	// Arguments are further ones, such as x-message-ttl or x-dead-letter-exchange.
	Arguments Table
}

// Binding routes an exchange's messages to a queue.
type Binding struct {
	// Queue is its name. Empty in WithBindings.
	Queue string
	// Exchange is its name.
	Exchange string
	// RoutingKey is the key or pattern that the exchange matches.
	RoutingKey string
	// Arguments are what a headers exchange matches, and further ones.
	Arguments Table
}

// Topology is what is to exist.
type Topology struct {
	// Exchanges are declared first, then Queues, then Bindings.
	Exchanges []Exchange
	Queues    []Queue
	Bindings  []Binding
}

// QueueInfo is a queue that exists.
type QueueInfo struct {
	// Name is the queue's.
	Name string
	// Messages that wait; unsettled ones are not among them.
	Messages uint64
	// Consumers of all connections.
	Consumers uint32
}

// Calls of the topology have 10 s, or as long as their context has where that has a deadline. Their errors
// are *Error.

// DeclareTopology declares all that the topology names, and returns the names of its queues in order. What
// exists already with the same properties is fine. The sidecar declares it again after a reconnect.
func (c *Client) DeclareTopology(ctx context.Context, topology Topology) ([]string, error) {
	request := &pb.DeclareTopologyRequest{}
	for _, exchange := range topology.Exchanges {
		arguments, err := fieldsOf(exchange.Arguments)
		if err != nil {
			return nil, invalidTopology(fmt.Errorf("exchange %q: argument %w", exchange.Name, err))
		}
		durable := !exchange.Transient
		request.Exchanges = append(request.Exchanges, &pb.Exchange{
			Name: exchange.Name, Type: exchange.Type, Durable: &durable, AutoDelete: exchange.AutoDelete,
			Internal: exchange.Internal, Arguments: arguments,
		})
	}
	for _, queue := range topology.Queues {
		arguments, err := fieldsOf(queue.Arguments)
		if err != nil {
			return nil, invalidTopology(fmt.Errorf("queue %q: argument %w", queue.Name, err))
		}
		durable := !queue.Transient
		request.Queues = append(request.Queues, &pb.Queue{
			Name: queue.Name, Type: pb.QueueType(queue.Type), Durable: &durable, Exclusive: queue.Exclusive,
			AutoDelete: queue.AutoDelete, Arguments: arguments,
		})
	}
	var err error
	if request.Bindings, err = bindingsOf(topology.Bindings); err != nil {
		return nil, invalidTopology(err)
	}
	response, err := call(ctx, request, c.topology.DeclareTopology)
	return response.GetQueueNames(), err
}

// DeleteOption is a condition of DeleteQueue or DeleteExchange.
type DeleteOption func(*deleteOptions)

type deleteOptions struct{ ifUnused, ifEmpty bool }

// IfUnused deletes only what has no consumer, or what nothing is bound to; else QUEUE_IN_USE.
func IfUnused() DeleteOption { return func(o *deleteOptions) { o.ifUnused = true } }

// IfEmpty deletes only a queue that holds no message; else QUEUE_NOT_EMPTY.
func IfEmpty() DeleteOption { return func(o *deleteOptions) { o.ifEmpty = true } }

// DeleteQueue deletes a queue, and returns how many messages went with it. One that does not exist is fine.
func (c *Client) DeleteQueue(ctx context.Context, queue string, options ...DeleteOption) (uint64, error) {
	var o deleteOptions
	for _, option := range options {
		option(&o)
	}
	request := &pb.DeleteQueueRequest{Queue: queue, IfUnused: o.ifUnused, IfEmpty: o.ifEmpty}
	response, err := call(ctx, request, c.topology.DeleteQueue)
	return response.GetMessageCount(), err
}

// DeleteExchange deletes an exchange. One that does not exist is fine. IfEmpty is nothing to it.
func (c *Client) DeleteExchange(ctx context.Context, exchange string, options ...DeleteOption) error {
	var o deleteOptions
	for _, option := range options {
		option(&o)
	}
	request := &pb.DeleteExchangeRequest{Exchange: exchange, IfUnused: o.ifUnused}
	_, err := call(ctx, request, c.topology.DeleteExchange)
	return err
}

// UnbindQueue removes a binding, which is known by all of its fields.
func (c *Client) UnbindQueue(ctx context.Context, binding Binding) error {
	bindings, err := bindingsOf([]Binding{binding})
	if err != nil {
		return invalidTopology(err)
	}
	_, err = call(ctx, &pb.UnbindQueueRequest{Binding: bindings[0]}, c.topology.UnbindQueue)
	return err
}

// PurgeQueue drops the messages that wait in a queue, and returns how many; unsettled ones stay.
func (c *Client) PurgeQueue(ctx context.Context, queue string) (uint64, error) {
	response, err := call(ctx, &pb.PurgeQueueRequest{Queue: queue}, c.topology.PurgeQueue)
	return response.GetMessageCount(), err
}

// GetQueue tells how many messages and consumers a queue has; QUEUE_NOT_FOUND where it does not exist.
func (c *Client) GetQueue(ctx context.Context, queue string) (QueueInfo, error) {
	response, err := call(ctx, &pb.GetQueueRequest{Queue: queue}, c.topology.GetQueue)
	return QueueInfo{
		Name:      response.GetQueue(),
		Messages:  response.GetMessageCount(),
		Consumers: response.GetConsumerCount(),
	}, err
}

func bindingsOf(bindings []Binding) ([]*pb.Binding, error) {
	var sent []*pb.Binding
	for _, binding := range bindings {
		arguments, err := fieldsOf(binding.Arguments)
		if err != nil {
			return nil, fmt.Errorf("binding to exchange %q: argument %w", binding.Exchange, err)
		}
		sent = append(sent, &pb.Binding{
			Queue: binding.Queue, Exchange: binding.Exchange, RoutingKey: binding.RoutingKey, Arguments: arguments,
		})
	}
	return sent, nil
}

func invalidTopology(err error) *Error {
	return &Error{Code: codes.InvalidArgument, Reason: ReasonInvalidTopology, Detail: err.Error(), cause: err}
}
