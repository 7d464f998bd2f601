#include "bench/queues.h"

#include <stdexcept>

#include "support/eventually.h"
#include "support/stock_amqp.h"

namespace amqp_sidecar::bench {
namespace {

using test::StockBytes;

constexpr amqp_channel_t kChannel = 1;
constexpr std::chrono::seconds kLimit{5};
// For a channel to be closed behind its last consumer.
constexpr std::chrono::milliseconds kSettling{100};

}  // namespace

std::string NameOf(QueueType type) { return type == QueueType::kClassic ? "classic" : "quorum"; }

Queues::Queues(const std::string& uri) : connection_(test::StockConnect(uri)) {
  amqp_channel_open(connection_, kChannel);
  Check("channel.open");
}

Queues::~Queues() {
  amqp_connection_close(connection_, AMQP_REPLY_SUCCESS);
  amqp_destroy_connection(connection_);
}

void Queues::Declare(const std::string& queue, QueueType type) {
  Delete(queue);
  const std::string name = NameOf(type);
  amqp_table_entry_t entry{};
  entry.key = amqp_cstring_bytes("x-queue-type");
  entry.value.kind = AMQP_FIELD_KIND_UTF8;
  entry.value.value.bytes = StockBytes(name);
  const amqp_table_t arguments{1, &entry};
  amqp_queue_declare(connection_, kChannel, StockBytes(queue), /*passive=*/0, /*durable=*/1,
                     /*exclusive=*/0, /*auto_delete=*/0, arguments);
  Check("queue.declare");
}

// A quorum queue tells of its last messages a moment later.
void Queues::AwaitCount(const std::string& queue, size_t messages) {
  size_t count = 0;
  test::Eventually(kLimit, [&] { return (count = Count(queue)) == messages; });
  if (count != messages) {
    throw std::runtime_error(std::to_string(messages) + " confirmed, " + std::to_string(count) +
                             " in the queue");
  }
}

void Queues::Settle(const std::string& queue, size_t messages) {
  AwaitCount(queue, messages);
  Delete(queue);
}

void Queues::SettleDrained(const std::string& queue) {
  if (!test::Eventually(kLimit, [&] { return StateOf(queue).consumers == 0; })) {
    throw std::runtime_error("a consumer stays");
  }
  if (!test::Throughout(kSettling, [&] { return Count(queue) == 0; })) {
    throw std::runtime_error(std::to_string(Count(queue)) + " came back to a drained queue");
  }
  Delete(queue);
}

std::string Queues::BrokerVersion() const {
  const amqp_table_t& properties = *amqp_get_server_properties(connection_);
  for (int i = 0; i < properties.num_entries; ++i) {
    const amqp_table_entry_t& entry = properties.entries[i];
    if (test::StockString(entry.key) == "version")
      return test::StockString(entry.value.value.bytes);
  }
  return "";
}

size_t Queues::Count(const std::string& queue) { return StateOf(queue).messages; }

Queues::State Queues::StateOf(const std::string& queue) {
  const amqp_queue_declare_ok_t* ok = amqp_queue_declare(connection_, kChannel, StockBytes(queue),
                                                         /*passive=*/1, 0, 0, 0, amqp_empty_table);
  Check("queue.declare");
  return {ok->message_count, ok->consumer_count};
}

void Queues::Delete(const std::string& queue) {
  amqp_queue_delete(connection_, kChannel, StockBytes(queue), 0, 0);
  Check("queue.delete");
}

void Queues::Check(const std::string& what) {
  const std::string error = test::StockError(amqp_get_rpc_reply(connection_));
  if (!error.empty()) throw std::runtime_error(what + ": " + error);
}

uint16_t PortOf(std::string uri) {
  amqp_connection_info info{};
  if (amqp_parse_url(uri.data(), &info) != AMQP_STATUS_OK)
    throw std::runtime_error("no amqp:// URI");
  return static_cast<uint16_t>(info.port);
}

}  // namespace amqp_sidecar::bench
