package dev.amqpsidecar.client;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import dev.amqpsidecar.v1.FieldArray;
import dev.amqpsidecar.v1.FieldTable;
import dev.amqpsidecar.v1.FieldValue;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Headers and arguments, in Java's types and in the API's: String, Long (and the shorter ones),
 * Double (and Float), Boolean, byte[], Instant, List and Map.
 */
final class Fields {
  private Fields() {}

  static FieldValue toProto(Object value) {
    FieldValue.Builder field = FieldValue.newBuilder();
    if (value instanceof String text) {
      field.setStringValue(text);
    } else if (value instanceof Long
        || value instanceof Integer
        || value instanceof Short
        || value instanceof Byte) {
      field.setIntValue(((Number) value).longValue());
    } else if (value instanceof Double || value instanceof Float) {
      field.setDoubleValue(((Number) value).doubleValue());
    } else if (value instanceof Boolean flag) {
      field.setBoolValue(flag);
    } else if (value instanceof byte[] bytes) {
      field.setBytesValue(ByteString.copyFrom(bytes));
    } else if (value instanceof Instant time) {
      field.setTimestampValue(timestamp(time));
    } else if (value instanceof List<?> list) {
      FieldArray.Builder array = FieldArray.newBuilder();
      list.forEach(element -> array.addValues(toProto(element)));
      field.setArrayValue(array);
    } else if (value instanceof Map<?, ?> map) {
      FieldTable.Builder table = FieldTable.newBuilder();
      map.forEach((name, element) -> table.putFields((String) name, toProto(element)));
      field.setTableValue(table);
    } else {
      throw new IllegalArgumentException(
          "a header or argument is a String, Long, Integer, Short, Byte, Double, Float, Boolean, "
              + "byte[], Instant, List or Map, not "
              + (value == null ? "null" : value.getClass().getName()));
    }
    return field.build();
  }

  static Object toJava(FieldValue field) {
    return switch (field.getKindCase()) {
      case STRING_VALUE -> field.getStringValue();
      case INT_VALUE -> field.getIntValue();
      case DOUBLE_VALUE -> field.getDoubleValue();
      case BOOL_VALUE -> field.getBoolValue();
      case BYTES_VALUE -> field.getBytesValue().toByteArray();
      case TIMESTAMP_VALUE -> instant(field.getTimestampValue());
      case ARRAY_VALUE -> {
        List<Object> list = new ArrayList<>();
        field.getArrayValue().getValuesList().forEach(element -> list.add(toJava(element)));
        yield list;
      }
      case TABLE_VALUE -> toJava(field.getTableValue().getFieldsMap());
      case KIND_NOT_SET -> null;
    };
  }

  static Map<String, Object> toJava(Map<String, FieldValue> fields) {
    Map<String, Object> map = new LinkedHashMap<>();
    fields.forEach((name, value) -> map.put(name, toJava(value)));
    return map;
  }

  static Map<String, FieldValue> toProto(Map<String, ?> map) {
    Map<String, FieldValue> fields = new LinkedHashMap<>();
    map.forEach((name, value) -> fields.put(name, toProto(value)));
    return fields;
  }

  static Timestamp timestamp(Instant time) {
    return Timestamp.newBuilder()
        .setSeconds(time.getEpochSecond())
        .setNanos(time.getNano())
        .build();
  }

  static Instant instant(Timestamp time) {
    return Instant.ofEpochSecond(time.getSeconds(), time.getNanos());
  }

  static com.google.protobuf.Duration duration(Duration duration) {
    return com.google.protobuf.Duration.newBuilder()
        .setSeconds(duration.getSeconds())
        .setNanos(duration.getNano())
        .build();
  }

  static Duration duration(com.google.protobuf.Duration duration) {
    return Duration.ofSeconds(duration.getSeconds(), duration.getNanos());
  }
}
