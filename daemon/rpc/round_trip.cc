#include "rpc/round_trip.h"

#include <grpcpp/client_context.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "amqp_sidecar/v1/publisher.grpc.pb.h"
#include "amqp_sidecar/v1/subscriber.grpc.pb.h"
#include "broker/uuid.h"
#include "rpc/sidecar_probe.h"
#include "rpc/status_words.h"

namespace amqp_sidecar::rpc {
namespace {

using Stage = RoundTrip::Stage;

constexpr char kExchange[] = "amq.direct";
constexpr char kAccessRefused[] = "ACCESS_REFUSED";
constexpr char kPermissionAdvice[] =
    "`rabbitmqctl set_permissions -p VHOST USER CONFIGURE WRITE READ`: the doctor's queue takes "
    "all "
    "three for ^amqp-sidecar\\.sub- and write and read for ^amq\\.direct$; where the user is not "
    "to have these, --no-round-trip leaves it out";

class Trip {
 public:
  Trip(const std::shared_ptr<grpc::Channel>& channel, base::TimePoint deadline)
      : subscriber_(v1::SubscriberService::NewStub(channel)),
        publisher_(v1::PublisherService::NewStub(channel)),
        deadline_(deadline),
        key_(absl::StrCat("amqp-sidecar-doctor.",
                          broker::NewUuidV7(std::chrono::system_clock::now()))) {}

  RoundTrip Go() {
    grpc::ClientContext context;
    context.set_deadline(ToWallClock(deadline_));
    v1::SubscribeRequest request;
    request.set_prefetch(1);
    v1::Binding& binding = *request.add_bindings();
    binding.set_exchange(kExchange);
    binding.set_routing_key(key_);
    reader_ = subscriber_->Subscribe(&context, request);
    if (AwaitSubscribed() && Publish() && AwaitDelivery() && Ack()) trip_.stage = Stage::kAcked;
    // The queue goes with it.
    context.TryCancel();
    return std::move(trip_);
  }

 private:
  bool AwaitSubscribed() {
    v1::SubscribeResponse response;
    while (reader_->Read(&response)) {
      if (response.event().kind() != v1::SUBSCRIPTION_EVENT_KIND_SUBSCRIBED) continue;
      trip_.stage = Stage::kSubscribed;
      return true;
    }
    return StreamEnded();
  }

  bool Publish() {
    grpc::ClientContext context;
    context.set_deadline(ToWallClock(deadline_));
    v1::PublishRequest request;
    v1::Message& message = *request.mutable_message();
    message.set_exchange(kExchange);
    message.set_routing_key(key_);
    message.set_body(key_);
    // Not what validation looks at, where no rule says that all must be JSON.
    message.mutable_properties()->set_content_type("text/plain");
    message.mutable_properties()->set_delivery_mode(v1::DELIVERY_MODE_TRANSIENT);
    (*message.mutable_properties()->mutable_headers())[SidecarProbe::kMark].set_bool_value(true);
    v1::PublishResponse response;
    published_ = std::chrono::steady_clock::now();
    const grpc::Status status = publisher_->Publish(&context, request, &response);
    if (!status.ok()) return Fails(ReadFailure(status));
    trip_.stage = Stage::kConfirmed;
    return true;
  }

  bool AwaitDelivery() {
    v1::SubscribeResponse response;
    while (reader_->Read(&response)) {
      if (response.deliveries().empty()) continue;
      const v1::Delivery& delivery = response.deliveries(0);
      if (delivery.body() != key_ || delivery.routing_key() != key_) {
        return Fails({"CHANGED", "what was delivered is not what was published", ""});
      }
      trip_.stage = Stage::kDelivered;
      trip_.time = std::chrono::duration_cast<std::chrono::milliseconds>(
          std::chrono::steady_clock::now() - published_);
      delivery_id_ = delivery.delivery_id();
      return true;
    }
    return StreamEnded();
  }

  bool Ack() {
    grpc::ClientContext context;
    context.set_deadline(ToWallClock(deadline_));
    v1::AckRequest request;
    request.add_delivery_ids(delivery_id_);
    v1::AckResponse response;
    const grpc::Status status = subscriber_->Ack(&context, request, &response);
    if (!status.ok()) return Fails(ReadFailure(status));
    if (response.failures().empty()) return true;
    return Fails({response.failures(0).reason(), response.failures(0).detail(), ""});
  }

  bool StreamEnded() {
    const grpc::Status status = reader_->Finish();
    return Fails(status.ok() ? CallFailure{"ENDED", "the subscription ended", ""}
                             : ReadFailure(status));
  }
  bool Fails(CallFailure failure) {
    trip_.failure = std::move(failure);
    return false;
  }

  const std::unique_ptr<v1::SubscriberService::Stub> subscriber_;
  const std::unique_ptr<v1::PublisherService::Stub> publisher_;
  const base::TimePoint deadline_;
  const std::string key_;
  std::unique_ptr<grpc::ClientReader<v1::SubscribeResponse>> reader_;
  base::TimePoint published_;
  std::string delivery_id_;
  RoundTrip trip_;
};

const char* NextStep(Stage stage) {
  switch (stage) {
    case Stage::kBegun:
      return "no temporary queue: ";
    case Stage::kSubscribed:
      return "not published: ";
    case Stage::kConfirmed:
      return "published and confirmed, and not delivered: ";
    case Stage::kDelivered:
    case Stage::kAcked:
      return "delivered, and not acked: ";
  }
  return "";
}

std::string Words(const RoundTrip& trip) {
  return absl::StrCat(NextStep(trip.stage), trip.failure->reason, ": ", trip.failure->detail);
}

}  // namespace

RoundTrip GoRound(const std::shared_ptr<grpc::Channel>& channel, base::TimePoint deadline) {
  return Trip(channel, deadline).Go();
}

Check CheckPermissions(const RoundTrip& trip) {
  constexpr char kName[] = "permissions";
  if (trip.stage >= Stage::kConfirmed) {
    return Ok(kName,
              "configure, write and read, as far as a temporary queue and amq.direct show it");
  }
  if (trip.failure->reason == kAccessRefused) return Fail(kName, Words(trip), kPermissionAdvice);
  return Skip(kName, "the round trip did not come so far");
}

Check CheckRoundTrip(const RoundTrip& trip) {
  constexpr char kName[] = "round trip";
  if (!trip.failure) {
    return Ok(kName, absl::StrCat("published, confirmed, delivered after ", DurationText(trip.time),
                                  " and acked, by a temporary queue that is gone again"));
  }
  if (trip.failure->reason == kAccessRefused) return Skip(kName, "see permissions");
  if (trip.failure->reason == "INVALID_BODY") {
    return Warn(
        kName, Words(trip),
        "a rule for bodies is for any message: put {exchange: amq.direct, json: off} before "
        "it in validation.rules, or leave the round trip out: --no-round-trip");
  }
  return Fail(kName, Words(trip),
              "see the lines above; else `amqp-sidecar status` and the sidecar's log say more");
}

}  // namespace amqp_sidecar::rpc
