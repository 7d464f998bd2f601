package amqpsidecar

import (
	"context"
	"errors"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "amqp-sidecar.dev/client/amqpsidecarv1"
)

func informed(t *testing.T, code codes.Code, domain, reason, persisted string) error {
	t.Helper()
	st, err := status.New(code, "detail").WithDetails(&errdetails.ErrorInfo{
		Domain: domain, Reason: reason, Metadata: map[string]string{"persisted": persisted}})
	if err != nil {
		t.Fatal(err)
	}
	return st.Err()
}

func TestRetryableIsWhatCanSucceedLaterWithoutADuplicate(t *testing.T) {
	ctx := context.Background()
	for _, c := range []struct {
		code      codes.Code
		persisted string
		want      bool
	}{
		{codes.Unavailable, "NO", true}, {codes.ResourceExhausted, "NO", true},
		{codes.Unavailable, "UNKNOWN", false}, {codes.ResourceExhausted, "PARTIAL", false},
		{codes.InvalidArgument, "NO", false}, {codes.Unavailable, "", true}, {codes.ResourceExhausted, "", false},
	} {
		e := errorOfCall(ctx, informed(t, c.code, "amqp-sidecar", "ANY", c.persisted))
		if e.Retryable != c.want || e.Persisted.String() != c.persisted {
			t.Errorf("%v with %q: %+v", c.code, c.persisted, e)
		}
	}
}

func TestAReasonOfAnotherDomainIsNotTheSidecars(t *testing.T) {
	e := errorOfCall(context.Background(), informed(t, codes.Unavailable, "other", "ANY", "NO"))
	if e.Reason != ReasonSidecarUnavailable || e.Persisted != PersistedUnspecified {
		t.Errorf("got %+v", e)
	}
}

func TestAReasonThatIsNotKnownIsPassedOn(t *testing.T) {
	e := errorOfCall(context.Background(), informed(t, codes.Aborted, "amqp-sidecar", "NEW_ONE", "NO"))
	if e.Reason != "NEW_ONE" || e.Error() != "NEW_ONE (ABORTED): detail" || status.Code(e) != codes.Aborted {
		t.Errorf("got %v", e)
	}
}

func TestWithoutAWordOfTheSidecarsNobodyKnowsUnlessItWasNotSent(t *testing.T) {
	ctx := context.Background()
	for _, code := range []codes.Code{codes.Unavailable, codes.DeadlineExceeded, codes.Internal, codes.Unknown, codes.Canceled} {
		sent := errorOfPublish(ctx, status.Error(code, "gone"), "id", true)
		if sent.Reason != ReasonSidecarUnavailable || sent.Persisted != PersistedUnknown || sent.Retryable || sent.MessageID != "id" {
			t.Errorf("sent: %+v", sent)
		}
		unsent := errorOfPublish(ctx, status.Error(code, "gone"), "id", false)
		if unsent.Persisted != PersistedNo || unsent.Retryable != (code == codes.Unavailable) {
			t.Errorf("unsent: %+v", unsent)
		}
	}
	other := errorOfPublish(ctx, status.Error(codes.Unimplemented, "no"), "id", true)
	if other.Reason != "" || other.Persisted != PersistedUnspecified || other.Retryable {
		t.Errorf("got %+v", other)
	}
}

func TestAnErrorOfACancelledContextUnwrapsToIt(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	e := errorOfPublish(ctx, status.Error(codes.Unavailable, "gone"), "id", true)
	if !errors.Is(e, context.Canceled) || e.Code != codes.Canceled || e.Reason != "" || e.Persisted != PersistedUnknown {
		t.Errorf("got %+v", e)
	}
}

func TestAResultIsReadLikeACall(t *testing.T) {
	for sent, want := range map[pb.Persisted]Persisted{
		pb.Persisted_PERSISTED_NO: PersistedNo, pb.Persisted_PERSISTED_UNKNOWN: PersistedUnknown,
		pb.Persisted_PERSISTED_PARTIAL: PersistedPartial,
	} {
		e := errorOfResult(&pb.PublishResult{Code: int32(codes.ResourceExhausted), Reason: "REFUSED_BY_BROKER",
			Detail: "full", Persisted: sent}, "id")
		if e.Persisted != want || e.Retryable != (want == PersistedNo) || e.MessageID != "id" ||
			e.Error() != "REFUSED_BY_BROKER (RESOURCE_EXHAUSTED): full" {
			t.Errorf("got %+v", e)
		}
	}
}

func TestAStreamThatEndsIsOpenedAgainOnlyWhereThatCanHelp(t *testing.T) {
	for code, want := range map[codes.Code]bool{
		codes.Unavailable: true, codes.Internal: true, codes.Unknown: true, codes.Canceled: true,
		codes.DeadlineExceeded: true, codes.Unimplemented: false, codes.PermissionDenied: false,
	} {
		if got := isPassing(errorOfStream(status.Error(code, "x"))); got != want {
			t.Errorf("%v: %v", code, got)
		}
	}
	for _, c := range []struct {
		code   codes.Code
		reason string
		want   bool
	}{
		{codes.Unavailable, "DRAINING", true}, {codes.ResourceExhausted, "LIMIT_EXCEEDED", true},
		{codes.NotFound, "QUEUE_NOT_FOUND", false}, {codes.InvalidArgument, "INVALID_SUBSCRIPTION", false},
	} {
		if got := isPassing(errorOfStream(informed(t, c.code, "amqp-sidecar", c.reason, ""))); got != c.want {
			t.Errorf("%s: %v", c.reason, got)
		}
	}
}
