package amqpsidecar

import (
	"context"
	"errors"
	"io"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "amqp-sidecar.dev/client/amqpsidecarv1"
)

const (
	batchItems = 128
	batchBytes = 1 << 20
	// How long the end of a stream is waited for whose every item has its answer.
	endTimeout = 2 * time.Second
)

// publishStream is one stream of a Publisher. Its fields are guarded by the publisher's mutex.
type publishStream struct {
	pb.PublisherService_PublishStreamClient
	answered bool  // it has brought a result
	ended    error // not nil: it is over
}

// run writes, on one stream after the other, until the publisher is closed.
func (p *Publisher) run() {
	defer close(p.over)
	defer p.cancel()
	stop := make(chan struct{})
	defer close(stop)
	go func() { // wakes those who wait for the mutex's condition
		select {
		case <-p.ctx.Done():
		case <-stop:
		}
		p.mu.Lock()
		p.work.Broadcast()
		p.mu.Unlock()
	}()
	for failures := 0; p.waitForWork(); {
		answered, ok := p.serve()
		if ok {
			break
		}
		if failures++; answered {
			failures = 1
		}
		if !pause(p.ctx, backoffOf(failures, streamBackoffFirst, streamBackoffMost)) {
			break
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closing = true
	p.timer.Stop()
	for _, out := range p.items {
		e := &Error{Code: codes.Canceled, Persisted: PersistedNo, Detail: "closed before it was sent", cause: ErrClosed}
		if out.written {
			e.Persisted, e.Detail = PersistedUnknown, "closed before its answer came"
		}
		p.fail(out, e)
	}
}

// waitForWork is false when there will be none.
func (p *Publisher) waitForWork() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.queue) == 0 && !(p.closing && len(p.items) == 0) && p.ctx.Err() == nil {
		p.work.Wait()
	}
	return len(p.queue) > 0 && p.ctx.Err() == nil
}

// serve opens a stream and writes to it until it ends. It says whether the stream had brought any result,
// and whether it ended since the publisher is closed.
func (p *Publisher) serve() (answered, closed bool) {
	ctx, cancel := context.WithCancel(p.ctx)
	defer cancel()
	p.setGiveUp(cancel)
	opened, err := p.client.publisher.PublishStream(ctx)
	p.setGiveUp(nil)
	if err != nil {
		return false, p.ctx.Err() != nil
	}
	stream := &publishStream{PublisherService_PublishStreamClient: opened}
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.readResults(stream)
	}()
	for {
		batch := p.takeBatch(stream)
		if len(batch) == 0 {
			break
		}
		request := &pb.PublishStreamRequest{Items: make([]*pb.PublishItem, len(batch))}
		for i, out := range batch {
			request.Items[i] = out.item
		}
		if err := stream.Send(request); err != nil {
			p.putBack(batch, err)
			break
		}
	}
	if p.isIdle() {
		_ = stream.CloseSend()
		timer := time.AfterFunc(endTimeout, cancel)
		defer timer.Stop()
		<-done
		return true, true
	}
	<-done
	return p.endStream(stream), p.ctx.Err() != nil
}

func (p *Publisher) setGiveUp(cancel context.CancelFunc) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.giveUp = cancel
	p.wakeIfIdle()
}

// takeBatch waits for what to write. Nothing means that the stream is over, or is to be closed.
func (p *Publisher) takeBatch(stream *publishStream) []*outgoing {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		if stream.ended != nil || p.closing && len(p.items) == 0 {
			return nil
		}
		var batch []*outgoing
		bytes, next := 0, 0
		for ; next < len(p.queue) && len(batch) < batchItems; next++ {
			out := p.queue[next]
			if p.items[out.item.Tag] != out {
				continue
			}
			if bytes += out.size; bytes > batchBytes && len(batch) > 0 {
				break
			}
			out.written = true
			batch = append(batch, out)
		}
		p.queue = p.queue[next:]
		if len(batch) > 0 {
			return batch
		}
		p.queue = nil
		p.work.Wait()
	}
}

// putBack is for a batch that did not go out: gRPC took none of it.
func (p *Publisher) putBack(batch []*outgoing, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var again []*outgoing
	for _, out := range batch {
		if p.items[out.item.Tag] != out {
			continue
		}
		out.written = false
		if errors.Is(err, io.EOF) { // the stream is over, and the reader learns why
			again = append(again, out)
			continue
		}
		e, _ := errorOfStatus(status.Convert(err))
		e.Persisted = PersistedNo
		p.fail(out, e)
	}
	p.queue = append(again, p.queue...)
}

func (p *Publisher) isIdle() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closing && len(p.items) == 0
}

func (p *Publisher) readResults(stream *publishStream) {
	for {
		response, err := stream.Recv()
		p.mu.Lock()
		if err != nil {
			stream.ended = err
			p.work.Broadcast()
			p.mu.Unlock()
			return
		}
		stream.answered = true
		for _, result := range response.Results {
			out := p.items[result.Tag]
			if out == nil {
				continue // answered already: its time was over
			}
			if result.Code == int32(codes.OK) {
				p.answer(out, Result{MessageID: result.MessageId, Routed: result.Routed}, nil)
				continue
			}
			e := errorOfResult(result, out.confirmation.messageID)
			if e.Code == codes.Unavailable && e.Persisted == PersistedNo {
				p.tryAgain(out, e)
			} else {
				p.fail(out, e)
			}
		}
		p.mu.Unlock()
	}
}

// endStream deals with what was written and has no result: after two ends it is known not to be sent.
func (p *Publisher) endStream(stream *publishStream) (answered bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	told, informed := errorOfStatus(status.Convert(stream.ended))
	for _, out := range p.items {
		if !out.written {
			continue
		}
		e := *told
		switch {
		case informed && told.Reason == ReasonDraining:
			e.Persisted = PersistedNo
			p.tryAgain(out, e.finished())
			continue
		case informed && told.Code == codes.InvalidArgument:
			e.Persisted = PersistedNo
		case p.ctx.Err() != nil:
			continue // run answers them
		default:
			e.Code, e.Reason, e.Persisted = codes.Unavailable, ReasonSidecarUnavailable, PersistedUnknown
		}
		p.fail(out, &e)
	}
	return stream.answered
}
