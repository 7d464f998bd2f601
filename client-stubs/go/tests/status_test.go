package tests

import (
	"context"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	amqpsidecar "amqp-sidecar.dev/client"
	pb "amqp-sidecar.dev/client/amqpsidecarv1"
)

// dial is gRPC's own connection, for what the client leaves out.
func dial(t *testing.T, s sidecar) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient(s.address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// status is what the sidecar says of itself.
func status(t *testing.T, s sidecar) *pb.SidecarStatus {
	t.Helper()
	conn := dial(t, s)
	defer conn.Close()
	response, err := pb.NewStatusServiceClient(conn).GetStatus(soon(t), &pb.GetStatusRequest{})
	if err != nil {
		t.Fatal(err)
	}
	return response.Status
}

// holdOne publishes to a queue and keeps its one delivery unsettled, until the returned function is called.
func holdOne(t *testing.T, client *amqpsidecar.Client, queue string) (release func()) {
	t.Helper()
	held, done := make(chan struct{}, 100), make(chan struct{})
	subscribe(t, client, queue, func(context.Context, *amqpsidecar.Delivery) error {
		held <- struct{}{}
		<-done
		return nil
	})
	mustPublish(t, client, "", queue, "held")
	within(t, "the delivery", held)
	return func() { close(done) }
}
