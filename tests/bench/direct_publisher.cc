#include "bench/direct_publisher.h"

#include <stdexcept>

#include "support/stock_amqp.h"

namespace amqp_sidecar::bench {
namespace {

using test::StockBytes;

constexpr amqp_channel_t kChannel = 1;
constexpr timeval kLimit{30, 0};
constexpr timeval kAtOnce{0, 0};

void Check(amqp_connection_state_t connection, const std::string& what) {
  const std::string error = test::StockError(amqp_get_rpc_reply(connection));
  if (!error.empty()) throw std::runtime_error(what + ": " + error);
}

}  // namespace

DirectPublisher::DirectPublisher(const std::string& uri) : connection_(test::StockConnect(uri)) {
  amqp_channel_open(connection_, kChannel);
  Check(connection_, "channel.open");
  amqp_confirm_select(connection_, kChannel);
  Check(connection_, "confirm.select");
}

DirectPublisher::~DirectPublisher() {
  amqp_connection_close(connection_, AMQP_REPLY_SUCCESS);
  amqp_destroy_connection(connection_);
}

Tally DirectPublisher::Publish(const Work& work) {
  Progress progress(work);
  while (!progress.Done()) {
    while (progress.MaySend()) {
      progress.Send(Clock::now());
      Send(work);
    }
    if (!ReadConfirm(progress, kLimit)) throw std::runtime_error("no confirm for 30 s");
    // Whatever else is there, without waiting: asking the kernel once more gives larger batches,
    // and 15 % more messages a second at a window of 16.
    while (progress.InFlight() > 0 && ReadConfirm(progress, kAtOnce)) {
    }
  }
  Tally tally = progress.Finish();
  first_tag_ += tally.messages;
  return tally;
}

void DirectPublisher::PublishOne(const Work& work, const std::function<void()>& meanwhile) {
  Progress progress(work);
  progress.Send(Clock::now());
  Send(work);
  meanwhile();
  if (!ReadConfirm(progress, kLimit)) throw std::runtime_error("no confirm for 30 s");
  ++first_tag_;
}

void DirectPublisher::Send(const Work& work) {
  amqp_basic_properties_t properties{};
  properties._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG;
  properties.content_type = StockBytes("application/json");
  properties.delivery_mode = AMQP_DELIVERY_PERSISTENT;
  const int sent =
      amqp_basic_publish(connection_, kChannel, amqp_empty_bytes, StockBytes(work.queue),
                         /*mandatory=*/1, /*immediate=*/0, &properties, StockBytes(work.body));
  if (sent != AMQP_STATUS_OK) throw std::runtime_error(amqp_error_string2(sent));
}

bool DirectPublisher::ReadConfirm(Progress& progress, const timeval& limit) {
  amqp_frame_t frame;
  const int status = amqp_simple_wait_frame_noblock(connection_, &frame, &limit);
  if (status == AMQP_STATUS_TIMEOUT) return false;
  if (status != AMQP_STATUS_OK) throw std::runtime_error(amqp_error_string2(status));
  // A basic.return, a basic.nack, a close: none may come.
  if (frame.frame_type != AMQP_FRAME_METHOD || frame.payload.method.id != AMQP_BASIC_ACK_METHOD) {
    throw std::runtime_error("a publish was not confirmed");
  }
  const auto& ack = *static_cast<amqp_basic_ack_t*>(frame.payload.method.decoded);
  const size_t number = ack.delivery_tag - first_tag_;
  if (ack.multiple) {
    progress.ConfirmUpTo(number, Clock::now());
  } else {
    progress.Confirm(number, Clock::now());
  }
  amqp_maybe_release_buffers(connection_);
  return true;
}

}  // namespace amqp_sidecar::bench
