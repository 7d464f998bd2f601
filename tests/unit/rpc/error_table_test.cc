#include "rpc/error_table.h"

#include <set>
#include <string>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "rpc/utf8.h"
#include "support/catch.h"

namespace amqp_sidecar::rpc {
namespace {

using broker::Persisted;
using broker::Reason;

google::rpc::ErrorInfo InfoOf(const grpc::Status& status) {
  google::rpc::Status details;
  REQUIRE(details.ParseFromString(status.error_details()));
  CHECK(details.code() == status.error_code());
  CHECK(details.message() == status.error_message());
  REQUIRE(details.details_size() == 1);
  CHECK(details.details(0).type_url() == "type.googleapis.com/google.rpc.ErrorInfo");
  google::rpc::ErrorInfo info;
  REQUIRE(details.details(0).UnpackTo(&info));
  return info;
}

TEST_CASE("every reason has its own row, a failure's code and a sentence") {
  std::set<std::string> names;
  for (int i = 0; i <= static_cast<int>(broker::kLastReason); ++i) {
    const auto reason = static_cast<Reason>(i);
    const ErrorRow& row = RowOf(reason);
    CAPTURE(broker::ReasonName(reason));
    CHECK(row.reason == reason);
    CHECK(row.code != grpc::StatusCode::OK);
    CHECK(row.sentence.ends_with("."));
    names.insert(std::string(broker::ReasonName(reason)));
  }
  CHECK(names.size() == static_cast<size_t>(broker::kLastReason) + 1);
}

TEST_CASE("a status carries reason and domain") {
  const grpc::Status status = ToStatus({Reason::kQueueNotFound, "no queue \"q\""});
  CHECK(status.error_code() == grpc::StatusCode::NOT_FOUND);
  CHECK(status.error_message() == "no queue \"q\"");
  const google::rpc::ErrorInfo info = InfoOf(status);
  CHECK(info.reason() == "QUEUE_NOT_FOUND");
  CHECK(info.domain() == "amqp-sidecar");
  CHECK(info.metadata().empty());
}

TEST_CASE("a publish's status says whether the message is persisted") {
  const auto persisted = [](Persisted value) {
    return InfoOf(ToPublishStatus({Reason::kRefusedByBroker, "x", value}))
        .metadata()
        .at("persisted");
  };
  CHECK(persisted(Persisted::kNo) == "NO");
  CHECK(persisted(Persisted::kUnknown) == "UNKNOWN");
  CHECK(persisted(Persisted::kPartial) == "PARTIAL");
}

TEST_CASE("an unknown outcome says whether the time or the link ran out") {
  broker::Error error{Reason::kOutcomeUnknown, "x", Persisted::kUnknown};
  CHECK(CodeOf(error) == grpc::StatusCode::UNAVAILABLE);
  error.deadline_exceeded = true;
  CHECK(CodeOf(error) == grpc::StatusCode::DEADLINE_EXCEEDED);
  error.reason = Reason::kBrokerUnavailable;
  CHECK(CodeOf(error) == grpc::StatusCode::UNAVAILABLE);
}

TEST_CASE("an error without a detail is told by its reason's sentence") {
  CHECK(ToStatus({Reason::kDraining, ""}).error_message() == "The sidecar is shutting down.");
}

TEST_CASE("a detail is cut to what a trailer holds and is valid UTF-8") {
  std::string detail(1023, 'a');
  detail += "\xC3\xA9 and more \xFF";
  const grpc::Status status = ToStatus({Reason::kInvalidBody, detail});
  CHECK(status.error_message() == std::string(1023, 'a'));
  CHECK(IsUtf8(ToStatus({Reason::kInvalidBody, "\xFF"}).error_message()));
}

TEST_CASE("only a delivery that was never given is not found") {
  using broker::SettleReason;
  CHECK(CodeOf(SettleReason::kUnknownDelivery) == grpc::StatusCode::NOT_FOUND);
  CHECK(CodeOf(SettleReason::kAlreadySettled) == grpc::StatusCode::FAILED_PRECONDITION);
  CHECK(CodeOf(SettleReason::kDeadlineExpired) == grpc::StatusCode::FAILED_PRECONDITION);
  CHECK(CodeOf(SettleReason::kStaleDelivery) == grpc::StatusCode::FAILED_PRECONDITION);
}

}  // namespace
}  // namespace amqp_sidecar::rpc
