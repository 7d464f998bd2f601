package amqpsidecar

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestAHandlersErrorBecomesASettlement(t *testing.T) {
	if settlementOf("id", nil) != nil {
		t.Error("no error is an ack")
	}
	for _, c := range []struct {
		err   error
		delay time.Duration
	}{
		{errors.New("any"), 0}, {Retry(0), 0}, {Retry(-1), 0}, {Retry(time.Second), time.Second},
		{fmt.Errorf("wrapped: %w", Retry(time.Millisecond)), 10 * time.Millisecond}, {Retry(1000 * time.Hour), 24 * time.Hour},
	} {
		nack := settlementOf("id", c.err).GetNack()
		if nack.GetDelay().AsDuration() != c.delay || (nack.GetDelay() == nil) != (c.delay == 0) || nack.GetNotAttempted() {
			t.Errorf("%v: %v", c.err, nack)
		}
	}
	reject := settlementOf("id", fmt.Errorf("wrapped: %w", &RejectError{Cause: "cause", Err: errors.New("inner")})).GetReject()
	if reject.GetCause() != "cause" || reject.GetDeliveryIds()[0] != "id" {
		t.Errorf("got %v", reject)
	}
}

func TestACauseIsCutToWhatTheSidecarTakes(t *testing.T) {
	for _, cause := range []string{strings.Repeat("a", 2000), strings.Repeat("é", 1000), "a" + strings.Repeat("世", 1000), "\xff"} {
		got := settlementOf("id", Reject(cause)).GetReject().GetCause()
		if len(got) > 1024 || len(got) < 1021 && len(cause) > 1 || !utf8.ValidString(got) {
			t.Errorf("%d bytes are left of %d", len(got), len(cause))
		}
	}
}

func TestABackoffDoublesUpToItsBound(t *testing.T) {
	for failures, bound := range map[int]time.Duration{1: 50, 2: 100, 3: 200, 5: 800, 6: 1000, 100: 1000} {
		longest := time.Duration(0)
		for i := 0; i < 1000; i++ {
			delay := backoffOf(failures, publishBackoffFirst, publishBackoffMost)
			if delay <= 0 || delay > bound*time.Millisecond {
				t.Fatalf("after %d failures it is %v", failures, delay)
			}
			if delay > longest {
				longest = delay
			}
		}
		if longest < bound*time.Millisecond/2 {
			t.Errorf("after %d failures the longest is %v", failures, longest)
		}
	}
}

func TestUUIDsDifferAndAreSortedByTime(t *testing.T) {
	seen := map[string]bool{}
	for i := 0; i < 1000; i++ {
		seen[newUUID()] = true
	}
	if len(seen) != 1000 {
		t.Errorf("%d of 1000 differ", len(seen))
	}
	first := newUUID()
	time.Sleep(2 * time.Millisecond)
	if second := newUUID(); second[:13] <= first[:13] {
		t.Errorf("%s comes after %s", second, first)
	}
}
