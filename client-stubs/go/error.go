package amqpsidecar

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "amqp-sidecar.dev/client/amqpsidecarv1"
)

const errorDomain = "amqp-sidecar"

// Error is the one type of error of this package: what became of a call, or of one message of a Publisher.
// Where the caller's own context ended it, errors.Is finds context.Canceled or context.DeadlineExceeded.
type Error struct {
	// Code is the gRPC status code.
	Code codes.Code
	// Reason is the word for a program; empty where the failure is not the sidecar's, as for a call
	// that the caller cancelled.
	Reason Reason
	// Persisted says whether the broker has the message all the same. Unspecified unless it was a publish.
	Persisted Persisted
	// Detail is for a person: what went wrong, and what to do.
	Detail string
	// MessageID is the message's, whether given or made here. Empty unless it was a publish.
	MessageID string
	// Retryable: the same call, later, can succeed, and makes no duplicate.
	Retryable bool

	cause error
}

// Error is "REASON (CODE): detail".
func (e *Error) Error() string {
	reason := string(e.Reason)
	if reason == "" {
		reason = "FAILED"
	}
	return fmt.Sprintf("%s (%s): %s", reason, codeName(e.Code), e.Detail)
}

// Unwrap is the context's error where the caller's context ended the call, or what could not be made JSON.
func (e *Error) Unwrap() error { return e.cause }

// GRPCStatus lets status.Code and status.FromError read it.
func (e *Error) GRPCStatus() *status.Status { return status.New(e.Code, e.Error()) }

// finished sets what follows from the other fields.
func (e *Error) finished() *Error {
	switch e.Persisted {
	case PersistedNo:
		e.Retryable = e.Code == codes.Unavailable || e.Code == codes.ResourceExhausted
	case PersistedUnspecified:
		e.Retryable = e.Code == codes.Unavailable
	case PersistedUnknown, PersistedPartial:
		e.Retryable = false
	}
	return e
}

// errorOfCall makes an Error of what a gRPC call returned. ctx is the caller's own.
func errorOfCall(ctx context.Context, err error) *Error {
	e, informed := errorOfStatus(status.Convert(err))
	if informed {
		return e.finished()
	}
	if cause := ctx.Err(); cause != nil {
		e.cause = cause
		if errors.Is(cause, context.Canceled) {
			e.Code = codes.Canceled
			return e.finished()
		}
	}
	if isLoss(e.Code) {
		e.Reason = ReasonSidecarUnavailable
	}
	return e.finished()
}

// errorOfPublish is errorOfCall for a publish: without a word of the sidecar's nobody knows what became of
// it, unless it was never sent.
func errorOfPublish(ctx context.Context, err error, messageID string, sent bool) *Error {
	e := errorOfCall(ctx, err)
	e.MessageID = messageID
	if e.Persisted == PersistedUnspecified && isLoss(e.Code) {
		e.Persisted = PersistedUnknown
		if !sent {
			e.Persisted = PersistedNo
		}
	}
	return e.finished()
}

// unanswered is a failure that was tried again, without an answer in time: the reason is still the best that
// there is, and persisted is the last try's.
func (e *Error) unanswered(persisted Persisted) *Error {
	again := *e
	again.Persisted = persisted
	again.Detail += "; the next try had no answer in time"
	return again.finished()
}

// errorOfStatus also says whether the sidecar itself gave a reason.
func errorOfStatus(st *status.Status) (*Error, bool) {
	e := &Error{Code: st.Code(), Detail: st.Message()}
	for _, detail := range st.Details() {
		info, ok := detail.(*errdetails.ErrorInfo)
		if ok && info.GetDomain() == errorDomain {
			e.Reason = Reason(info.GetReason())
			e.Persisted = persistedOf(info.GetMetadata()["persisted"])
			return e, true
		}
	}
	return e, false
}

func errorOfResult(result *pb.PublishResult, messageID string) *Error {
	e := &Error{
		Code:      codes.Code(result.GetCode()),
		Reason:    Reason(result.GetReason()),
		Detail:    result.GetDetail(),
		MessageID: messageID,
	}
	switch result.GetPersisted() {
	case pb.Persisted_PERSISTED_NO:
		e.Persisted = PersistedNo
	case pb.Persisted_PERSISTED_UNKNOWN:
		e.Persisted = PersistedUnknown
	case pb.Persisted_PERSISTED_PARTIAL:
		e.Persisted = PersistedPartial
	case pb.Persisted_PERSISTED_UNSPECIFIED:
	}
	return e.finished()
}

// refusedHere is a publish that was not sent at all.
func refusedHere(reason Reason, messageID, detail string, cause error) *Error {
	e := &Error{
		Code:      codes.InvalidArgument,
		Reason:    reason,
		Persisted: PersistedNo,
		Detail:    detail,
		MessageID: messageID,
		cause:     cause,
	}
	return e.finished()
}

// isLoss: codes that gRPC itself gives when the sidecar is not there, or went away.
func isLoss(code codes.Code) bool {
	switch code {
	case codes.Unavailable, codes.DeadlineExceeded, codes.Internal, codes.Unknown, codes.Canceled:
		return true
	default:
		return false
	}
}

// codeName is the name that docs/errors.md uses, such as INVALID_ARGUMENT.
func codeName(code codes.Code) string {
	names := [...]string{"OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND",
		"ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED",
		"OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED"}
	if int(code) < len(names) {
		return names[code]
	}
	return code.String()
}
