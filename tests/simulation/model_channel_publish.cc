// What a channel of the model broker does with publishes, and when and how it confirms them.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "model_broker.h"
#include "model_channel.h"
#include "model_connection.h"

namespace amqp_sidecar::simulation {

void ModelChannel::OnPublish(const std::shared_ptr<ModelMessage>& message) {
  if (!confirms_) return Malformed(Method::kBasicPublish);
  const uint64_t tag = next_publish_tag_++;
  broker_.trace().Event("published", {number_, tag, message->publish});
  if (message->body.size() > broker_.options().max_message_bytes) {
    return CloseByBroker(406, "PRECONDITION_FAILED - message size " +
                                  std::to_string(message->body.size()) +
                                  " is larger than configured max size " +
                                  std::to_string(broker_.options().max_message_bytes));
  }
  if (message->exchange == "forbidden") {
    return CloseByBroker(
        403,
        "ACCESS_REFUSED - access to exchange 'forbidden' in vhost '/' refused for user 'guest'");
  }
  if (!message->user_id.empty() && message->user_id != "guest") {
    return CloseByBroker(406, "PRECONDITION_FAILED - user_id property set to '" + message->user_id +
                                  "' but authenticated user was 'guest'");
  }
  ModelBroker::Routed routed = broker_.Route(message);
  if (!routed.exchange_found) return NotFound("exchange", message->exchange);
  Unconfirmed& unconfirmed = unconfirmed_[tag];
  unconfirmed = {!routed.refused,           routed.returned,          message->publish,
                 message->move.has_value(), std::move(routed.copies), {}};
  if (!message->move && routed.refused) broker_.checker().Refused(message->publish);
  if (routed.returned) {
    if (!message->move) broker_.checker().Returned(message->publish);
    std::string bytes = MethodFrame(number_, Method::kBasicReturn)
                            .U16(312)
                            .Short("NO_ROUTE")
                            .Short(message->exchange)
                            .Short(message->routing_key)
                            .Bytes();
    bytes +=
        ContentFrames(number_, message->properties, message->body, broker_.options().frame_max);
    Send(std::move(bytes));
  }
  unconfirmed.due = std::max(
      broker_.reactor().Now() + broker_.random().Time({}, broker_.options().max_confirm_latency),
      broker_.confirms_from());
  Later(unconfirmed.due, &ModelChannel::EmitConfirms);
}

void ModelChannel::EmitConfirms() {
  if (!open()) return;
  const base::TimePoint now = broker_.reactor().Now();
  if (now < stalled_until_) return Later(stalled_until_, &ModelChannel::EmitConfirms);
  // Everything up to here is due and has the same verdict: one confirm may speak for all.
  uint64_t prefix_end = 0;
  size_t prefix = 0;
  for (const auto& [tag, confirm] : unconfirmed_) {
    if (confirm.due > now || confirm.acked != unconfirmed_.begin()->second.acked) break;
    prefix_end = tag;
    ++prefix;
  }
  if (prefix > 0 && broker_.random().Chance(prefix > 1 ? 0.7 : 0.2)) {
    EmitConfirm(prefix_end, true, unconfirmed_.begin()->second.acked);
  }
  std::vector<uint64_t> due;
  for (const auto& [tag, confirm] : unconfirmed_) {
    if (confirm.due <= now) due.push_back(tag);
  }
  while (!due.empty()) {
    std::swap(due[broker_.random().Below(due.size())], due.back());
    EmitConfirm(due.back(), false, unconfirmed_.at(due.back()).acked);
    due.pop_back();
  }
}

void ModelChannel::EmitConfirm(uint64_t tag, bool multiple, bool acked) {
  broker_.trace().Event("confirm", {number_, tag, multiple, acked});
  while (!unconfirmed_.empty()) {
    const auto entry = multiple ? unconfirmed_.begin() : unconfirmed_.find(tag);
    if (entry == unconfirmed_.end() || entry->first > tag) break;
    const Unconfirmed& confirm = entry->second;
    if (acked && confirm.move) {
      for (const Checker::CopyId copy : confirm.copies) {
        broker_.checker().Confirmed(copy);
        broker_.settlements().MoveConfirmed(copy);
      }
    } else if (acked) {
      broker_.checker().Acked(confirm.publish, confirm.returned, confirm.copies);
    } else {
      broker_.checker().Fault();
    }
    unconfirmed_.erase(entry);
  }
  MethodFrame frame(number_, acked ? Method::kBasicAck : Method::kBasicNack);
  frame.U64(tag).U8(multiple ? 1 : 0);
  Send(std::move(frame));
}

}  // namespace amqp_sidecar::simulation
