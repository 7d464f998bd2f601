#include "support/direct.h"

#include <cstdlib>
#include <set>
#include <stdexcept>

#include "support/stock_amqp.h"

namespace amqp_sidecar::test {
namespace {

// Entries that point into `arguments`, which must outlive the table.
std::vector<amqp_table_entry_t> Entries(const Direct::Arguments& arguments) {
  std::vector<amqp_table_entry_t> entries;
  for (const auto& [key, value] : arguments) {
    amqp_table_entry_t entry{};
    entry.key = StockBytes(key);
    if (const auto* text = std::get_if<std::string>(&value)) {
      entry.value.kind = AMQP_FIELD_KIND_UTF8;
      entry.value.value.bytes = StockBytes(*text);
    } else if (const auto* number = std::get_if<int64_t>(&value)) {
      entry.value.kind = AMQP_FIELD_KIND_I64;
      entry.value.value.i64 = *number;
    } else {
      entry.value.kind = AMQP_FIELD_KIND_BOOLEAN;
      entry.value.value.boolean = std::get<bool>(value) ? 1 : 0;
    }
    entries.push_back(entry);
  }
  return entries;
}

amqp_table_t Table(std::vector<amqp_table_entry_t>& entries) {
  return {static_cast<int>(entries.size()), entries.data()};
}

std::string Text(const amqp_field_value_t& value) {
  switch (value.kind) {
    case AMQP_FIELD_KIND_UTF8:
    case AMQP_FIELD_KIND_BYTES:
      return StockString(value.value.bytes);
    case AMQP_FIELD_KIND_BOOLEAN:
      return value.value.boolean ? "true" : "false";
    case AMQP_FIELD_KIND_I32:
      return std::to_string(value.value.i32);
    case AMQP_FIELD_KIND_I64:
      return std::to_string(value.value.i64);
    case AMQP_FIELD_KIND_TIMESTAMP:
      return std::to_string(value.value.u64);
    case AMQP_FIELD_KIND_F64:
      return std::to_string(value.value.f64);
    default:
      return "";
  }
}

amqp_basic_properties_t Properties(const Direct::Message& message,
                                   std::vector<amqp_table_entry_t>& headers) {
  amqp_basic_properties_t properties{};
  const auto text = [&](const std::string& from, amqp_bytes_t& to, amqp_flags_t flag) {
    if (from.empty()) return;
    to = StockBytes(from);
    properties._flags |= flag;
  };
  text(message.content_type, properties.content_type, AMQP_BASIC_CONTENT_TYPE_FLAG);
  text(message.message_id, properties.message_id, AMQP_BASIC_MESSAGE_ID_FLAG);
  text(message.correlation_id, properties.correlation_id, AMQP_BASIC_CORRELATION_ID_FLAG);
  text(message.reply_to, properties.reply_to, AMQP_BASIC_REPLY_TO_FLAG);
  text(message.expiration, properties.expiration, AMQP_BASIC_EXPIRATION_FLAG);
  text(message.type, properties.type, AMQP_BASIC_TYPE_FLAG);
  text(message.app_id, properties.app_id, AMQP_BASIC_APP_ID_FLAG);
  if (message.delivery_mode != 0) {
    properties.delivery_mode = static_cast<uint8_t>(message.delivery_mode);
    properties._flags |= AMQP_BASIC_DELIVERY_MODE_FLAG;
  }
  if (message.priority >= 0) {
    properties.priority = static_cast<uint8_t>(message.priority);
    properties._flags |= AMQP_BASIC_PRIORITY_FLAG;
  }
  if (message.timestamp != 0) {
    properties.timestamp = message.timestamp;
    properties._flags |= AMQP_BASIC_TIMESTAMP_FLAG;
  }
  for (const auto& [key, header] : message.headers) {
    amqp_table_entry_t entry{};
    entry.key = StockBytes(key);
    entry.value.kind = static_cast<uint8_t>(header.kind);
    if (header.kind == 'l') {
      entry.value.value.i64 = std::stoll(header.text);
    } else {
      entry.value.value.bytes = StockBytes(header.text);
    }
    headers.push_back(entry);
  }
  if (!headers.empty()) {
    properties.headers = Table(headers);
    properties._flags |= AMQP_BASIC_HEADERS_FLAG;
  }
  return properties;
}

}  // namespace

Direct::Direct(uint16_t port) : connection_(StockConnect(port)) {}

Direct::~Direct() {
  amqp_connection_close(connection_, AMQP_REPLY_SUCCESS);
  amqp_destroy_connection(connection_);
}

// After a refusal, which closes the channel, the next call opens another.
void Direct::OpenChannel() {
  if (channel_open_) return;
  ++channel_;
  amqp_channel_open(connection_, channel_);
  channel_open_ = true;
  confirms_ = false;
  Check(amqp_get_rpc_reply(connection_), "channel.open");
}

void Direct::Check(const amqp_rpc_reply_t_& reply, const std::string& what) {
  const std::string error = StockError(reply);
  if (error.empty()) return;
  if (reply.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION &&
      reply.reply.id == AMQP_CHANNEL_CLOSE_METHOD) {
    amqp_channel_close_ok_t ok{};
    amqp_send_method(connection_, channel_, AMQP_CHANNEL_CLOSE_OK_METHOD, &ok);
    channel_open_ = false;
  }
  // It begins with the code.
  const bool refused = reply.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION;
  throw DirectError(refused ? std::atoi(error.c_str()) : 0, what + ": " + error);
}

void Direct::DeclareQueue(const std::string& name, const Arguments& arguments) {
  OpenChannel();
  std::vector<amqp_table_entry_t> entries = Entries(arguments);
  amqp_queue_declare(connection_, channel_, StockBytes(name), 0, 1, 0, 0, Table(entries));
  Check(amqp_get_rpc_reply(connection_), "declare queue " + name);
}

void Direct::DeclareExchange(const std::string& name, const std::string& type) {
  OpenChannel();
  amqp_exchange_declare(connection_, channel_, StockBytes(name), StockBytes(type), 0, 1, 0, 0,
                        amqp_empty_table);
  Check(amqp_get_rpc_reply(connection_), "declare exchange " + name);
}

void Direct::Bind(const std::string& queue, const std::string& exchange, const std::string& key) {
  OpenChannel();
  amqp_queue_bind(connection_, channel_, StockBytes(queue), StockBytes(exchange), StockBytes(key),
                  amqp_empty_table);
  Check(amqp_get_rpc_reply(connection_), "bind " + queue);
}

void Direct::DeleteQueue(const std::string& name) {
  OpenChannel();
  amqp_queue_delete(connection_, channel_, StockBytes(name), 0, 0);
  Check(amqp_get_rpc_reply(connection_), "delete queue " + name);
}

void Direct::DeleteExchange(const std::string& name) {
  OpenChannel();
  amqp_exchange_delete(connection_, channel_, StockBytes(name), 0);
  Check(amqp_get_rpc_reply(connection_), "delete exchange " + name);
}

void Direct::Purge(const std::string& name) {
  OpenChannel();
  amqp_queue_purge(connection_, channel_, StockBytes(name));
  Check(amqp_get_rpc_reply(connection_), "purge " + name);
}

std::optional<std::pair<uint32_t, uint32_t>> Direct::Counts(const std::string& queue) {
  OpenChannel();
  const amqp_queue_declare_ok_t* ok = amqp_queue_declare(connection_, channel_, StockBytes(queue),
                                                         /*passive=*/1, 1, 0, 0, amqp_empty_table);
  try {
    Check(amqp_get_rpc_reply(connection_), "look at queue " + queue);
  } catch (const DirectError& error) {
    if (error.code != AMQP_NOT_FOUND) throw;
    return std::nullopt;
  }
  return std::pair(ok->message_count, ok->consumer_count);
}

bool Direct::QueueExists(const std::string& name) { return Counts(name).has_value(); }
uint32_t Direct::Ready(const std::string& queue) { return Counts(queue).value().first; }
uint32_t Direct::Consumers(const std::string& queue) { return Counts(queue).value().second; }

bool Direct::ExchangeExists(const std::string& name) {
  OpenChannel();
  amqp_exchange_declare(connection_, channel_, StockBytes(name), StockBytes("direct"),
                        /*passive=*/1, 1, 0, 0, amqp_empty_table);
  try {
    Check(amqp_get_rpc_reply(connection_), "look at exchange " + name);
  } catch (const DirectError& error) {
    if (error.code != AMQP_NOT_FOUND) throw;
    return false;
  }
  return true;
}

void Direct::OpenConfirms() {
  OpenChannel();
  if (confirms_) return;
  amqp_confirm_select(connection_, channel_);
  Check(amqp_get_rpc_reply(connection_), "confirm.select");
  confirms_ = true;
  published_ = 0;
}

void Direct::Send(const std::string& exchange, const std::string& key, const Message& message) {
  std::vector<amqp_table_entry_t> headers;
  const amqp_basic_properties_t properties = Properties(message, headers);
  if (amqp_basic_publish(connection_, channel_, StockBytes(exchange), StockBytes(key), 0, 0,
                         &properties, StockBytes(message.body)) != AMQP_STATUS_OK) {
    throw std::runtime_error("publish: the socket is gone");
  }
  ++published_;
}

Direct::Confirm Direct::TakeConfirm() {
  amqp_frame_t frame;
  const timeval limit{10, 0};
  if (amqp_simple_wait_frame_noblock(connection_, &frame, &limit) != AMQP_STATUS_OK ||
      frame.frame_type != AMQP_FRAME_METHOD || frame.payload.method.id != AMQP_BASIC_ACK_METHOD) {
    throw std::runtime_error("publish: not confirmed");
  }
  const auto* ack = static_cast<const amqp_basic_ack_t*>(frame.payload.method.decoded);
  const Confirm confirm{ack->delivery_tag, ack->multiple != 0};
  amqp_maybe_release_buffers(connection_);
  return confirm;
}

void Direct::Publish(const std::string& exchange, const std::string& key, const Message& message) {
  OpenConfirms();
  Send(exchange, key, message);
  TakeConfirm();
}

void Direct::PublishAll(const std::string& exchange, const std::string& key,
                        const std::vector<Message>& messages) {
  OpenConfirms();
  std::set<uint64_t> unconfirmed;
  for (const Message& message : messages) {
    Send(exchange, key, message);
    unconfirmed.insert(published_);
  }
  while (!unconfirmed.empty()) {
    const Confirm confirm = TakeConfirm();
    const auto first =
        confirm.multiple ? unconfirmed.begin() : unconfirmed.lower_bound(confirm.tag);
    unconfirmed.erase(first, unconfirmed.upper_bound(confirm.tag));
  }
}

void Direct::Publish(const std::string& exchange, const std::string& key, const std::string& body) {
  Message message;
  message.body = body;
  Publish(exchange, key, message);
}

Direct::Message Direct::Take(const amqp_message_t_& message, const std::string& exchange,
                             const std::string& key, bool redelivered) const {
  const amqp_basic_properties_t& from = message.properties;
  Message to;
  to.body = StockString(message.body);
  to.exchange = exchange;
  to.routing_key = key;
  to.redelivered = redelivered;
  const auto text = [&](amqp_flags_t flag, const amqp_bytes_t& bytes, std::string& target) {
    if ((from._flags & flag) != 0) target = StockString(bytes);
  };
  text(AMQP_BASIC_CONTENT_TYPE_FLAG, from.content_type, to.content_type);
  text(AMQP_BASIC_MESSAGE_ID_FLAG, from.message_id, to.message_id);
  text(AMQP_BASIC_CORRELATION_ID_FLAG, from.correlation_id, to.correlation_id);
  text(AMQP_BASIC_REPLY_TO_FLAG, from.reply_to, to.reply_to);
  text(AMQP_BASIC_EXPIRATION_FLAG, from.expiration, to.expiration);
  text(AMQP_BASIC_TYPE_FLAG, from.type, to.type);
  text(AMQP_BASIC_APP_ID_FLAG, from.app_id, to.app_id);
  if (from._flags & AMQP_BASIC_DELIVERY_MODE_FLAG) to.delivery_mode = from.delivery_mode;
  if (from._flags & AMQP_BASIC_PRIORITY_FLAG) to.priority = from.priority;
  if (from._flags & AMQP_BASIC_TIMESTAMP_FLAG) to.timestamp = from.timestamp;
  if (from._flags & AMQP_BASIC_HEADERS_FLAG) {
    for (int i = 0; i < from.headers.num_entries; ++i) {
      const amqp_table_entry_t& entry = from.headers.entries[i];
      to.headers[StockString(entry.key)] = {static_cast<char>(entry.value.kind), Text(entry.value)};
    }
  }
  return to;
}

std::optional<Direct::Message> Direct::Get(const std::string& queue) {
  OpenChannel();
  const amqp_rpc_reply_t reply =
      amqp_basic_get(connection_, channel_, StockBytes(queue), /*no_ack=*/1);
  Check(reply, "get from " + queue);
  if (reply.reply.id == AMQP_BASIC_GET_EMPTY_METHOD) return std::nullopt;
  const auto* got = static_cast<amqp_basic_get_ok_t*>(reply.reply.decoded);
  const std::string exchange = StockString(got->exchange);
  const std::string key = StockString(got->routing_key);
  const bool redelivered = got->redelivered != 0;
  amqp_message_t message;
  Check(amqp_read_message(connection_, channel_, &message, 0), "read a message of " + queue);
  Message taken = Take(message, exchange, key, redelivered);
  amqp_destroy_message(&message);
  amqp_maybe_release_buffers(connection_);
  return taken;
}

std::vector<Direct::Message> Direct::Drain(const std::string& queue) {
  std::vector<Message> all;
  while (true) {
    const uint32_t ready = Ready(queue);
    if (ready == 0) return all;
    amqp_basic_consume(connection_, channel_, StockBytes(queue), StockBytes("drain"), 0,
                       /*no_ack=*/1, 0, amqp_empty_table);
    Check(amqp_get_rpc_reply(connection_), "consume from " + queue);
    for (uint32_t i = 0; i < ready; ++i) {
      amqp_envelope_t envelope;
      const timeval limit{10, 0};
      Check(amqp_consume_message(connection_, &envelope, &limit, 0), "consume from " + queue);
      all.push_back(Take(envelope.message, StockString(envelope.exchange),
                         StockString(envelope.routing_key), envelope.redelivered != 0));
      amqp_destroy_envelope(&envelope);
      amqp_maybe_release_buffers(connection_);
    }
    amqp_basic_cancel(connection_, channel_, StockBytes("drain"));
    Check(amqp_get_rpc_reply(connection_), "cancel");
  }
}

}  // namespace amqp_sidecar::test
