package amqpsidecar

import (
	"context"
	"sync"

	"google.golang.org/grpc/status"
)

// Confirmation is the answer to one message of a Publisher, now or later.
type Confirmation struct {
	messageID string

	mu       sync.Mutex
	done     chan struct{} // made when somebody asks for it: most confirmations are waited for when they are there
	answered bool
	result   Result
	err      *Error
}

// MessageID is the message's, whether given or made here.
func (c *Confirmation) MessageID() string { return c.messageID }

// Done is closed when the answer is there.
func (c *Confirmation) Done() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.done == nil {
		c.done = make(chan struct{})
		if c.answered {
			close(c.done)
		}
	}
	return c.done
}

// Wait returns the answer: what Client.Publish would have returned. If ctx ends first, it returns an *Error
// for which errors.Is finds the context's; the message is under way all the same, and Wait may be called
// again.
func (c *Confirmation) Wait(ctx context.Context) (Result, error) {
	if result, answered, err := c.get(); answered {
		return result, err
	}
	select {
	case <-c.Done():
		result, _, err := c.get()
		return result, err
	case <-ctx.Done():
		e := &Error{
			Code:      status.FromContextError(ctx.Err()).Code(),
			Persisted: PersistedUnknown,
			Detail:    "the answer is not there yet: " + ctx.Err().Error(),
			MessageID: c.messageID,
			cause:     ctx.Err(),
		}
		return Result{}, e.finished()
	}
}

func (c *Confirmation) get() (result Result, answered bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return Result{}, true, c.err
	}
	return c.result, c.answered, nil
}

// answer is called once.
func (c *Confirmation) answer(result Result, err *Error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.result, c.err, c.answered = result, err, true
	if c.done != nil {
		close(c.done)
	}
}
