package amqpsidecar

import (
	"fmt"
	"math"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/types/known/timestamppb"

	pb "amqp-sidecar.dev/client/amqpsidecarv1"
)

// Table holds headers or arguments, by name. Going out, a value may be a string of valid UTF-8, any
// integer type, float32 or float64, bool, []byte, time.Time (whole seconds, not before 1970), []any,
// []string, map[string]any or Table. Coming in, it is a string, int64, float64, bool, []byte, time.Time,
// []any, Table, or nil for AMQP's void. Arrays and tables nest 16 levels deep at most.
type Table map[string]any

const deepest = 16

// fieldsOf fails where a name or a value cannot be sent, with an error that names it.
func fieldsOf(table Table) (map[string]*pb.FieldValue, error) {
	if len(table) == 0 {
		return nil, nil
	}
	return fieldsAt(table, deepest)
}

func fieldsAt(table map[string]any, levels int) (map[string]*pb.FieldValue, error) {
	fields := make(map[string]*pb.FieldValue, len(table))
	for name, value := range table {
		if !utf8.ValidString(name) {
			return nil, fmt.Errorf("the name %q is not valid UTF-8", name)
		}
		field, err := fieldOf(value, levels)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", name, err)
		}
		fields[name] = field
	}
	return fields, nil
}

func fieldOf(value any, levels int) (*pb.FieldValue, error) {
	switch v := value.(type) {
	case string:
		if !utf8.ValidString(v) {
			return nil, fmt.Errorf("a string that is not valid UTF-8: send it as []byte")
		}
		return &pb.FieldValue{Kind: &pb.FieldValue_StringValue{StringValue: v}}, nil
	case int:
		return intField(int64(v)), nil
	case int8:
		return intField(int64(v)), nil
	case int16:
		return intField(int64(v)), nil
	case int32:
		return intField(int64(v)), nil
	case int64:
		return intField(v), nil
	case uint8:
		return intField(int64(v)), nil
	case uint16:
		return intField(int64(v)), nil
	case uint32:
		return intField(int64(v)), nil
	case uint:
		return unsignedField(uint64(v))
	case uint64:
		return unsignedField(v)
	case float32:
		return &pb.FieldValue{Kind: &pb.FieldValue_DoubleValue{DoubleValue: float64(v)}}, nil
	case float64:
		return &pb.FieldValue{Kind: &pb.FieldValue_DoubleValue{DoubleValue: v}}, nil
	case bool:
		return &pb.FieldValue{Kind: &pb.FieldValue_BoolValue{BoolValue: v}}, nil
	case []byte:
		return &pb.FieldValue{Kind: &pb.FieldValue_BytesValue{BytesValue: v}}, nil
	case time.Time:
		return &pb.FieldValue{Kind: &pb.FieldValue_TimestampValue{TimestampValue: timestamppb.New(v)}}, nil
	}
	if levels == 0 {
		return nil, fmt.Errorf("nested deeper than %d levels, or a %T", deepest, value)
	}
	switch v := value.(type) {
	case []any:
		return arrayField(len(v), func(i int) any { return v[i] }, levels)
	case []string:
		return arrayField(len(v), func(i int) any { return v[i] }, levels)
	case map[string]any:
		return tableField(v, levels)
	case Table:
		return tableField(v, levels)
	}
	return nil, fmt.Errorf("a %T is nothing that AMQP has", value)
}

func intField(value int64) *pb.FieldValue {
	return &pb.FieldValue{Kind: &pb.FieldValue_IntValue{IntValue: value}}
}

func unsignedField(value uint64) (*pb.FieldValue, error) {
	if value > math.MaxInt64 {
		return nil, fmt.Errorf("%d is more than an int64 holds", value)
	}
	return intField(int64(value)), nil
}

func arrayField(count int, at func(int) any, levels int) (*pb.FieldValue, error) {
	array := &pb.FieldArray{Values: make([]*pb.FieldValue, count)}
	for i := range array.Values {
		var err error
		if array.Values[i], err = fieldOf(at(i), levels-1); err != nil {
			return nil, fmt.Errorf("[%d]: %w", i, err)
		}
	}
	return &pb.FieldValue{Kind: &pb.FieldValue_ArrayValue{ArrayValue: array}}, nil
}

func tableField(table map[string]any, levels int) (*pb.FieldValue, error) {
	fields, err := fieldsAt(table, levels-1)
	if err != nil {
		return nil, err
	}
	return &pb.FieldValue{Kind: &pb.FieldValue_TableValue{TableValue: &pb.FieldTable{Fields: fields}}}, nil
}

func tableOf(fields map[string]*pb.FieldValue) Table {
	if len(fields) == 0 {
		return nil
	}
	table := make(Table, len(fields))
	for name, field := range fields {
		table[name] = valueOf(field)
	}
	return table
}

func valueOf(field *pb.FieldValue) any {
	switch kind := field.GetKind().(type) {
	case *pb.FieldValue_StringValue:
		return kind.StringValue
	case *pb.FieldValue_IntValue:
		return kind.IntValue
	case *pb.FieldValue_DoubleValue:
		return kind.DoubleValue
	case *pb.FieldValue_BoolValue:
		return kind.BoolValue
	case *pb.FieldValue_BytesValue:
		return kind.BytesValue
	case *pb.FieldValue_TimestampValue:
		return kind.TimestampValue.AsTime()
	case *pb.FieldValue_ArrayValue:
		values := make([]any, len(kind.ArrayValue.GetValues()))
		for i, value := range kind.ArrayValue.GetValues() {
			values[i] = valueOf(value)
		}
		return values
	case *pb.FieldValue_TableValue:
		if table := tableOf(kind.TableValue.GetFields()); table != nil {
			return table
		}
		return Table{}
	}
	return nil
}
