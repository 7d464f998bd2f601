#include "amqp/table_codec.h"

#include <cmath>
#include <limits>
#include <type_traits>

#include "absl/strings/str_cat.h"
#include "amqp/publish.h"

namespace amqp_sidecar::amqp {
namespace {

constexpr size_t kMaxNameBytes = 128;

class Encoder {
 public:
  explicit Encoder(Pool& pool) : pool_(pool) {}

  absl::StatusOr<amqp_table_t> Table(const FieldTable& table, int depth) {
    if (depth > kMaxTableDepth) return TooDeep();
    amqp_table_t out{};
    out.num_entries = static_cast<int>(table.size());
    out.entries = Allocate<amqp_table_entry_t>(table.size());
    amqp_table_entry_t* entry = out.entries;
    for (const auto& [name, value] : table) {
      if (name.size() > kMaxNameBytes) {
        return absl::InvalidArgumentError(
            absl::StrCat("a field name is over ", kMaxNameBytes, " bytes"));
      }
      entry->key = ToBytes(name);
      if (absl::Status status = Value(value, depth, entry->value); !status.ok()) return status;
      ++entry;
    }
    return out;
  }

 private:
  static absl::Status TooDeep() {
    return absl::InvalidArgumentError(
        absl::StrCat("a field table nests deeper than ", kMaxTableDepth));
  }

  template <typename T>
  T* Allocate(size_t count) {
    // rabbitmq-c has no answer for zero bytes.
    return static_cast<T*>(amqp_pool_alloc(pool_.get(), sizeof(T) * (count + 1)));
  }

  absl::Status Array(const FieldArray& array, int depth, amqp_field_value_t& out) {
    if (depth > kMaxTableDepth) return TooDeep();
    out.kind = AMQP_FIELD_KIND_ARRAY;
    out.value.array.num_entries = static_cast<int>(array.size());
    out.value.array.entries = Allocate<amqp_field_value_t>(array.size());
    for (size_t i = 0; i < array.size(); ++i) {
      absl::Status status = Value(array[i], depth, out.value.array.entries[i]);
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status Value(const FieldValue& field, int depth, amqp_field_value_t& out) {
    if (++values_ > kMaxTableValues) {
      return absl::InvalidArgumentError(
          absl::StrCat("a field table holds more than ", kMaxTableValues, " values"));
    }
    return std::visit([&](const auto& value) { return Put(value, depth, out); }, field.value);
  }

  absl::Status Put(std::monostate, int, amqp_field_value_t& out) {
    out.kind = AMQP_FIELD_KIND_VOID;
    return absl::OkStatus();
  }
  absl::Status Put(bool value, int, amqp_field_value_t& out) {
    out.kind = AMQP_FIELD_KIND_BOOLEAN;
    out.value.boolean = value ? 1 : 0;
    return absl::OkStatus();
  }
  absl::Status Put(int64_t value, int, amqp_field_value_t& out) {
    out.kind = AMQP_FIELD_KIND_I64;
    out.value.i64 = value;
    return absl::OkStatus();
  }
  absl::Status Put(double value, int, amqp_field_value_t& out) {
    out.kind = AMQP_FIELD_KIND_F64;
    out.value.f64 = value;
    return absl::OkStatus();
  }
  absl::Status Put(const std::string& value, int, amqp_field_value_t& out) {
    out.kind = AMQP_FIELD_KIND_UTF8;
    out.value.bytes = ToBytes(value);
    return absl::OkStatus();
  }
  absl::Status Put(const Bytes& value, int, amqp_field_value_t& out) {
    out.kind = AMQP_FIELD_KIND_BYTES;
    out.value.bytes = ToBytes(value.data);
    return absl::OkStatus();
  }
  absl::Status Put(Timestamp value, int, amqp_field_value_t& out) {
    out.kind = AMQP_FIELD_KIND_TIMESTAMP;
    out.value.u64 = static_cast<uint64_t>(value.seconds);
    return absl::OkStatus();
  }
  absl::Status Put(const FieldArray& value, int depth, amqp_field_value_t& out) {
    return Array(value, depth + 1, out);
  }
  absl::Status Put(const FieldTable& value, int depth, amqp_field_value_t& out) {
    absl::StatusOr<amqp_table_t> table = Table(value, depth + 1);
    if (!table.ok()) return table.status();
    out.kind = AMQP_FIELD_KIND_TABLE;
    out.value.table = *table;
    return absl::OkStatus();
  }

  Pool& pool_;
  int values_ = 0;
};

FieldValue FromUnsigned(uint64_t value) {
  if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
    return {static_cast<double>(value)};
  }
  return {static_cast<int64_t>(value)};
}

FieldValue FromField(const amqp_field_value_t& field) {
  switch (field.kind) {
    case AMQP_FIELD_KIND_BOOLEAN:
      return {field.value.boolean != 0};
    case AMQP_FIELD_KIND_I8:
      return {int64_t{field.value.i8}};
    case AMQP_FIELD_KIND_U8:
      return {int64_t{field.value.u8}};
    case AMQP_FIELD_KIND_I16:
      return {int64_t{field.value.i16}};
    case AMQP_FIELD_KIND_U16:
      return {int64_t{field.value.u16}};
    case AMQP_FIELD_KIND_I32:
      return {int64_t{field.value.i32}};
    case AMQP_FIELD_KIND_U32:
      return {int64_t{field.value.u32}};
    case AMQP_FIELD_KIND_I64:
      return {int64_t{field.value.i64}};
    case AMQP_FIELD_KIND_U64:
      return FromUnsigned(field.value.u64);
    case AMQP_FIELD_KIND_F32:
      return {static_cast<double>(field.value.f32)};
    case AMQP_FIELD_KIND_F64:
      return {field.value.f64};
    case AMQP_FIELD_KIND_DECIMAL:
      return {static_cast<double>(field.value.decimal.value) /
              std::pow(10.0, field.value.decimal.decimals)};
    case AMQP_FIELD_KIND_UTF8:
      return {ToString(field.value.bytes)};
    case AMQP_FIELD_KIND_BYTES:
      return {Bytes{ToString(field.value.bytes)}};
    case AMQP_FIELD_KIND_TIMESTAMP:
      return {Timestamp{static_cast<int64_t>(field.value.u64)}};
    case AMQP_FIELD_KIND_TABLE:
      return {FromAmqpTable(field.value.table)};
    case AMQP_FIELD_KIND_ARRAY: {
      FieldArray array;
      for (int i = 0; i < field.value.array.num_entries; ++i) {
        array.push_back(FromField(field.value.array.entries[i]));
      }
      return {std::move(array)};
    }
    default:
      return {std::monostate()};
  }
}

}  // namespace

absl::StatusOr<amqp_table_t> ToAmqpTable(const FieldTable& table, Pool& pool) {
  if (table.empty()) return amqp_empty_table;
  return Encoder(pool).Table(table, 1);
}

FieldTable FromAmqpTable(const amqp_table_t& table) {
  FieldTable out;
  for (int i = 0; i < table.num_entries; ++i) {
    out.emplace(ToString(table.entries[i].key), FromField(table.entries[i].value));
  }
  return out;
}

}  // namespace amqp_sidecar::amqp
