#include "bench/direct_feed.h"

#include <stdexcept>

#include "bench/intake.h"
#include "support/stock_amqp.h"

namespace amqp_sidecar::bench {
namespace {

using test::StockBytes;

constexpr amqp_channel_t kChannel = 1;
constexpr char kConsumerTag[] = "bench";
constexpr timeval kLimit{30, 0};

void Check(const amqp_rpc_reply_t& reply, const std::string& what) {
  const std::string error = test::StockError(reply);
  if (!error.empty()) throw std::runtime_error(what + ": " + error);
}

}  // namespace

DirectFeed::DirectFeed(const std::string& uri) : connection_(test::StockConnect(uri)) {}

DirectFeed::~DirectFeed() {
  amqp_connection_close(connection_, AMQP_REPLY_SUCCESS);
  amqp_destroy_connection(connection_);
}

void DirectFeed::Open(const std::string& queue) {
  amqp_channel_open(connection_, kChannel);
  Check("channel.open");
  amqp_basic_qos(connection_, kChannel, /*prefetch_size=*/0, kPrefetch, /*global=*/0);
  Check("basic.qos");
  amqp_basic_consume(connection_, kChannel, StockBytes(queue), StockBytes(kConsumerTag),
                     /*no_local=*/0, /*no_ack=*/0, /*exclusive=*/0, amqp_empty_table);
  Check("basic.consume");
}

DirectFeed::Delivery DirectFeed::Next() {
  amqp_envelope_t envelope;
  amqp_maybe_release_buffers_on_channel(connection_, kChannel);
  bench::Check(amqp_consume_message(connection_, &envelope, &kLimit, /*flags=*/0), "a delivery");
  const Delivery delivery{envelope.delivery_tag, envelope.message.body.len,
                          envelope.redelivered != 0};
  amqp_destroy_envelope(&envelope);
  return delivery;
}

void DirectFeed::Ack(uint64_t tag) {
  const int sent = amqp_basic_ack(connection_, kChannel, tag, /*multiple=*/1);
  if (sent != AMQP_STATUS_OK) throw std::runtime_error(amqp_error_string2(sent));
}

void DirectFeed::Cancel() {
  amqp_basic_cancel(connection_, kChannel, StockBytes(kConsumerTag));
  Check("basic.cancel");
}

void DirectFeed::Close() {
  bench::Check(amqp_channel_close(connection_, kChannel, AMQP_REPLY_SUCCESS), "channel.close");
}

void DirectFeed::Check(const std::string& what) {
  bench::Check(amqp_get_rpc_reply(connection_), what);
}

}  // namespace amqp_sidecar::bench
