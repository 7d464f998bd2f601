// crosstalk: messages in a form that all languages' stubs write and read: tests/stubs/cross.py.
//   client_cpp_crosstalk publish FILE EXCHANGE KEY   publishes each message of a JSON array
//   client_cpp_crosstalk consume QUEUE COUNT         prints what it receives as one
#include <absl/strings/escaping.h>
#include <amqp_sidecar/client.h>
#include <amqp_sidecar/json.h>

#include <fstream>
#include <future>
#include <iostream>
#include <string>
#include <vector>

namespace {

using amqp_sidecar::Array;
using amqp_sidecar::Bytes;
using amqp_sidecar::DeliveryMode;
using amqp_sidecar::Properties;
using amqp_sidecar::Table;
using amqp_sidecar::Timestamp;
using amqp_sidecar::Value;
using nlohmann::json;

std::string FromBase64(const std::string& text) {
  std::string bytes;
  if (!absl::Base64Unescape(text, &bytes)) throw std::runtime_error("not base64: " + text);
  return bytes;
}

Timestamp TimeOf(const json& seconds) {
  return Timestamp(std::chrono::seconds(seconds.get<std::int64_t>()));
}

Table ReadTable(const json& fields);

Value ReadValue(const json& typed) {
  const std::string kind = typed.begin().key();
  const json& value = typed.begin().value();
  if (kind == "string") return value.get<std::string>();
  if (kind == "int") return std::int64_t{std::stoll(value.get<std::string>())};
  if (kind == "double") return value.get<double>();
  if (kind == "bool") return value.get<bool>();
  if (kind == "bytes") return Bytes{FromBase64(value)};
  if (kind == "timestamp") return TimeOf(value);
  if (kind == "table") return ReadTable(value);
  if (kind != "array") throw std::runtime_error("no kind of value: " + kind);
  Array array;
  for (const json& element : value) array.push_back(ReadValue(element));
  return array;
}

Table ReadTable(const json& fields) {
  Table table;
  for (const auto& [name, typed] : fields.items()) table[name] = ReadValue(typed);
  return table;
}

Properties ReadProperties(const json& message) {
  const json& from = message.at("properties");
  Properties to;
  to.headers = ReadTable(message.at("headers"));
  to.content_type = from.value("content_type", "");
  to.content_encoding = from.value("content_encoding", "");
  to.delivery_mode = static_cast<DeliveryMode>(from.value("delivery_mode", 0));
  to.priority = from.value("priority", 0U);
  to.correlation_id = from.value("correlation_id", "");
  to.reply_to = from.value("reply_to", "");
  if (from.contains("expiration_ms"))
    to.expiration = std::chrono::milliseconds(from["expiration_ms"]);
  to.message_id = from.value("message_id", "");
  if (from.contains("timestamp")) to.timestamp = TimeOf(from["timestamp"]);
  to.type = from.value("type", "");
  to.user_id = from.value("user_id", "");
  to.app_id = from.value("app_id", "");
  return to;
}

template <typename... Cases>
struct Overload : Cases... {
  using Cases::operator()...;
};

json WriteTable(const Table& table);

json WriteValue(const Value& value) {
  const Overload write{
      [](std::monostate) { return json{{"void", true}}; },
      [](const std::string& text) { return json{{"string", text}}; },
      [](std::int64_t number) { return json{{"int", std::to_string(number)}}; },
      [](double number) { return json{{"double", number}}; },
      [](bool flag) { return json{{"bool", flag}}; },
      [](const Bytes& bytes) { return json{{"bytes", absl::Base64Escape(bytes.data)}}; },
      [](Timestamp time) { return json{{"timestamp", time.time_since_epoch().count()}}; },
      [](const Array& array) {
        json elements = json::array();
        for (const Value& element : array) elements.push_back(WriteValue(element));
        return json{{"array", elements}};
      },
      [](const Table& table) { return json{{"table", WriteTable(table)}}; },
  };
  return std::visit(write, value);
}

json WriteTable(const Table& table) {
  json fields = json::object();
  for (const auto& [name, value] : table) fields[name] = WriteValue(value);
  return fields;
}

json WriteMessage(const amqp_sidecar::Delivery& delivery) {
  const Properties from = delivery.properties();
  json to = json::object();
  const auto set = [&](const char* name, const std::string& text) {
    if (!text.empty()) to[name] = text;
  };
  set("content_type", from.content_type);
  set("content_encoding", from.content_encoding);
  if (from.delivery_mode != DeliveryMode::kUnspecified) {
    to["delivery_mode"] = static_cast<int>(from.delivery_mode);
  }
  if (from.priority != 0) to["priority"] = from.priority;
  set("correlation_id", from.correlation_id);
  set("reply_to", from.reply_to);
  if (from.expiration) to["expiration_ms"] = from.expiration->count();
  set("message_id", from.message_id);
  if (from.timestamp) to["timestamp"] = from.timestamp->time_since_epoch().count();
  set("type", from.type);
  set("user_id", from.user_id);
  set("app_id", from.app_id);
  return {{"body", absl::Base64Escape(delivery.body())},
          {"properties", to},
          {"headers", WriteTable(from.headers)}};
}

void Publish(const std::string& file, const std::string& exchange, const std::string& key) {
  amqp_sidecar::Client client;
  std::ifstream in(file);
  for (const json& message : json::parse(in)) {
    client.Publish(exchange, key, FromBase64(message.at("body")),
                   {.properties = ReadProperties(message)});
  }
}

void Consume(const std::string& queue, std::size_t count) {
  amqp_sidecar::Client client;
  json messages = json::array();
  std::promise<void> all;
  auto subscription = client.Subscribe(queue, [&](const amqp_sidecar::Delivery& delivery) {
    messages.push_back(WriteMessage(delivery));
    if (messages.size() == count) all.set_value();
  });
  const std::future<void> done = all.get_future();
  while (done.wait_for(std::chrono::milliseconds(100)) != std::future_status::ready) {
    if (subscription.done().wait_for(std::chrono::seconds(0)) == std::future_status::ready) break;
  }
  subscription.Stop();
  std::cout << messages.dump() << std::endl;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  try {
    if (arguments.size() == 4 && arguments[0] == "publish") {
      Publish(arguments[1], arguments[2], arguments[3]);
    } else if (arguments.size() == 3 && arguments[0] == "consume") {
      Consume(arguments[1], std::stoul(arguments[2]));
    } else {
      std::cerr << "usage: crosstalk publish FILE EXCHANGE KEY | consume QUEUE COUNT\n";
      return 64;
    }
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
