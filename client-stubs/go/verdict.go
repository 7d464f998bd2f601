package amqpsidecar

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/types/known/durationpb"

	pb "amqp-sidecar.dev/client/amqpsidecarv1"
)

// What the sidecar takes: a settlement past it would end the whole subscription.
const (
	longestCause  = 1024
	shortestDelay = 10 * time.Millisecond
	longestDelay  = 24 * time.Hour
)

// RejectError is a handler's word that the message can never be processed: it is dead-lettered. errors.As
// finds it in what the handler returns, however it is wrapped.
type RejectError struct {
	// Cause is kept in the header x-sidecar-reason where the subscription's retry policy names a
	// dead-letter exchange. What is over 1024 bytes is cut off.
	Cause string
	// Err is what led to it; may be nil.
	Err error
}

// Error is "rejected: cause".
func (e *RejectError) Error() string { return "rejected: " + e.Cause }

// Unwrap is Err.
func (e *RejectError) Unwrap() error { return e.Err }

// Reject returns a *RejectError, for a handler to return.
func Reject(cause string) error { return &RejectError{Cause: cause} }

// RetryError is a handler's wish to get the message again after a delay of its own choice.
type RetryError struct {
	// Delay is 10 ms to 24 h; what is outside of it counts as the nearer of the two. Zero means the
	// retry policy's backoff, or at once where there is no policy.
	Delay time.Duration
	// Err is what led to it; may be nil.
	Err error
}

// Error is "to be tried again in 1s".
func (e *RetryError) Error() string {
	text := fmt.Sprintf("to be tried again in %v", e.Delay)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap is Err.
func (e *RetryError) Unwrap() error { return e.Err }

// Retry returns a *RetryError, for a handler to return.
func Retry(delay time.Duration) error { return &RetryError{Delay: delay} }

// settlementOf is what a handler's error leads to; nil for an ack.
func settlementOf(id string, err error) *pb.SubscribeStreamRequest {
	if err == nil {
		return nil
	}
	var reject *RejectError
	if errors.As(err, &reject) {
		return &pb.SubscribeStreamRequest{Kind: &pb.SubscribeStreamRequest_Reject{Reject: &pb.RejectRequest{
			DeliveryIds: []string{id}, Cause: cut(reject.Cause),
		}}}
	}
	nack := &pb.NackRequest{DeliveryIds: []string{id}}
	var retry *RetryError
	if errors.As(err, &retry) && retry.Delay > 0 {
		delay := retry.Delay
		if delay < shortestDelay {
			delay = shortestDelay
		}
		if delay > longestDelay {
			delay = longestDelay
		}
		nack.Delay = durationpb.New(delay)
	}
	return &pb.SubscribeStreamRequest{Kind: &pb.SubscribeStreamRequest_Nack{Nack: nack}}
}

func cut(cause string) string {
	cause = strings.ToValidUTF8(cause, "\uFFFD")
	if len(cause) <= longestCause {
		return cause
	}
	end := longestCause
	for !utf8.RuneStart(cause[end]) {
		end--
	}
	return cause[:end]
}
