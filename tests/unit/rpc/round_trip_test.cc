// A round trip, and the doctor's other calls, with a sidecar that answers as a test tells it to.
#include "rpc/round_trip.h"

#include <grpcpp/server_builder.h>

#include <mutex>
#include <optional>

#include "amqp_sidecar/v1/publisher.grpc.pb.h"
#include "amqp_sidecar/v1/status.grpc.pb.h"
#include "amqp_sidecar/v1/subscriber.grpc.pb.h"
#include "amqp_sidecar/v1/topology.grpc.pb.h"
#include "rpc/error_table.h"
#include "rpc/sidecar_probe.h"
#include "server_fixture.h"
#include "support/catch.h"

namespace amqp_sidecar::rpc {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

grpc::Status Refused(broker::Reason reason, const std::string& detail) {
  return ToStatus(broker::Error{reason, detail});
}

class FakeSidecar final : public v1::SubscriberService::Service,
                          public v1::PublisherService::Service,
                          public v1::StatusService::Service {
 public:
  std::optional<grpc::Status> subscribe;  // refused with this
  std::optional<grpc::Status> publish;
  bool deliver = true;
  std::optional<std::string> body;  // in place of the one published
  bool ack_counts = true;
  std::optional<v1::SidecarStatus> status;
  std::atomic<bool> ended = false;  // the subscription

  v1::SubscribeRequest subscribed() const {
    const std::lock_guard lock(mutex_);
    return subscribed_;
  }
  v1::Message message() const {
    const std::lock_guard lock(mutex_);
    return message_;
  }

  grpc::Status Subscribe(grpc::ServerContext* context, const v1::SubscribeRequest* request,
                         grpc::ServerWriter<v1::SubscribeResponse>* writer) override {
    {
      const std::lock_guard lock(mutex_);
      subscribed_ = *request;
    }
    if (subscribe) return *subscribe;
    v1::SubscribeResponse event;
    event.mutable_event()->set_kind(v1::SUBSCRIPTION_EVENT_KIND_SUBSCRIBED);
    writer->Write(event);
    const auto published = [&] { return context->IsCancelled() || !message().body().empty(); };
    Eventually(seconds(20), published);
    if (deliver && !context->IsCancelled()) {
      v1::SubscribeResponse response;
      v1::Delivery& delivery = *response.add_deliveries();
      delivery.set_delivery_id("d-1");
      delivery.set_body(body.value_or(message().body()));
      delivery.set_routing_key(message().routing_key());
      writer->Write(response);
    }
    Eventually(seconds(20), [&] { return context->IsCancelled(); });
    ended = true;
    return grpc::Status::OK;
  }

  grpc::Status Publish(grpc::ServerContext* /*context*/, const v1::PublishRequest* request,
                       v1::PublishResponse* response) override {
    if (publish) return *publish;
    const std::lock_guard lock(mutex_);
    message_ = request->message();
    response->set_message_id("id-1");
    response->set_routed(true);
    return grpc::Status::OK;
  }

  grpc::Status Ack(grpc::ServerContext* /*context*/, const v1::AckRequest* request,
                   v1::AckResponse* response) override {
    if (ack_counts && request->delivery_ids(0) == "d-1") return grpc::Status::OK;
    v1::SettleFailure& failure = *response->add_failures();
    failure.set_reason("STALE_DELIVERY");
    failure.set_detail("gone");
    return grpc::Status::OK;
  }

  grpc::Status GetStatus(grpc::ServerContext* /*context*/, const v1::GetStatusRequest* /*request*/,
                         v1::GetStatusResponse* response) override {
    if (!status) return grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "");
    *response->mutable_status() = *status;
    return grpc::Status::OK;
  }

 private:
  mutable std::mutex mutex_;
  v1::SubscribeRequest subscribed_;
  v1::Message message_;
};

class Fixture {
 public:
  FakeSidecar sidecar;

  void Start() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(address(), grpc::InsecureServerCredentials());
    builder.RegisterService(static_cast<v1::SubscriberService::Service*>(&sidecar));
    builder.RegisterService(static_cast<v1::PublisherService::Service*>(&sidecar));
    builder.RegisterService(static_cast<v1::StatusService::Service*>(&sidecar));
    server_ = builder.BuildAndStart();
    REQUIRE(server_ != nullptr);
  }
  std::string address() const { return "unix://" + folder_ / "fake.sock"; }

  RoundTrip Go(milliseconds time = seconds(10)) {
    Start();
    const auto channel = grpc::CreateChannel(address(), grpc::InsecureChannelCredentials());
    return GoRound(channel, std::chrono::steady_clock::now() + time);
  }

 private:
  TempFolder folder_;
  std::unique_ptr<grpc::Server> server_;
};

void CheckThat(const Check& check, Verdict verdict, const std::string& found) {
  INFO(CheckText(check));
  CHECK(check.verdict == verdict);
  CHECK_THAT(check.found, ContainsSubstring(found));
  if (verdict == Verdict::kFail) CHECK_FALSE(check.advice.empty());
}

TEST_CASE("a round trip goes by a queue of its own, is acked, and ends its subscription") {
  Fixture fixture;
  const RoundTrip trip = fixture.Go();
  CHECK(trip.stage == RoundTrip::Stage::kAcked);
  CheckThat(CheckPermissions(trip), Verdict::kOk, "configure, write and read");
  CheckThat(CheckRoundTrip(trip), Verdict::kOk, "and acked");
  const v1::SubscribeRequest request = fixture.sidecar.subscribed();
  CHECK(request.queue().empty());
  REQUIRE(request.bindings_size() == 1);
  CHECK(request.bindings(0).exchange() == "amq.direct");
  CHECK(request.bindings(0).routing_key() == fixture.sidecar.message().routing_key());
  CHECK(fixture.sidecar.message().properties().headers().contains("x-amqp-sidecar-doctor"));
  CHECK(Eventually(seconds(10), [&] { return fixture.sidecar.ended.load(); }));
}

TEST_CASE("a round trip that is not permitted is a matter of permissions") {
  Fixture subscribe;
  subscribe.sidecar.subscribe = Refused(broker::Reason::kAccessRefused, "no queue for you");
  const RoundTrip none = subscribe.Go();
  CheckThat(CheckPermissions(none), Verdict::kFail, "no temporary queue: ACCESS_REFUSED: no queue");
  CheckThat(CheckRoundTrip(none), Verdict::kSkip, "see permissions");
  Fixture publish;
  publish.sidecar.publish = Refused(broker::Reason::kAccessRefused, "no writing");
  const RoundTrip half = publish.Go();
  CheckThat(CheckPermissions(half), Verdict::kFail, "not published: ACCESS_REFUSED: no writing");
  CheckThat(CheckRoundTrip(half), Verdict::kSkip, "see permissions");
  CHECK(Eventually(seconds(10), [&] { return publish.sidecar.ended.load(); }));
}

TEST_CASE("a round trip that does not come to its end says how far it came") {
  Fixture late;
  late.sidecar.deliver = false;
  const auto begin = std::chrono::steady_clock::now();
  const RoundTrip trip = late.Go(milliseconds(500));
  CHECK(std::chrono::steady_clock::now() - begin < seconds(5));
  CheckThat(CheckRoundTrip(trip), Verdict::kFail,
            "confirmed, and not delivered: DEADLINE_EXCEEDED");
  CheckThat(CheckPermissions(trip), Verdict::kOk, "configure, write and read");

  Fixture unknown;
  unknown.sidecar.publish = Refused(broker::Reason::kOutcomeUnknown, "no confirm");
  const RoundTrip lost = unknown.Go();
  CheckThat(CheckRoundTrip(lost), Verdict::kFail, "not published: OUTCOME_UNKNOWN: no confirm");
  CheckThat(CheckPermissions(lost), Verdict::kSkip, "did not come so far");

  Fixture ruled;
  ruled.sidecar.publish = Refused(broker::Reason::kInvalidBody, "not JSON");
  CheckThat(CheckRoundTrip(ruled.Go()), Verdict::kWarn, "not published: INVALID_BODY: not JSON");

  Fixture changed;
  changed.sidecar.body = "else";
  CheckThat(CheckRoundTrip(changed.Go()), Verdict::kFail, "is not what was published");

  Fixture stale;
  stale.sidecar.ack_counts = false;
  CheckThat(CheckRoundTrip(stale.Go()), Verdict::kFail, "not acked: STALE_DELIVERY: gone");
}

Check ConnectTo(Fixture& fixture, pid_t peer = 0) {
  fixture.Start();
  SidecarProbe probe(fixture.address());
  return probe.Connect(std::chrono::steady_clock::now() + seconds(5), peer);
}

TEST_CASE("a sidecar that answers is well unless it is stuck, shutting down or too old") {
  Fixture old;
  CheckThat(ConnectTo(old), Verdict::kFail, "it is older than this command");
  v1::SidecarStatus status;
  status.set_version("0.1.0");
  status.set_readiness("ready");
  Fixture well;
  well.sidecar.status = status;
  CheckThat(ConnectTo(well), Verdict::kOk, "version 0.1.0");
  Fixture draining;
  draining.sidecar.status = status;
  draining.sidecar.status->mutable_connection()->set_state(v1::CONNECTION_STATE_DRAINING);
  CheckThat(ConnectTo(draining), Verdict::kFail, "shutting down");
  Fixture stuck;
  stuck.sidecar.status = status;
  stuck.sidecar.status->mutable_stalled()->set_seconds(12);
  CheckThat(ConnectTo(stuck), Verdict::kFail, "is stuck for 12s");
}

}  // namespace
}  // namespace amqp_sidecar::rpc
