#include "app/setting.h"

#include <google/protobuf/duration.pb.h>

#include <cstdio>
#include <cstdlib>
#include <limits>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "amqp_sidecar/config/v1/setting.pb.h"

namespace amqp_sidecar::app {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

const config::v1::Setting& OptionOf(const FieldDescriptor& field) {
  return field.options().GetExtension(config::v1::setting);
}

bool IsDuration(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE &&
         field.message_type() == google::protobuf::Duration::descriptor();
}

absl::Status MustBe(const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat("must be ", what));
}

absl::Status OutOfBounds(const FieldDescriptor& field) {
  const config::v1::Setting& option = OptionOf(field);
  return MustBe(absl::StrCat("between ", option.min(), " and ", option.max()));
}

// "AUTH_MECHANISM_PLAIN" of enum AuthMechanism is "plain".
std::string ShortName(const google::protobuf::EnumValueDescriptor& value) {
  const std::string& enum_name = value.type()->name();
  size_t prefix = enum_name.size() + 1;
  for (size_t i = 1; i < enum_name.size(); ++i) {
    if (absl::ascii_isupper(static_cast<unsigned char>(enum_name[i]))) ++prefix;
  }
  return absl::AsciiStrToLower(value.name().substr(prefix));
}

absl::Status SetEnum(Message& message, const FieldDescriptor& field, const std::string& text) {
  std::vector<std::string> names;
  for (int i = 0; i < field.enum_type()->value_count(); ++i) {
    const auto& value = *field.enum_type()->value(i);
    if (value.number() == 0) continue;  // unspecified
    names.push_back(ShortName(value));
    if (names.back() != text) continue;
    message.GetReflection()->SetEnum(&message, &field, &value);
    return absl::OkStatus();
  }
  return MustBe(absl::StrCat("one of ", absl::StrJoin(names, ", ")));
}

std::optional<absl::Duration> ParseDuration(const std::string& text) {
  absl::Duration duration;
  if (!absl::ParseDuration(text, &duration)) return std::nullopt;
  if (duration == absl::InfiniteDuration() || duration == -absl::InfiniteDuration()) {
    return std::nullopt;
  }
  return duration;
}

absl::Status SetDuration(Message& message, const FieldDescriptor& field, const std::string& text) {
  const auto duration = ParseDuration(text);
  if (!duration) return MustBe("a duration such as 5s, 0.1s, 10ms or 2m");
  const config::v1::Setting& option = OptionOf(field);
  const auto min = ParseDuration(option.min());
  const auto max = ParseDuration(option.max());
  if ((min && *duration < *min) || (max && *duration > *max)) return OutOfBounds(field);
  const int64_t nanos = absl::ToInt64Nanoseconds(*duration);
  google::protobuf::Duration value;
  value.set_seconds(nanos / 1'000'000'000);
  value.set_nanos(static_cast<int32_t>(nanos % 1'000'000'000));
  message.GetReflection()->MutableMessage(&message, &field)->CopyFrom(value);
  return absl::OkStatus();
}

template <typename Number>
absl::Status ParseWhole(const FieldDescriptor& field, const std::string& text, Number& value) {
  const config::v1::Setting& option = OptionOf(field);
  Number min = std::numeric_limits<Number>::min();
  Number max = std::numeric_limits<Number>::max();
  if (!option.min().empty() && !absl::SimpleAtoi(option.min(), &min)) std::abort();
  if (!option.max().empty() && !absl::SimpleAtoi(option.max(), &max)) std::abort();
  if (!absl::SimpleAtoi(text, &value)) {
    return MustBe(absl::StrCat("a whole number from ", min, " to ", max));
  }
  if (value < min || value > max) return OutOfBounds(field);
  return absl::OkStatus();
}

absl::Status SetBool(Message& message, const FieldDescriptor& field, const std::string& text) {
  if (text != "true" && text != "false") return MustBe("true or false");
  message.GetReflection()->SetBool(&message, &field, text == "true");
  return absl::OkStatus();
}

absl::Status SetString(Message& message, const FieldDescriptor& field, const std::string& text) {
  if (field.is_repeated()) {
    message.GetReflection()->AddString(&message, &field, std::string(text));
  } else {
    message.GetReflection()->SetString(&message, &field, std::string(text));
  }
  return absl::OkStatus();
}

absl::Status SetValue(Message& message, const FieldDescriptor& field, const std::string& text) {
  const Reflection& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return SetBool(message, field, text);
    case FieldDescriptor::CPPTYPE_STRING:
      return SetString(message, field, text);
    case FieldDescriptor::CPPTYPE_ENUM:
      return SetEnum(message, field, text);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return SetDuration(message, field, text);
    case FieldDescriptor::CPPTYPE_UINT32: {
      uint32_t value = 0;
      const absl::Status status = ParseWhole(field, text, value);
      if (status.ok()) reflection.SetUInt32(&message, &field, value);
      return status;
    }
    case FieldDescriptor::CPPTYPE_UINT64: {
      uint64_t value = 0;
      const absl::Status status = ParseWhole(field, text, value);
      if (status.ok()) reflection.SetUInt64(&message, &field, value);
      return status;
    }
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT:
      break;  // no setting has one
  }
  std::abort();
}

// The value that the option declares as the default, set in a message of its own.
bool EqualsDefault(const Message& message, const FieldDescriptor& field) {
  const std::unique_ptr<Message> pristine(message.New());
  if (!OptionOf(field).default_().empty() &&
      !SetValue(*pristine, field, OptionOf(field).default_()).ok()) {
    std::abort();
  }
  const std::unique_ptr<Message> only(message.New());
  only->CopyFrom(message);
  std::vector<const FieldDescriptor*> set;
  only->GetReflection()->ListFields(*only, &set);
  for (const FieldDescriptor* other : set) {
    if (other != &field) only->GetReflection()->ClearField(only.get(), other);
  }
  return only->SerializeAsString() == pristine->SerializeAsString();
}

void CollectLeaves(const Descriptor& type, const Leaf& prefix, std::vector<Leaf>& leaves) {
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    Leaf leaf = prefix;
    absl::StrAppend(&leaf.path, leaf.path.empty() ? "" : ".", field.name());
    leaf.fields.push_back(&field);
    if (IsValue(field)) {
      leaves.push_back(std::move(leaf));
    } else if (!field.is_repeated()) {
      CollectLeaves(*field.message_type(), leaf, leaves);
    }
  }
}

}  // namespace

bool IsValue(const FieldDescriptor& field) {
  return field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE || IsDuration(field);
}

bool IsNotYet(const FieldDescriptor& field) { return OptionOf(field).not_yet(); }

absl::Status NotYet(const FieldDescriptor& field) {
  const std::string& value = OptionOf(field).default_();
  return absl::InvalidArgumentError(
      absl::StrCat("this version cannot do this yet; leave it out",
                   value.empty() ? "" : absl::StrCat(", or set it to ", value)));
}

absl::Status SetFromText(Message& message, const FieldDescriptor& field, const std::string& text) {
  if (const absl::Status status = SetValue(message, field, text); !status.ok()) return status;
  if (IsNotYet(field) && !EqualsDefault(message, field)) return NotYet(field);
  return absl::OkStatus();
}

void ApplyDefaults(Message& message) {
  const Descriptor& type = *message.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (!IsValue(field)) {
      if (!field.is_repeated()) {
        ApplyDefaults(*message.GetReflection()->MutableMessage(&message, &field));
      }
      continue;
    }
    const std::string& value = OptionOf(field).default_();
    if (value.empty()) continue;
    if (const absl::Status status = SetFromText(message, field, value); !status.ok()) {
      std::fprintf(stderr, "the default of %s %s\n", field.full_name().c_str(),
                   std::string(status.message()).c_str());
      std::abort();
    }
  }
}

std::vector<Leaf> Leaves(const Descriptor& type) {
  std::vector<Leaf> leaves;
  CollectLeaves(type, {}, leaves);
  return leaves;
}

absl::Status SetLeaf(Message& root, const Leaf& leaf, const std::string& text) {
  Message* message = &root;
  for (size_t i = 0; i + 1 < leaf.fields.size(); ++i) {
    message = message->GetReflection()->MutableMessage(message, leaf.fields[i]);
  }
  const FieldDescriptor& field = *leaf.fields.back();
  if (!field.is_repeated()) return SetFromText(*message, field, text);
  message->GetReflection()->ClearField(message, &field);
  const std::vector<std::string> elements = absl::StrSplit(text, ',', absl::SkipWhitespace());
  for (const std::string& element : elements) {
    const absl::Status status =
        SetFromText(*message, field, std::string(absl::StripAsciiWhitespace(element)));
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace amqp_sidecar::app
