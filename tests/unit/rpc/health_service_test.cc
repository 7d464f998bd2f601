#include "rpc/health_service.h"

#include <memory>
#include <string>

#include "grpc/health/v1/health.grpc.pb.h"
#include "support/catch.h"
#include "unit/rpc/server_fixture.h"

namespace amqp_sidecar::rpc {
namespace {

using grpc::health::v1::HealthCheckResponse;
using std::chrono::seconds;

// One client that watches a service.
class Watch {
 public:
  Watch(const ServerFixture& fixture, const std::string& service)
      : stub_(grpc::health::v1::Health::NewStub(fixture.Channel())) {
    grpc::health::v1::HealthCheckRequest request;
    request.set_service(service);
    context_.set_deadline(In(seconds(10)));
    reader_ = stub_->Watch(&context_, request);
  }

  // UNKNOWN, which is never sent, where the watch has ended.
  ServingStatus Next() {
    HealthCheckResponse response;
    return reader_->Read(&response) ? response.status() : HealthCheckResponse::UNKNOWN;
  }
  grpc::Status Finish() { return reader_->Finish(); }
  void Cancel() { context_.TryCancel(); }

 private:
  std::unique_ptr<grpc::health::v1::Health::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<HealthCheckResponse>> reader_;
};

broker::Snapshot Ready() {
  broker::Snapshot snapshot;
  snapshot.connection.state = broker::ConnectionState::kReady;
  snapshot.topology_declared = true;
  return snapshot;
}

// The server without the broker's own say, which would come in between.
struct Quiet {
  Quiet() : server(fixture.Start()) {}
  ServerFixture fixture;
  Server& server;
};

TEST_CASE("who watches a service is told its health, and every change, and no other") {
  Quiet quiet;
  Watch publisher(quiet.fixture, kPublisherServiceName);
  Watch subscriber(quiet.fixture, kSubscriberServiceName);
  Watch whole(quiet.fixture, "");
  CHECK(publisher.Next() == HealthCheckResponse::NOT_SERVING);
  CHECK(subscriber.Next() == HealthCheckResponse::NOT_SERVING);
  CHECK(whole.Next() == HealthCheckResponse::SERVING);

  quiet.server.Update(Ready());
  CHECK(publisher.Next() == HealthCheckResponse::SERVING);
  CHECK(subscriber.Next() == HealthCheckResponse::SERVING);
  // No change: nothing is told, so that the next is the one after it.
  quiet.server.Update(Ready());
  broker::Snapshot blocked = Ready();
  blocked.connection.state = broker::ConnectionState::kBlocked;
  quiet.server.Update(blocked);
  CHECK(publisher.Next() == HealthCheckResponse::NOT_SERVING);
  quiet.server.BeginDrain();
  CHECK(subscriber.Next() == HealthCheckResponse::NOT_SERVING);
  // Whatever is said of the broker from then on.
  quiet.server.Update(Ready());
  quiet.server.Shutdown(std::chrono::steady_clock::now() + seconds(5));
  for (Watch* watch : {&publisher, &subscriber, &whole}) {
    CHECK(watch->Next() == HealthCheckResponse::UNKNOWN);
    const grpc::Status end = watch->Finish();
    CHECK(end.error_code() == grpc::StatusCode::UNAVAILABLE);
    // In our words, not by being cut off.
    CHECK(end.error_message() == "the sidecar is shutting down");
  }
}

TEST_CASE("who watches a service that is not there is told so, and may go on watching") {
  Quiet quiet;
  Watch watch(quiet.fixture, "no.such.Service");
  CHECK(watch.Next() == HealthCheckResponse::SERVICE_UNKNOWN);
  watch.Cancel();
  CHECK(watch.Next() == HealthCheckResponse::UNKNOWN);
  CHECK(watch.Finish().error_code() == grpc::StatusCode::CANCELLED);
  // Who has gone is told nothing, and harms nobody.
  quiet.server.Update(Ready());
  Watch next(quiet.fixture, kPublisherServiceName);
  CHECK(next.Next() == HealthCheckResponse::SERVING);
}

}  // namespace
}  // namespace amqp_sidecar::rpc
