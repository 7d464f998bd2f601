#include "bench/stock_load.h"

#include <algorithm>
#include <cstdint>
#include <stdexcept>

#include "support/stock_amqp.h"

namespace amqp_sidecar::bench {
namespace {

using test::StockBytes;
using test::StockError;

constexpr amqp_channel_t kPublish = 1;
constexpr amqp_channel_t kConsume = 2;
constexpr timeval kLimit{30, 0};

}  // namespace

StockLoad::StockLoad(const std::string& uri) : connection_(test::StockConnect(uri)) {
  for (const amqp_channel_t channel : {kPublish, kConsume}) {
    amqp_channel_open(connection_, channel);
    Check("channel.open");
  }
  amqp_confirm_select(connection_, kPublish);
  Check("confirm.select");
}

StockLoad::~StockLoad() {
  amqp_connection_close(connection_, AMQP_REPLY_SUCCESS);
  amqp_destroy_connection(connection_);
}

void StockLoad::Check(const std::string& what) {
  const std::string error = StockError(amqp_get_rpc_reply(connection_));
  if (!error.empty()) throw std::runtime_error(what + ": " + error);
}

void StockLoad::DeclareQueue(const std::string& queue) {
  amqp_queue_declare(connection_, kConsume, StockBytes(queue), 0, 1, 0, 0, amqp_empty_table);
  Check("queue.declare");
}

void StockLoad::DeleteQueue(const std::string& queue) {
  amqp_queue_delete(connection_, kConsume, StockBytes(queue), 0, 0);
  Check("queue.delete");
}

void StockLoad::Send(const Load& load) {
  amqp_basic_properties_t properties{};
  properties._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG;
  properties.content_type = StockBytes("application/json");
  properties.delivery_mode = AMQP_DELIVERY_PERSISTENT;
  if (amqp_basic_publish(connection_, kPublish, amqp_empty_bytes, StockBytes(load.queue),
                         /*mandatory=*/1, 0, &properties,
                         StockBytes(load.body)) != AMQP_STATUS_OK) {
    throw std::runtime_error("the publish was not sent");
  }
}

// The highest tag that the next frame confirms, or throws. Confirms of one queue come in order.
size_t StockLoad::WaitForConfirms() {
  amqp_frame_t frame;
  if (amqp_simple_wait_frame_noblock(connection_, &frame, &kLimit) != AMQP_STATUS_OK ||
      frame.frame_type != AMQP_FRAME_METHOD || frame.payload.method.id != AMQP_BASIC_ACK_METHOD) {
    throw std::runtime_error("a publish was not confirmed");
  }
  const auto* ack = static_cast<amqp_basic_ack_t*>(frame.payload.method.decoded);
  const size_t tag = ack->delivery_tag;
  amqp_maybe_release_buffers(connection_);
  return tag;
}

Seconds StockLoad::Publish(const Load& load) {
  // Tags go on from the load before; each load begins with all confirmed.
  static size_t base = 0;
  size_t sent = 0;
  size_t confirmed = 0;
  const Seconds took = Timed([&] {
    while (confirmed < load.messages) {
      while (sent < load.messages && sent - confirmed < static_cast<size_t>(load.in_flight)) {
        Send(load);
        ++sent;
      }
      confirmed = std::max(confirmed, WaitForConfirms() - base);
    }
  });
  base += sent;
  return took;
}

void StockLoad::Fill(const Load& load) {
  Load filling = load;
  filling.in_flight = 512;
  Publish(filling);
}

Seconds StockLoad::Consume(const Load& load) {
  amqp_basic_qos(connection_, kConsume, 0, static_cast<uint16_t>(load.in_flight), 0);
  Check("basic.qos");
  const Seconds took = Timed([&] {
    amqp_basic_consume(connection_, kConsume, StockBytes(load.queue), StockBytes("bench"), 0, 0, 0,
                       amqp_empty_table);
    Check("basic.consume");
    for (size_t i = 0; i < load.messages; ++i) {
      amqp_envelope_t envelope;
      const std::string error =
          StockError(amqp_consume_message(connection_, &envelope, &kLimit, 0));
      if (!error.empty()) throw std::runtime_error("consume: " + error);
      amqp_basic_ack(connection_, kConsume, envelope.delivery_tag, 0);
      amqp_destroy_envelope(&envelope);
      amqp_maybe_release_buffers(connection_);
    }
  });
  amqp_basic_cancel(connection_, kConsume, StockBytes("bench"));
  Check("basic.cancel");
  return took;
}

}  // namespace amqp_sidecar::bench
