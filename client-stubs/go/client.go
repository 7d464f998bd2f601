package amqpsidecar

import (
	"context"
	"log"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	pb "amqp-sidecar.dev/client/amqpsidecarv1"
)

const (
	defaultTimeout = 10 * time.Second
	maxReceive     = 129 << 20
	// A fixed window: gRPC's own estimate of it costs a ping for every read.
	window = 4 << 20
)

// Client is a connection to one sidecar. It is made once, and shared.
type Client struct {
	conn   grpc.ClientConnInterface
	owned  *grpc.ClientConn // nil where the caller brought a connection
	ctx    context.Context  // ends with Close
	cancel context.CancelFunc

	publisher  pb.PublisherServiceClient
	subscriber pb.SubscriberServiceClient
	topology   pb.TopologyServiceClient

	trace  TracePropagator
	logger *log.Logger
}

// Option is an option of Connect.
type Option func(*connectOptions)

type connectOptions struct {
	conn        grpc.ClientConnInterface
	credentials credentials.TransportCredentials
	dial        []grpc.DialOption
	trace       TracePropagator
	logger      *log.Logger
}

// WithTransportCredentials uses these instead of a plaintext connection, as for TLS.
func WithTransportCredentials(credentials credentials.TransportCredentials) Option {
	return func(o *connectOptions) { o.credentials = credentials }
}

// WithDialOptions adds options of gRPC's, behind this package's own.
func WithDialOptions(options ...grpc.DialOption) Option {
	return func(o *connectOptions) { o.dial = append(o.dial, options...) }
}

// WithConn uses a connection that is there already, whatever the address says. Close leaves it open.
func WithConn(conn grpc.ClientConnInterface) Option {
	return func(o *connectOptions) { o.conn = conn }
}

// WithTracePropagator carries trace context through messages; see TracePropagator.
func WithTracePropagator(propagator TracePropagator) Option {
	return func(o *connectOptions) { o.trace = propagator }
}

// WithLogger takes the events of subscriptions without WithOnEvent, and handlers' errors. The default is
// log.Default().
func WithLogger(logger *log.Logger) Option {
	return func(o *connectOptions) { o.logger = logger }
}

// Connect makes a client of the sidecar at an address: unix:///path, /path of a Unix socket, or host:port.
// An empty one means that of the environment variable AMQP_SIDECAR_ADDR, else DefaultAddress.
//
// It does not wait for the sidecar: that need not be there yet, and calls wait for it within their
// deadlines. It fails only where the address or an option is bad.
func Connect(address string, options ...Option) (*Client, error) {
	o := connectOptions{credentials: insecure.NewCredentials(), logger: log.Default()}
	for _, option := range options {
		option(&o)
	}
	c := &Client{conn: o.conn, trace: o.trace, logger: o.logger}
	if c.conn == nil {
		target, err := target(address)
		if err != nil {
			return nil, err
		}
		c.owned, err = grpc.NewClient(target, append(dialOptions(o.credentials), o.dial...)...)
		if err != nil {
			return nil, err
		}
		c.conn = c.owned
	}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	c.publisher = pb.NewPublisherServiceClient(c.conn)
	c.subscriber = pb.NewSubscriberServiceClient(c.conn)
	c.topology = pb.NewTopologyServiceClient(c.conn)
	return c, nil
}

func dialOptions(credentials credentials.TransportCredentials) []grpc.DialOption {
	return []grpc.DialOption{
		grpc.WithTransportCredentials(credentials),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxReceive), grpc.WaitForReady(true)),
		// gRPC's own backoff grows to two minutes.
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff: backoff.Config{
				BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 2 * time.Second,
			},
			MinConnectTimeout: 5 * time.Second,
		}),
		// What is safe to try again, this package tries again.
		grpc.WithDisableRetry(),
		grpc.WithDisableServiceConfig(),
		grpc.WithInitialWindowSize(window),
		grpc.WithInitialConnWindowSize(window),
	}
}

// Close ends the connection at once, with all that is under way on it: publishers' messages without an
// answer fail, subscriptions end and what they hold goes back to its queue. Close publishers and stop
// subscriptions first.
func (c *Client) Close() error {
	c.cancel()
	if c.owned == nil {
		return nil
	}
	return c.owned.Close()
}

// watch calls end when the client is closed, until the returned function is called.
func (c *Client) watch(end func()) (stop func()) {
	stopped := make(chan struct{})
	go func() {
		select {
		case <-c.ctx.Done():
			end()
		case <-stopped:
		}
	}()
	return func() { close(stopped) }
}
