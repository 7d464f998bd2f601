#include "drills/hostile_client.h"

#include <stdexcept>

namespace amqp_sidecar::test {
namespace {

std::string NameOf(HostileClient::Verb verb) {
  switch (verb) {
    case HostileClient::Verb::kAck:
      return "Ack";
    case HostileClient::Verb::kNack:
      return "Nack";
    case HostileClient::Verb::kReject:
      return "Reject";
  }
  return "";
}

}  // namespace

HostileClient::HostileClient(Client& client, const std::string& queue)
    : client_(client), stream_(client.subscriber().SubscribeStream(&context_)) {
  pb::SubscribeStreamRequest request;
  request.mutable_subscribe()->set_queue(queue);
  pb::SubscribeStreamResponse response;
  if (!stream_->Write(request) || !stream_->Read(&response) || !response.has_event()) {
    throw std::runtime_error("no subscription to " + queue);
  }
}

HostileClient::~HostileClient() {
  context_.TryCancel();
  stream_->Finish();
}

void HostileClient::MustFail(Verb verb, const Ids& ids, const std::set<std::string>& reasons) {
  sent_ += ids.size();
  const Failures failures =
      ++calls_ % 2 == 0 ? ByCall(verb, ids) : ByStream(verb, ids, ids.size());
  failed_ += failures.size();
  if (failures.size() != ids.size()) {
    return Wrong(std::to_string(failures.size()) + " answers to " + std::to_string(ids.size()));
  }
  for (size_t i = 0; i < ids.size(); ++i) {
    const bool unknown = failures[i].reason() == "UNKNOWN_DELIVERY";
    const auto code = unknown ? grpc::StatusCode::NOT_FOUND : grpc::StatusCode::FAILED_PRECONDITION;
    if (failures[i].delivery_id() != ids[i] || !reasons.contains(failures[i].reason()) ||
        failures[i].code() != code || failures[i].detail().empty()) {
      Wrong(NameOf(verb) + " of \"" + ids[i] + "\": " + failures[i].ShortDebugString());
    }
  }
}

void HostileClient::MustPass(Verb verb, const Ids& ids) {
  sent_ += ids.size();
  for (const pb::SettleFailure& failure : ByCall(verb, ids)) Wrong(failure.ShortDebugString());
}

void HostileClient::MustBeRefused(Verb verb, const std::string& bytes) {
  ++sent_;
  const Outcome outcome =
      client_.CallWithBytes("/amqp_sidecar.v1.SubscriberService/" + NameOf(verb), bytes);
  ++failed_;
  if (outcome.ok()) Wrong(NameOf(verb) + " of what is no request is OK");
}

HostileClient::Failures HostileClient::ByCall(Verb verb, const Ids& ids) {
  switch (verb) {
    case Verb::kAck:
      return client_.Ack(ids);
    case Verb::kNack:
      return client_.Nack(ids);
    case Verb::kReject:
      return client_.Reject(ids);
  }
  return {};
}

HostileClient::Failures HostileClient::ByStream(Verb verb, const Ids& ids, size_t count) {
  pb::SubscribeStreamRequest request;
  auto* texts = verb == Verb::kAck    ? request.mutable_ack()->mutable_delivery_ids()
                : verb == Verb::kNack ? request.mutable_nack()->mutable_delivery_ids()
                                      : request.mutable_reject()->mutable_delivery_ids();
  texts->Assign(ids.begin(), ids.end());
  Failures failures;
  if (!stream_->Write(request)) {
    Wrong("the stream has ended");
    return failures;
  }
  pb::SubscribeStreamResponse response;
  while (failures.size() < count && stream_->Read(&response)) {
    failures.insert(failures.end(), response.failures().begin(), response.failures().end());
  }
  return failures;
}

void HostileClient::Wrong(const std::string& what) {
  if (wrong_++ == 0) first_wrong_ = what;
}

}  // namespace amqp_sidecar::test
