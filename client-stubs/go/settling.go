package amqpsidecar

import (
	"context"

	pb "amqp-sidecar.dev/client/amqpsidecarv1"
)

// The half of a session that writes: settlements and extensions, on the stream as long as that is open, by
// calls once it is half-closed.

// gather takes one settlement for the writer; nil is an ack. With the mutex.
func (ses *session) gather(id string, settlement *pb.SubscribeStreamRequest) {
	if settlement == nil {
		ses.acks = append(ses.acks, id)
	} else {
		ses.others = append(ses.others, settlement)
	}
	if len(ses.acks)+len(ses.others) == 1 {
		ses.wakeWriter()
	}
}

func (ses *session) write(ctx context.Context) {
	ticks, stop := ses.ticker()
	defer stop()
	halfClosed := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks:
			if request := ses.extension(); request != nil && !ses.extend(request, halfClosed) {
				return
			}
			continue
		case <-ses.wake:
		}
		acks, others, back, stopping := ses.takeAll()
		if len(acks) > 0 {
			others = append(others, &pb.SubscribeStreamRequest{
				Kind: &pb.SubscribeStreamRequest_Ack{Ack: &pb.AckRequest{DeliveryIds: acks}},
			})
		}
		if len(back) > 0 && !stopping {
			others = append(others, &pb.SubscribeStreamRequest{
				Kind: &pb.SubscribeStreamRequest_Nack{Nack: &pb.NackRequest{DeliveryIds: back, NotAttempted: true}},
			})
		}
		for _, request := range others {
			if ses.stream.Send(request) != nil {
				return // the reader learns why
			}
		}
		if stopping && !halfClosed {
			halfClosed = true
			_ = ses.stream.CloseSend()
		}
		if stopping && len(back) > 0 {
			ses.giveBack(back)
		}
	}
}

// takeAll takes what is to be written, and the ids to be given back.
func (ses *session) takeAll() (acks []string, others []*pb.SubscribeStreamRequest, back []string, stopping bool) {
	s := ses.s
	s.mu.Lock()
	defer s.mu.Unlock()
	acks, others, stopping = ses.acks, ses.others, s.stopping
	ses.acks, ses.others = nil, nil
	if (stopping || ses.draining) && !ses.dead {
		for _, h := range s.waiting {
			id := h.raw.DeliveryId
			delete(ses.held, id)
			back = append(back, id)
		}
		s.waiting = nil
	}
	return acks, others, back, stopping
}

func (ses *session) extend(request *pb.ExtendAckDeadlineRequest, halfClosed bool) bool {
	if !halfClosed {
		return ses.stream.Send(&pb.SubscribeStreamRequest{
			Kind: &pb.SubscribeStreamRequest_ExtendAckDeadline{ExtendAckDeadline: request},
		}) == nil
	}
	response, err := call(ses.s.ctx, request, ses.s.client.subscriber.ExtendAckDeadline)
	if err == nil {
		ses.failed(response.Failures)
	}
	return true // the next tick tries again
}

// settleByCall settles one delivery of a stream that is half-closed; nil is an ack.
func (ses *session) settleByCall(id string, settlement *pb.SubscribeStreamRequest) {
	subscriber := ses.s.client.subscriber
	var failures []*pb.SettleFailure
	var err error
	switch {
	case settlement == nil:
		var response *pb.AckResponse
		response, err = call(ses.s.ctx, &pb.AckRequest{DeliveryIds: []string{id}}, subscriber.Ack)
		failures = response.GetFailures()
	case settlement.GetReject() != nil:
		var response *pb.RejectResponse
		response, err = call(ses.s.ctx, settlement.GetReject(), subscriber.Reject)
		failures = response.GetFailures()
	default:
		var response *pb.NackResponse
		response, err = call(ses.s.ctx, settlement.GetNack(), subscriber.Nack)
		failures = response.GetFailures()
	}
	ses.keeps(failures)
	ses.failed(failures)
	if err != nil && ses.s.ctx.Err() == nil {
		e := err.(*Error)
		ses.tellFailure(id, e.Reason, e.Detail)
	}
}

// giveBack returns what no handler had begun. A failure needs no word of its own, unless it is the call's:
// the sidecar has given it back already.
func (ses *session) giveBack(ids []string) {
	request := &pb.NackRequest{DeliveryIds: ids, NotAttempted: true}
	response, err := call(ses.s.ctx, request, ses.s.client.subscriber.Nack)
	if err != nil {
		if ses.s.ctx.Err() == nil {
			e := err.(*Error)
			for _, id := range ids {
				ses.tellFailure(id, e.Reason, e.Detail)
			}
		}
		return
	}
	ses.keeps(response.Failures)
}

// keeps notes that the queue is a stream, which takes nothing back.
func (ses *session) keeps(failures []*pb.SettleFailure) {
	ses.s.mu.Lock()
	defer ses.s.mu.Unlock()
	for _, failure := range failures {
		ses.kept = ses.kept || Reason(failure.Reason) == ReasonNotRequeueable
	}
	ses.endIfKept()
}
