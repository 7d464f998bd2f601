#include "rpc/field_convert.h"

#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "rpc/utf8.h"

namespace amqp_sidecar::rpc {
namespace {

using Problem = std::optional<std::string>;

Problem TakeValue(v1::FieldValue& in, int depth, broker::FieldValue& out);

Problem TakeTable(FieldMap& fields, int depth, broker::FieldTable& out) {
  for (auto& [name, value] : fields) {
    if (name.size() > kMaxFieldNameBytes) {
      return absl::StrCat(" has a name of ", name.size(), " bytes; ", kMaxFieldNameBytes,
                          " is the most");
    }
    if (Problem problem = TakeValue(value, depth, out[name])) {
      return absl::StrCat("[\"", name, "\"]", *problem);
    }
  }
  return std::nullopt;
}

Problem TakeArray(v1::FieldArray& in, int depth, broker::FieldArray& out) {
  out.reserve(static_cast<size_t>(in.values_size()));
  for (int i = 0; i < in.values_size(); ++i) {
    if (Problem problem = TakeValue(*in.mutable_values(i), depth, out.emplace_back())) {
      return absl::StrCat("[", i, "]", *problem);
    }
  }
  return std::nullopt;
}

Problem TakeValue(v1::FieldValue& in, int depth, broker::FieldValue& out) {
  if (depth > kMaxFieldDepth) {
    return absl::StrCat(" is nested deeper than ", kMaxFieldDepth, " levels");
  }
  switch (in.kind_case()) {
    case v1::FieldValue::kStringValue:
      out.value = std::move(*in.mutable_string_value());
      return std::nullopt;
    case v1::FieldValue::kIntValue:
      out.value = in.int_value();
      return std::nullopt;
    case v1::FieldValue::kDoubleValue:
      out.value = in.double_value();
      return std::nullopt;
    case v1::FieldValue::kBoolValue:
      out.value = in.bool_value();
      return std::nullopt;
    case v1::FieldValue::kBytesValue:
      out.value = broker::Bytes{std::move(*in.mutable_bytes_value())};
      return std::nullopt;
    case v1::FieldValue::kTimestampValue:
      if (in.timestamp_value().seconds() < 0) return " is a time before 1970";
      out.value = broker::Timestamp{in.timestamp_value().seconds()};
      return std::nullopt;
    case v1::FieldValue::kArrayValue:
      return TakeArray(*in.mutable_array_value(), depth + 1,
                       out.value.emplace<broker::FieldArray>());
    case v1::FieldValue::kTableValue:
      return TakeTable(*in.mutable_table_value()->mutable_fields(), depth + 1,
                       out.value.emplace<broker::FieldTable>());
    case v1::FieldValue::KIND_NOT_SET:
      break;
  }
  return " has no value";
}

void PutValue(broker::FieldValue in, v1::FieldValue& out);

// One function for each kind of value.
struct Putter {
  v1::FieldValue& out;

  void operator()(std::monostate) const { out.clear_kind(); }
  void operator()(bool value) const { out.set_bool_value(value); }
  void operator()(int64_t value) const { out.set_int_value(value); }
  void operator()(double value) const { out.set_double_value(value); }
  void operator()(std::string& value) const {
    if (IsUtf8(value)) {
      out.set_string_value(std::move(value));
    } else {
      out.set_bytes_value(std::move(value));
    }
  }
  void operator()(broker::Bytes& value) const { out.set_bytes_value(std::move(value.data)); }
  void operator()(broker::Timestamp value) const {
    out.mutable_timestamp_value()->set_seconds(value.seconds);
  }
  void operator()(broker::FieldArray& values) const {
    v1::FieldArray& array = *out.mutable_array_value();
    for (broker::FieldValue& value : values) PutValue(std::move(value), *array.add_values());
  }
  void operator()(broker::FieldTable& table) const {
    PutFields(std::move(table), *out.mutable_table_value()->mutable_fields());
  }
};

void PutValue(broker::FieldValue in, v1::FieldValue& out) { std::visit(Putter{out}, in.value); }

}  // namespace

std::optional<std::string> TakeFields(FieldMap& fields, broker::FieldTable& out) {
  return TakeTable(fields, 1, out);
}

void PutFields(broker::FieldTable table, FieldMap& out) {
  while (!table.empty()) {
    auto node = table.extract(table.begin());
    PutValue(std::move(node.mapped()), out[ToUtf8(std::move(node.key()))]);
  }
}

}  // namespace amqp_sidecar::rpc
