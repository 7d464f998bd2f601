package amqpsidecar

import (
	"context"
	"math/rand"
	"sync"
	"time"
)

const (
	publishBackoffFirst = 50 * time.Millisecond
	publishBackoffMost  = time.Second
	// With less time than this left it is not tried again: the answer might not come in time, and then
	// nobody would know.
	shortestTry        = 100 * time.Millisecond
	streamBackoffFirst = 100 * time.Millisecond
	streamBackoffMost  = 2 * time.Second
)

// Of this package alone: Go 1.19 seeds the global source with 1, the same in every process.
var jitter = struct {
	sync.Mutex
	*rand.Rand
}{Rand: rand.New(rand.NewSource(time.Now().UnixNano()))}

// backoffOf is how long to wait after so many failures (1 and up) in a row: anything from zero up to a
// bound that doubles, so that clients that failed together do not come back together.
func backoffOf(failures int, first, most time.Duration) time.Duration {
	bound := first
	for ; failures > 1 && bound < most; failures-- {
		bound *= 2
	}
	if bound > most {
		bound = most
	}
	jitter.Lock()
	defer jitter.Unlock()
	return time.Duration(jitter.Int63n(int64(bound)) + 1)
}

// pause waits, or returns false as soon as ctx ends.
func pause(ctx context.Context, delay time.Duration) bool {
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
