#include "app/yaml_reader.h"

#include <google/protobuf/descriptor.h>
#include <yaml-cpp/yaml.h>

#include <set>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "amqp_sidecar/v1/message.pb.h"
#include "app/setting.h"

namespace amqp_sidecar::app {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using v1::FieldValue;

constexpr int kMaxDepth = 32;

// A key that is no name is not repeated: it may be a URI that lost its place, with a password.
std::string Printable(const std::string& key) {
  bool is_name = !key.empty() && key.size() <= 64;
  for (const char c : key) {
    is_name =
        is_name && (absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-');
  }
  return is_name ? key : "(a key that is no name)";
}

std::string Below(const std::string& path, const std::string& key) {
  return path.empty() ? std::string(key) : absl::StrCat(path, ".", key);
}

class Reader {
 public:
  explicit Reader(const std::string& source) : source_(source) {}

  absl::Status ReadMessage(const YAML::Node& node, const std::string& path, Message& message) {
    if (node.IsNull()) return absl::OkStatus();
    if (!node.IsMap()) return Fail(node, path, "must be a mapping of keys to values");
    std::set<std::string> seen;
    for (const auto& entry : node) {
      if (!entry.first.IsScalar()) return Fail(entry.first, path, "must have plain names as keys");
      const std::string& key = entry.first.Scalar();
      const std::string key_path = Below(path, Printable(key));
      const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(key);
      if (field == nullptr) {
        return Fail(entry.first, key_path,
                    absl::StrCat("no such key; ", KnownKeys(*message.GetDescriptor())));
      }
      if (!seen.insert(key).second) return Fail(entry.first, key_path, "is there twice");
      const absl::Status status = ReadField(entry.second, key_path, *field, message);
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status Fail(const YAML::Node& node, const std::string& path,
                    const std::string& what) const {
    const std::string line =
        node.Mark().is_null() ? "" : absl::StrCat(" line ", node.Mark().line + 1);
    return absl::InvalidArgumentError(
        absl::StrCat(source_, line, ": ", path, path.empty() ? "" : ": ", what));
  }

 private:
  static std::string KnownKeys(const Descriptor& type) {
    if (type.field_count() == 0) return "this version knows none here";
    std::vector<std::string> names;
    for (int i = 0; i < type.field_count(); ++i) names.push_back(type.field(i)->name());
    return absl::StrCat("there are ", absl::StrJoin(names, ", "));
  }

  absl::Status ReadField(const YAML::Node& node, const std::string& path,
                         const FieldDescriptor& field, Message& message) {
    if (node.IsNull()) return absl::OkStatus();
    if (field.is_map()) return ReadArguments(node, path, field, message);
    if (field.is_repeated()) return ReadList(node, path, field, message);
    if (IsValue(field)) return ReadValue(node, path, field, message);
    return ReadMessage(node, path, *message.GetReflection()->MutableMessage(&message, &field));
  }

  absl::Status ReadValue(const YAML::Node& node, const std::string& path,
                         const FieldDescriptor& field, Message& message) {
    if (!node.IsScalar()) return Fail(node, path, "must be a single value");
    const absl::Status status = SetFromText(message, field, node.Scalar());
    return status.ok() ? status : Fail(node, path, std::string(status.message()));
  }

  absl::Status ReadList(const YAML::Node& node, const std::string& path,
                        const FieldDescriptor& field, Message& message) {
    if (!node.IsSequence()) return Fail(node, path, "must be a list");
    if (IsNotYet(field) && node.size() > 0)
      return Fail(node, path, std::string(NotYet(field).message()));
    message.GetReflection()->ClearField(&message, &field);
    for (size_t i = 0; i < node.size(); ++i) {
      const std::string element_path = absl::StrCat(path, "[", i, "]");
      if (node[i].IsNull()) return Fail(node[i], element_path, "has no value");
      const absl::Status status =
          IsValue(field) ? ReadValue(node[i], element_path, field, message)
                         : ReadMessage(node[i], element_path,
                                       *message.GetReflection()->AddMessage(&message, &field));
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  // map<string, FieldValue>: the entries are messages of a key and a value.
  absl::Status ReadArguments(const YAML::Node& node, const std::string& path,
                             const FieldDescriptor& field, Message& message) {
    if (!node.IsMap()) return Fail(node, path, "must be a mapping of names to values");
    const Descriptor& entry_type = *field.message_type();
    for (const auto& argument : node) {
      if (!argument.first.IsScalar())
        return Fail(argument.first, path, "must have plain names as keys");
      const std::string& key = argument.first.Scalar();
      Message& entry = *message.GetReflection()->AddMessage(&message, &field);
      entry.GetReflection()->SetString(&entry, entry_type.map_key(), key);
      Message& value = *entry.GetReflection()->MutableMessage(&entry, entry_type.map_value());
      const absl::Status status = ReadFieldValue(argument.second, Below(path, Printable(key)),
                                                 static_cast<FieldValue&>(value), 0);
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status ReadFieldValue(const YAML::Node& node, const std::string& path, FieldValue& value,
                              int depth) {
    if (depth > kMaxDepth) return Fail(node, path, "is nested too deeply");
    if (node.IsSequence()) {
      auto& array = *value.mutable_array_value();
      for (size_t i = 0; i < node.size(); ++i) {
        const absl::Status status = ReadFieldValue(node[i], absl::StrCat(path, "[", i, "]"),
                                                   *array.add_values(), depth + 1);
        if (!status.ok()) return status;
      }
      return absl::OkStatus();
    }
    if (node.IsMap()) {
      auto& table = *value.mutable_table_value()->mutable_fields();
      for (const auto& entry : node) {
        if (!entry.first.IsScalar())
          return Fail(entry.first, path, "must have plain names as keys");
        const std::string& key = entry.first.Scalar();
        const absl::Status status =
            ReadFieldValue(entry.second, Below(path, Printable(key)), table[key], depth + 1);
        if (!status.ok()) return status;
      }
      return absl::OkStatus();
    }
    if (!node.IsScalar()) return Fail(node, path, "has no value");
    SetScalar(node, value);
    return absl::OkStatus();
  }

  // As YAML's core schema has it: plain text is what it looks like.
  static void SetScalar(const YAML::Node& node, FieldValue& value) {
    const std::string& text = node.Scalar();
    const bool plain = node.Tag() == "?" || node.Tag().empty();
    int64_t whole = 0;
    double fraction = 0;
    if (plain && (text == "true" || text == "false")) {
      value.set_bool_value(text == "true");
    } else if (plain && absl::SimpleAtoi(text, &whole)) {
      value.set_int_value(whole);
    } else if (plain && text.find_first_not_of("0123456789.eE+-") == std::string::npos &&
               absl::SimpleAtod(text, &fraction)) {
      value.set_double_value(fraction);
    } else {
      value.set_string_value(text);
    }
  }

  const std::string source_;
};

}  // namespace

absl::Status ReadYaml(const std::string& text, const std::string& source, Message& message) {
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(text);
    if (documents.empty()) return absl::OkStatus();
    Reader reader(source);
    if (documents.size() > 1) return reader.Fail(documents[1], "", "holds a second document");
    return reader.ReadMessage(documents[0], "", message);
  } catch (const YAML::Exception& e) {
    // What stands behind a colon is text of the file.
    const std::string what = e.msg.substr(0, e.msg.find(':'));
    return absl::InvalidArgumentError(
        absl::StrCat(source, " line ", e.mark.line + 1, ": not YAML: ", what));
  }
}

}  // namespace amqp_sidecar::app
