#include "integration/redrive_world.h"

#include <stdexcept>

#include "support/stock_amqp.h"

namespace amqp_sidecar::test {
namespace {

using Entries = std::vector<amqp_table_entry_t>;

// The value, to be filled in.
amqp_field_value_t& Add(Entries& entries, const char* name, char kind) {
  amqp_table_entry_t& entry = entries.emplace_back();
  entry.key = amqp_cstring_bytes(name);
  entry.value.kind = static_cast<uint8_t>(kind);
  return entry.value;
}

amqp_table_t Table(Entries& entries) { return {static_cast<int>(entries.size()), entries.data()}; }

void AddNumbers(Entries& entries) {
  Add(entries, "boolean", 't').value.boolean = 1;
  Add(entries, "i8", 'b').value.i8 = -8;
  Add(entries, "u8", 'B').value.u8 = 200;
  Add(entries, "i16", 's').value.i16 = -16'000;
  Add(entries, "u16", 'u').value.u16 = 60'000;
  Add(entries, "i32", 'I').value.i32 = -2'000'000'000;
  Add(entries, "u32", 'i').value.u32 = 4'000'000'000;
  Add(entries, "i64", 'l').value.i64 = -9'000'000'000'000'000'000;
  Add(entries, "f32", 'f').value.f32 = 0.5F;
  Add(entries, "f64", 'd').value.f64 = 0.1;
  Add(entries, "decimal", 'D').value.decimal = {2, 1234};
  Add(entries, "time", 'T').value.u64 = 1'700'000'001;
}

void AddTexts(Entries& entries) {
  Add(entries, "text", 'S').value.bytes = StockBytes("caf\xC3\xA9");
  Add(entries, "empty", 'S').value.bytes = StockBytes("");
  Add(entries, "no-utf8", 'S').value.bytes = StockBytes("caf\xE9");
  Add(entries, "bytes", 'x').value.bytes = StockBytes(std::string_view("\0\xFF\1", 3));
  for (const char* reserved : {"x-death-of-mine", "x-sidecar-reason", "x-stream-offset"}) {
    Add(entries, reserved, 'S').value.bytes = StockBytes("to be removed");
  }
}

amqp_basic_properties_t AllProperties() {
  amqp_basic_properties_t properties{};
  properties._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_CONTENT_ENCODING_FLAG |
                      AMQP_BASIC_HEADERS_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG |
                      AMQP_BASIC_PRIORITY_FLAG | AMQP_BASIC_CORRELATION_ID_FLAG |
                      AMQP_BASIC_REPLY_TO_FLAG | AMQP_BASIC_EXPIRATION_FLAG |
                      AMQP_BASIC_MESSAGE_ID_FLAG | AMQP_BASIC_TIMESTAMP_FLAG |
                      AMQP_BASIC_TYPE_FLAG | AMQP_BASIC_USER_ID_FLAG | AMQP_BASIC_APP_ID_FLAG;
  properties.content_type = StockBytes("application/octet-stream");
  properties.content_encoding = StockBytes("identity");
  properties.delivery_mode = 1;
  properties.priority = 7;
  properties.correlation_id = StockBytes("corr-1");
  properties.reply_to = StockBytes("replies");
  properties.expiration = StockBytes("600500");
  properties.message_id = StockBytes("id-1");
  properties.timestamp = 1'700'000'000;
  properties.type = StockBytes("order");
  properties.user_id = StockBytes("guest");
  properties.app_id = StockBytes("shop");
  return properties;
}

void PublishConfirmed(amqp_connection_state_t connection, const std::string& queue,
                      const amqp_basic_properties_t& properties, const std::string& body) {
  amqp_channel_open(connection, 1);
  amqp_confirm_select(connection, 1);
  amqp_basic_publish(connection, 1, amqp_empty_bytes, StockBytes(queue), 0, 0, &properties,
                     StockBytes(body));
  amqp_frame_t frame;
  const timeval limit{10, 0};
  if (amqp_simple_wait_frame_noblock(connection, &frame, &limit) != AMQP_STATUS_OK ||
      frame.frame_type != AMQP_FRAME_METHOD || frame.payload.method.id != AMQP_BASIC_ACK_METHOD) {
    throw std::runtime_error("the broker does not take the message");
  }
}

}  // namespace

void PublishEverything(uint16_t port, const std::string& queue, const std::string& origin,
                       const std::string& body, bool with_void) {
  Entries inner;
  AddNumbers(inner);
  Entries entries;
  AddNumbers(entries);
  AddTexts(entries);
  Add(entries, "x-sidecar-queue", 'S').value.bytes = StockBytes(origin);
  Add(entries, "table", 'F').value.table = Table(inner);
  Add(entries, "no-fields", 'F').value.table = amqp_empty_table;
  amqp_field_value_t items[3] = {};
  items[0] = entries.front().value;
  items[1] = entries.back().value;
  items[2].kind = AMQP_FIELD_KIND_TABLE;
  items[2].value.table = Table(inner);
  Add(entries, "array", 'A').value.array = {3, items};
  Add(entries, "no-items", 'A').value.array = {0, nullptr};
  if (with_void) Add(entries, "void", 'V');

  amqp_basic_properties_t properties = AllProperties();
  properties.headers = Table(entries);
  amqp_connection_state_t connection = StockConnect(port);
  const OnExit close([&] {
    amqp_connection_close(connection, AMQP_REPLY_SUCCESS);
    amqp_destroy_connection(connection);
  });
  PublishConfirmed(connection, queue, properties, body);
}

}  // namespace amqp_sidecar::test
