package main

import (
	"fmt"
	"strconv"
	"time"

	amqpsidecar "amqp-sidecar.dev/client"
)

// message is the canonical form. Unset properties are left out.
type message struct {
	Body       []byte           `json:"body"`
	Properties properties       `json:"properties"`
	Headers    map[string]typed `json:"headers"`
}

type properties struct {
	ContentType     string `json:"content_type,omitempty"`
	ContentEncoding string `json:"content_encoding,omitempty"`
	DeliveryMode    int    `json:"delivery_mode,omitempty"`
	Priority        uint8  `json:"priority,omitempty"`
	CorrelationID   string `json:"correlation_id,omitempty"`
	ReplyTo         string `json:"reply_to,omitempty"`
	ExpirationMS    *int64 `json:"expiration_ms,omitempty"`
	MessageID       string `json:"message_id,omitempty"`
	Timestamp       *int64 `json:"timestamp,omitempty"`
	Type            string `json:"type,omitempty"`
	UserID          string `json:"user_id,omitempty"`
	AppID           string `json:"app_id,omitempty"`
}

// typed is one value, by the name of its type.
type typed struct {
	String    *string           `json:"string,omitempty"`
	Int       *string           `json:"int,omitempty"`
	Double    *float64          `json:"double,omitempty"`
	Bool      *bool             `json:"bool,omitempty"`
	Bytes     *[]byte           `json:"bytes,omitempty"`
	Timestamp *int64            `json:"timestamp,omitempty"`
	Array     *[]typed          `json:"array,omitempty"`
	Table     *map[string]typed `json:"table,omitempty"`
}

func (m message) toProperties() (amqpsidecar.Properties, error) {
	p := m.Properties
	sent := amqpsidecar.Properties{
		ContentType: p.ContentType, ContentEncoding: p.ContentEncoding,
		DeliveryMode: amqpsidecar.DeliveryMode(p.DeliveryMode), Priority: p.Priority, CorrelationID: p.CorrelationID,
		ReplyTo: p.ReplyTo, MessageID: p.MessageID, Type: p.Type, UserID: p.UserID, AppID: p.AppID,
	}
	if p.ExpirationMS != nil {
		sent.Expiration = time.Duration(*p.ExpirationMS) * time.Millisecond
		if sent.Expiration == 0 {
			sent.Expiration = amqpsidecar.ExpireAtOnce
		}
	}
	if p.Timestamp != nil {
		sent.Timestamp = time.Unix(*p.Timestamp, 0)
	}
	var err error
	sent.Headers, err = tableOf(m.Headers)
	return sent, err
}

func messageOf(d *amqpsidecar.Delivery) (message, error) {
	p := properties{
		ContentType: d.ContentType, ContentEncoding: d.ContentEncoding, DeliveryMode: int(d.DeliveryMode),
		Priority: d.Priority, CorrelationID: d.CorrelationID, ReplyTo: d.ReplyTo, MessageID: d.MessageID,
		Type: d.Type, UserID: d.UserID, AppID: d.AppID,
	}
	if d.Expiration != 0 {
		milliseconds := d.Expiration.Milliseconds()
		p.ExpirationMS = &milliseconds
	}
	if !d.Timestamp.IsZero() {
		seconds := d.Timestamp.Unix()
		p.Timestamp = &seconds
	}
	headers, err := typedOf(d.Headers)
	return message{Body: append([]byte{}, d.Body...), Properties: p, Headers: headers}, err
}

func tableOf(values map[string]typed) (amqpsidecar.Table, error) {
	table := make(amqpsidecar.Table, len(values))
	for name, value := range values {
		var err error
		if table[name], err = value.value(); err != nil {
			return nil, err
		}
	}
	return table, nil
}

func (v typed) value() (any, error) {
	switch {
	case v.String != nil:
		return *v.String, nil
	case v.Int != nil:
		return strconv.ParseInt(*v.Int, 10, 64)
	case v.Double != nil:
		return *v.Double, nil
	case v.Bool != nil:
		return *v.Bool, nil
	case v.Bytes != nil:
		return *v.Bytes, nil
	case v.Timestamp != nil:
		return time.Unix(*v.Timestamp, 0), nil
	case v.Array != nil:
		array := make([]any, len(*v.Array))
		for i, value := range *v.Array {
			var err error
			if array[i], err = value.value(); err != nil {
				return nil, err
			}
		}
		return array, nil
	case v.Table != nil:
		return tableOf(*v.Table)
	}
	return nil, fmt.Errorf("a value without a type")
}

func typedOf(table amqpsidecar.Table) (map[string]typed, error) {
	values := make(map[string]typed, len(table))
	for name, value := range table {
		var err error
		if values[name], err = typedValue(value); err != nil {
			return nil, fmt.Errorf("%q: %w", name, err)
		}
	}
	return values, nil
}

func typedValue(value any) (typed, error) {
	switch v := value.(type) {
	case string:
		return typed{String: &v}, nil
	case int64:
		text := strconv.FormatInt(v, 10)
		return typed{Int: &text}, nil
	case float64:
		return typed{Double: &v}, nil
	case bool:
		return typed{Bool: &v}, nil
	case []byte:
		return typed{Bytes: &v}, nil
	case time.Time:
		seconds := v.Unix()
		return typed{Timestamp: &seconds}, nil
	case []any:
		array := make([]typed, len(v))
		for i, element := range v {
			var err error
			if array[i], err = typedValue(element); err != nil {
				return typed{}, err
			}
		}
		return typed{Array: &array}, nil
	case amqpsidecar.Table:
		table, err := typedOf(v)
		return typed{Table: &table}, err
	}
	return typed{}, fmt.Errorf("a %T", value)
}
