// Conversion: protobuf messages to the broker layer's values and back. Pure, any thread. What it
// refuses is what AMQP cannot carry or this version does not do; what the broker layer can judge
// by itself is left to it.
//
// The functions that take protobuf move what they can out of it, and return what is wrong, by the
// name of the field, or nothing.
#pragma once

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/repeated_field.h>

#include <optional>
#include <string>
#include <vector>

#include "amqp_sidecar/v1/message.pb.h"
#include "amqp_sidecar/v1/publisher.pb.h"
#include "amqp_sidecar/v1/subscriber.pb.h"
#include "amqp_sidecar/v1/topology.pb.h"
#include "broker/types.h"

namespace amqp_sidecar::rpc {

using MaybeError = std::optional<broker::Error>;

// The deadline is the caller's to set. INVALID_MESSAGE.
MaybeError TakePublish(v1::PublishRequest& in, broker::PublishRequest& out);
MaybeError TakePublish(v1::PublishItem& in, broker::PublishRequest& out);

void PutResult(uint64_t tag, broker::PublishResult in, v1::PublishResult& out);

// The peer is the caller's to set. INVALID_SUBSCRIPTION.
MaybeError TakeSubscribe(v1::SubscribeRequest& in, broker::SubscribeRequest& out);

// INVALID_SUBSCRIPTION.
MaybeError TakeSettlement(v1::AckRequest& in, broker::Settlement& out);
MaybeError TakeSettlement(v1::NackRequest& in, broker::Settlement& out);
MaybeError TakeSettlement(v1::RejectRequest& in, broker::Settlement& out);
// The ids are left in it.
MaybeError TakeExtension(const v1::ExtendAckDeadlineRequest& in, base::Duration& out);
std::vector<std::string> TakeIds(google::protobuf::RepeatedPtrField<std::string>& in);

// INVALID_TOPOLOGY.
MaybeError TakeTopology(v1::DeclareTopologyRequest& in, broker::Topology& out);
MaybeError TakeBinding(v1::Binding& in, const std::string& field, broker::Binding& out);

// In names, routing keys and properties that are not valid UTF-8, bad bytes become U+FFFD. A
// timestamp is passed on as it is, also where the publisher wrote one that Timestamp does not
// allow. An expiration that is no number is left out.
void PutProperties(const broker::Properties& in, v1::Properties& out);
void PutDelivery(broker::Delivery in, v1::Delivery& out);

v1::SubscriptionEventKind ToProto(broker::SubscriptionEvent event);
void PutSettleFailure(broker::SettleFailure in, v1::SettleFailure& out);

// A duration in whole milliseconds, rounded up; nothing where it is negative, or not normalised as
// Duration demands.
std::optional<uint64_t> ToMilliseconds(const google::protobuf::Duration& duration);

}  // namespace amqp_sidecar::rpc
