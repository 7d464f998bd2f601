#include "rpc/server.h"

#include <grpcpp/generic/generic_stub.h>
#include <sys/stat.h>

#include <string>
#include <vector>

#include "amqp_sidecar/v1/publisher.grpc.pb.h"
#include "amqp_sidecar/v1/subscriber.grpc.pb.h"
#include "amqp_sidecar/v1/topology.grpc.pb.h"
#include "rpc/client_channel.h"
#include "server_fixture.h"
#include "support/catch.h"

namespace amqp_sidecar::rpc {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

v1::PublishRequest Order(const std::string& body = "{}") {
  v1::PublishRequest request;
  request.mutable_message()->set_exchange("orders");
  request.mutable_message()->set_routing_key("order.created");
  request.mutable_message()->set_body(body);
  return request;
}

grpc::Status Publish(const ServerFixture& fixture, const v1::PublishRequest& request,
                     milliseconds deadline = seconds(10)) {
  grpc::ClientContext context;
  context.set_deadline(In(deadline));
  v1::PublishResponse response;
  return v1::PublisherService::NewStub(fixture.Channel())->Publish(&context, request, &response);
}

// grpc.health.v1.Health/Check, by hand: a request with the service's name as field 1; an answer
// with the status as field 1.
std::string HealthOfService(const ServerFixture& fixture, const std::string& service) {
  grpc::GenericStub stub(fixture.Channel());
  grpc::ClientContext context;
  context.set_deadline(In(seconds(10)));
  grpc::CompletionQueue queue;
  const std::string bytes =
      service.empty() ? "" : "\x0A" + std::string(1, static_cast<char>(service.size())) + service;
  const grpc::Slice slice(bytes);
  const grpc::ByteBuffer request(&slice, 1);
  auto call = stub.PrepareUnaryCall(&context, "/grpc.health.v1.Health/Check", request, &queue);
  call->StartCall();
  grpc::ByteBuffer response;
  grpc::Status status;
  call->Finish(&response, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  if (!status.ok()) return status.error_message();
  std::vector<grpc::Slice> slices;
  if (!response.Dump(&slices).ok() || slices.empty() || slices[0].size() != 2) return "no answer";
  return slices[0].begin()[1] == 1 ? "SERVING" : "NOT_SERVING";
}

// A stream of deliveries, read on the test's thread.
struct Stream {
  Stream(const ServerFixture& fixture, const v1::SubscribeRequest& request)
      : stub(v1::SubscriberService::NewStub(fixture.Channel())) {
    context.set_deadline(In(seconds(30)));
    reader = stub->Subscribe(&context, request);
  }

  grpc::ClientContext context;
  std::unique_ptr<v1::SubscriberService::Stub> stub;
  std::unique_ptr<grpc::ClientReader<v1::SubscribeResponse>> reader;
};

v1::SubscribeRequest Billing() {
  v1::SubscribeRequest request;
  request.set_queue("billing");
  return request;
}

TEST_CASE("the socket is there with mode 0660 whatever the umask, and gone at the end") {
  ServerFixture fixture;
  const mode_t before = ::umask(0777);
  Server& server = fixture.Start();
  CHECK(::umask(before) == 0777);
  struct stat info = {};
  REQUIRE(::lstat(fixture.socket().c_str(), &info) == 0);
  CHECK((info.st_mode & 07777) == 0660);
  server.Shutdown(std::chrono::steady_clock::now() + seconds(5));
  CHECK(::lstat(fixture.socket().c_str(), &info) != 0);
}

TEST_CASE("a port that the system chose is told, and answers") {
  ServerFixture fixture;
  Server& server = fixture.Start();
  REQUIRE(server.addresses().size() == 2);
  CHECK(server.addresses()[0] == "unix://" + fixture.socket());
  const std::string tcp = server.addresses()[1];
  CHECK(tcp.starts_with("127.0.0.1:"));
  CHECK_FALSE(tcp.ends_with(":0"));
  CHECK(ConnectTo(tcp, In(seconds(5))) != nullptr);
}

TEST_CASE("a second server on the same socket or port is refused, and the first lives on") {
  ServerFixture fixture;
  Server& first = fixture.Start();
  for (const std::string& address : first.addresses()) {
    ServerConfig config;
    config.listen = {address};
    Server second(fixture.broker(), fixture.reporter(), config);
    const absl::Status status = second.Start();
    CAPTURE(address, std::string(status.message()));
    CHECK(status.code() == absl::StatusCode::kFailedPrecondition);
    CHECK(ConnectTo(address, In(seconds(5))) != nullptr);
  }
}

TEST_CASE("an address that cannot be is refused before anything is opened") {
  ServerFixture fixture;
  ServerConfig config = fixture.Config();
  SECTION("beyond loopback") { config.listen.push_back("0.0.0.0:0"); }
  SECTION("twice the same") { config.listen.push_back(config.listen.front()); }
  SECTION("none") { config.listen.clear(); }
  Server server(fixture.broker(), fixture.reporter(), config);
  CHECK(server.Start().code() == absl::StatusCode::kInvalidArgument);
  struct stat info = {};
  CHECK(::lstat(fixture.socket().c_str(), &info) != 0);
}

TEST_CASE("a publish with the broker away fails slightly before its deadline, with its reason") {
  ServerFixture fixture;
  fixture.Start();
  const auto begin = std::chrono::steady_clock::now();
  const grpc::Status status = Publish(fixture, Order(), milliseconds(1000));
  CHECK(std::chrono::steady_clock::now() - begin >= milliseconds(900));
  CHECK(status.error_code() == grpc::StatusCode::UNAVAILABLE);
  const CallFailure failure = ReadFailure(status);
  CHECK(failure.reason == "BROKER_UNAVAILABLE");
  CHECK(failure.persisted == "NO");
}

TEST_CASE("what the sidecar refuses by itself is refused at once") {
  ServerFixture fixture;
  fixture.Start();
  const auto reason = [&](const v1::PublishRequest& request) {
    const CallFailure failure = ReadFailure(Publish(fixture, request));
    CHECK(failure.persisted == "NO");
    return failure.reason;
  };
  CHECK(reason(Order("{not json")) == "INVALID_BODY");
  CHECK(reason(v1::PublishRequest()) == "INVALID_MESSAGE");
  // gRPC's own limit is above it.
  CHECK(reason(Order("\"" + std::string(1u << 20, 'x') + "\"")) == "MESSAGE_TOO_LARGE");
}

TEST_CASE("many publishes at once each get an answer of their own") {
  ServerFixture fixture;
  fixture.Start();
  constexpr int kCalls = 500;
  struct Call {
    grpc::ClientContext context;
    v1::PublishResponse response;
    grpc::Status status;
  };
  std::vector<std::unique_ptr<Call>> calls;
  grpc::CompletionQueue queue;
  const auto stub = v1::PublisherService::NewStub(fixture.Channel());
  std::vector<std::unique_ptr<grpc::ClientAsyncResponseReader<v1::PublishResponse>>> readers;
  for (int i = 0; i < kCalls; ++i) {
    Call& call = *calls.emplace_back(std::make_unique<Call>());
    call.context.set_deadline(In(seconds(60)));
    readers.push_back(
        stub->AsyncPublish(&call.context, i % 2 == 0 ? Order("{") : v1::PublishRequest(), &queue));
    readers.back()->Finish(&call.response, &call.status, &call);
  }
  void* tag = nullptr;
  bool ok = false;
  for (int i = 0; i < kCalls; ++i) {
    REQUIRE(queue.AsyncNext(&tag, &ok, In(seconds(20))) == grpc::CompletionQueue::GOT_EVENT);
  }
  for (size_t i = 0; i < calls.size(); ++i) {
    CHECK(ReadFailure(calls[i]->status).reason ==
          (i % 2 == 0 ? "INVALID_BODY" : "INVALID_MESSAGE"));
  }
}

TEST_CASE("a subscription with the broker away hears so first, and ends when its client goes") {
  ServerFixture fixture;
  fixture.Start();
  Stream stream(fixture, Billing());
  v1::SubscribeResponse response;
  REQUIRE(stream.reader->Read(&response));
  CHECK(response.event().kind() == v1::SUBSCRIPTION_EVENT_KIND_INTERRUPTED);
  CHECK(Eventually(seconds(10),
                   [&] { return fixture.broker().snapshot()->subscriptions.size() == 1; }));
  stream.context.TryCancel();
  CHECK(stream.reader->Finish().error_code() == grpc::StatusCode::CANCELLED);
  CHECK(
      Eventually(seconds(10), [&] { return fixture.broker().snapshot()->subscriptions.empty(); }));
}

TEST_CASE("a client that dies ends its subscription") {
  ServerFixture fixture;
  fixture.Start();
  {
    Stream stream(fixture, Billing());
    v1::SubscribeResponse response;
    REQUIRE(stream.reader->Read(&response));
    CHECK(Eventually(seconds(10),
                     [&] { return fixture.broker().snapshot()->subscriptions.size() == 1; }));
    stream.context.TryCancel();
  }
  CHECK(
      Eventually(seconds(10), [&] { return fixture.broker().snapshot()->subscriptions.empty(); }));
}

TEST_CASE("a subscription that cannot be ends with its reason") {
  ServerFixture fixture;
  fixture.Start();
  Stream stream(fixture, v1::SubscribeRequest());
  v1::SubscribeResponse response;
  CHECK_FALSE(stream.reader->Read(&response));
  const grpc::Status status = stream.reader->Finish();
  CHECK(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(ReadFailure(status).reason == "INVALID_SUBSCRIPTION");
}

TEST_CASE("a drain ends a subscription with its reason") {
  ServerFixture fixture;
  fixture.Start();
  Stream stream(fixture, Billing());
  v1::SubscribeResponse response;
  REQUIRE(stream.reader->Read(&response));
  fixture.broker().Drain(std::chrono::steady_clock::now() + seconds(1), [] {});
  CHECK_FALSE(stream.reader->Read(&response));
  const grpc::Status status = stream.reader->Finish();
  CHECK(status.error_code() == grpc::StatusCode::UNAVAILABLE);
  CHECK(ReadFailure(status).reason == "DRAINING");
}

TEST_CASE("a settlement of an id that was never given fails alone") {
  ServerFixture fixture;
  fixture.Start();
  const auto stub = v1::SubscriberService::NewStub(fixture.Channel());
  grpc::ClientContext context;
  context.set_deadline(In(seconds(10)));
  v1::AckRequest request;
  request.add_delivery_ids("nonsense");
  v1::AckResponse response;
  REQUIRE(stub->Ack(&context, request, &response).ok());
  REQUIRE(response.failures_size() == 1);
  CHECK(response.failures(0).delivery_id() == "nonsense");
  CHECK(response.failures(0).code() == grpc::StatusCode::NOT_FOUND);
  CHECK(response.failures(0).reason() == "UNKNOWN_DELIVERY");
}

TEST_CASE("a topology call with the broker away is answered by its deadline") {
  ServerFixture fixture;
  fixture.Start();
  const auto stub = v1::TopologyService::NewStub(fixture.Channel());
  grpc::ClientContext context;
  context.set_deadline(In(milliseconds(500)));
  v1::GetQueueRequest request;
  request.set_queue("billing");
  v1::GetQueueResponse response;
  const grpc::Status status = stub->GetQueue(&context, request, &response);
  CHECK(status.error_code() == grpc::StatusCode::UNAVAILABLE);
  CHECK(ReadFailure(status).reason == "BROKER_UNAVAILABLE");
}

TEST_CASE("a stream that closes its side without a request is told what it lacks") {
  ServerFixture fixture;
  fixture.Start();
  grpc::ClientContext context;
  context.set_deadline(In(seconds(10)));
  const auto stream = v1::SubscriberService::NewStub(fixture.Channel())->SubscribeStream(&context);
  stream->WritesDone();
  const grpc::Status status = stream->Finish();
  CHECK(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(ReadFailure(status).reason == "INVALID_SUBSCRIPTION");
}

TEST_CASE("health follows the broker, and alive is always healthy") {
  ServerFixture fixture;
  Server& server = fixture.Start();
  const auto becomes = [&](const char* service, const char* health) {
    return Eventually(seconds(10), [&] { return HealthOfService(fixture, service) == health; });
  };
  CHECK(becomes("", "SERVING"));
  CHECK(becomes(kPublisherServiceName, "NOT_SERVING"));
  CHECK(becomes(kSubscriberServiceName, "NOT_SERVING"));

  broker::Snapshot snapshot;
  snapshot.connection.state = broker::ConnectionState::kReady;
  snapshot.topology_declared = true;
  server.Update(snapshot);
  CHECK(becomes(kPublisherServiceName, "SERVING"));
  CHECK(becomes(kSubscriberServiceName, "SERVING"));

  snapshot.connection.state = broker::ConnectionState::kBlocked;
  server.Update(snapshot);
  CHECK(becomes(kPublisherServiceName, "NOT_SERVING"));
  CHECK(becomes(kSubscriberServiceName, "SERVING"));

  server.BeginDrain();
  CHECK(becomes(kSubscriberServiceName, "NOT_SERVING"));
  CHECK(becomes("", "SERVING"));
}

TEST_CASE("a shutdown ends what is still open at its deadline") {
  ServerFixture fixture;
  Server& server = fixture.Start();
  Stream stream(fixture, Billing());
  v1::SubscribeResponse response;
  REQUIRE(stream.reader->Read(&response));
  grpc::Status published;
  std::thread publisher([&] { published = Publish(fixture, Order(), seconds(60)); });
  // The publish is at the broker layer once a later call has been answered there.
  const bool waits = Eventually(seconds(10), [&] {
    return ReadFailure(Publish(fixture, Order(), milliseconds(200))).reason == "BROKER_UNAVAILABLE";
  });
  CHECK(waits);
  const auto begin = std::chrono::steady_clock::now();
  server.Shutdown(begin + milliseconds(300));
  CHECK(std::chrono::steady_clock::now() - begin < seconds(10));
  publisher.join();
  CHECK_FALSE(published.ok());
  CHECK_FALSE(stream.reader->Read(&response));
  CHECK_FALSE(stream.reader->Finish().ok());
}

}  // namespace
}  // namespace amqp_sidecar::rpc
