#include "rpc/publish_stream_call.h"

#include <memory>
#include <optional>
#include <string>

#include "amqp_sidecar/v1/publisher.grpc.pb.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "support/catch.h"
#include "unit/rpc/server_fixture.h"

namespace amqp_sidecar::rpc {
namespace {

using std::chrono::seconds;

// One stream to a server whose broker never answers.
class Stream {
 public:
  explicit Stream(const ServerFixture& fixture)
      : stub_(v1::PublisherService::NewStub(fixture.Channel())) {
    context_.set_deadline(In(seconds(15)));
    stream_ = stub_->PublishStream(&context_);
  }

  void Send(uint64_t tag, const std::string& routing_key) {
    v1::PublishStreamRequest request;
    v1::PublishItem& item = *request.add_items();
    item.set_tag(tag);
    item.mutable_message()->set_routing_key(routing_key);
    item.mutable_message()->set_body("1");
    CHECK(stream_->Write(request));
  }
  void HalfClose() { stream_->WritesDone(); }

  // The next response's only result; none at the end.
  std::optional<v1::PublishResult> Next() {
    v1::PublishStreamResponse response;
    if (!stream_->Read(&response)) return std::nullopt;
    REQUIRE(response.results_size() == 1);
    return response.results(0);
  }
  grpc::Status Finish() { return stream_->Finish(); }
  void WaitForHeaders() { stream_->WaitForInitialMetadata(); }

 private:
  std::unique_ptr<v1::PublisherService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::PublishStreamRequest, v1::PublishStreamResponse>>
      stream_;
};

std::string ReasonOf(const grpc::Status& status) {
  google::rpc::Status details;
  google::rpc::ErrorInfo info;
  REQUIRE(details.ParseFromString(status.error_details()));
  REQUIRE(details.details_size() == 1);
  REQUIRE(details.details(0).UnpackTo(&info));
  return info.reason();
}

// protobuf writes a text that is not UTF-8, with a word of warning, and refuses to read one.
TEST_CASE("a batch that is none ends its stream with an error, after what was taken before it") {
  ServerFixture fixture;
  fixture.Start();
  Stream stream(fixture);
  stream.Send(7, "");
  stream.Send(8, "not UTF-8: \xFF");
  const auto result = stream.Next();
  REQUIRE(result);
  CHECK(result->tag() == 7);
  CHECK(result->reason() == "INVALID_MESSAGE");
  CHECK_FALSE(stream.Next());
  const grpc::Status end = stream.Finish();
  CHECK(end.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(ReasonOf(end) == "INVALID_MESSAGE");
}

TEST_CASE("a stream has its headers before anything is sent") {
  ServerFixture fixture;
  fixture.Start();
  Stream stream(fixture);
  stream.WaitForHeaders();
  stream.HalfClose();
  CHECK_FALSE(stream.Next());
  CHECK(stream.Finish().ok());
}

}  // namespace
}  // namespace amqp_sidecar::rpc
