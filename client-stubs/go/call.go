package amqpsidecar

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
)

// call makes a call that is no publish: within 10 s where ctx has no deadline, and with an *Error.
func call[Request, Response any](ctx context.Context, request *Request,
	method func(context.Context, *Request, ...grpc.CallOption) (*Response, error)) (*Response, error) {
	if _, err := proto.Marshal(any(request).(proto.Message)); err != nil {
		return nil, invalidTopology(err) // a text that is not UTF-8
	}
	limited := ctx
	if _, has := ctx.Deadline(); !has {
		var cancel context.CancelFunc
		limited, cancel = context.WithTimeout(ctx, defaultTimeout)
		defer cancel()
	}
	response, err := method(limited, request)
	if err != nil {
		return nil, errorOfCall(ctx, err)
	}
	return response, nil
}
