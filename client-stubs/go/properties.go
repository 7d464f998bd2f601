package amqpsidecar

import (
	"fmt"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "amqp-sidecar.dev/client/amqpsidecarv1"
)

// DeliveryMode says whether a durable queue keeps a message through a restart of the broker.
type DeliveryMode uint8

const (
	// DeliveryModeUnspecified is persistent for a publish; of a delivery, the publisher did not say.
	DeliveryModeUnspecified DeliveryMode = iota
	// Transient: may be lost with the broker.
	Transient
	// Persistent: written to disk.
	Persistent
)

// ExpireAtOnce is the Expiration of a message that is dropped unless a consumer takes it at once: zero
// milliseconds in AMQP, where zero here means that there is none.
const ExpireAtOnce time.Duration = -1

// Properties are AMQP's basic properties. What is not set is not sent. Texts are valid UTF-8 of at most
// 255 bytes each.
type Properties struct {
	// ContentType is application/json where it is empty.
	ContentType string
	// ContentEncoding is such as "gzip". Nobody packs or unpacks the body.
	ContentEncoding string
	// Headers are the application's own.
	Headers Table
	// DeliveryMode is Persistent unless it is set.
	DeliveryMode DeliveryMode
	// Priority is of use to a queue that is declared with x-max-priority.
	Priority uint8
	// CorrelationID is the request that a reply belongs to.
	CorrelationID string
	// ReplyTo is where a reply is wanted: usually the name of a queue.
	ReplyTo string
	// Expiration is the time to live in the queue, up to 4294967295 ms, in whole milliseconds, rounded
	// up. Zero means none; see ExpireAtOnce.
	Expiration time.Duration
	// MessageID is a new UUID where it is empty.
	MessageID string
	// Timestamp has whole seconds, and is not before 1970.
	Timestamp time.Time
	// Type is the kind of message, in the application's words.
	Type string
	// UserID is refused by the broker unless it is the one that the sidecar logged in as.
	UserID string
	// AppID is the application that published it.
	AppID string
}

// toProto fails where something cannot be sent at all; what AMQP forbids, the sidecar refuses.
func (p *Properties) toProto() (*pb.Properties, error) {
	for _, text := range [...]struct{ name, value string }{
		{"content_type", p.ContentType}, {"content_encoding", p.ContentEncoding},
		{"correlation_id", p.CorrelationID}, {"reply_to", p.ReplyTo}, {"message_id", p.MessageID},
		{"type", p.Type}, {"user_id", p.UserID}, {"app_id", p.AppID},
	} {
		if !utf8.ValidString(text.value) {
			return nil, fmt.Errorf("%s is not valid UTF-8", text.name)
		}
	}
	headers, err := fieldsOf(p.Headers)
	if err != nil {
		return nil, fmt.Errorf("header %w", err)
	}
	sent := &pb.Properties{
		ContentType:     p.ContentType,
		ContentEncoding: p.ContentEncoding,
		Headers:         headers,
		DeliveryMode:    pb.DeliveryMode(p.DeliveryMode),
		Priority:        uint32(p.Priority),
		CorrelationId:   p.CorrelationID,
		ReplyTo:         p.ReplyTo,
		MessageId:       p.MessageID,
		Type:            p.Type,
		UserId:          p.UserID,
		AppId:           p.AppID,
	}
	switch p.Expiration {
	case 0:
	case ExpireAtOnce:
		sent.Expiration = &durationpb.Duration{}
	default:
		sent.Expiration = durationpb.New(p.Expiration)
	}
	if !p.Timestamp.IsZero() {
		sent.Timestamp = timestamppb.New(p.Timestamp)
	}
	return sent, nil
}

func (p *Properties) fromProto(got *pb.Properties) {
	if got == nil {
		return
	}
	p.ContentType = got.ContentType
	p.ContentEncoding = got.ContentEncoding
	p.Headers = tableOf(got.Headers)
	p.DeliveryMode = DeliveryMode(got.DeliveryMode)
	p.Priority = uint8(got.Priority)
	p.CorrelationID = got.CorrelationId
	p.ReplyTo = got.ReplyTo
	p.MessageID = got.MessageId
	p.Type = got.Type
	p.UserID = got.UserId
	p.AppID = got.AppId
	if got.Expiration != nil {
		p.Expiration = got.Expiration.AsDuration()
		if p.Expiration == 0 {
			p.Expiration = ExpireAtOnce
		}
	}
	if got.Timestamp != nil {
		p.Timestamp = got.Timestamp.AsTime()
	}
}
