// A redrive against a sidecar that answers as a test tells it to.
#include "rpc/redrive_session.h"

#include <grpcpp/server_builder.h>

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <sstream>

#include "server_fixture.h"
#include "support/catch.h"

namespace amqp_sidecar::rpc {
namespace {

using std::chrono::seconds;
using Deliveries = grpc::ServerWriter<v1::SubscribeResponse>;

v1::PublishResult Result(int code, const std::string& reason, v1::Persisted persisted) {
  v1::PublishResult result;
  result.set_code(code);
  result.set_reason(reason);
  result.set_persisted(persisted);
  return result;
}

class FakeSidecar final : public v1::PublisherService::Service,
                          public v1::SubscriberService::Service {
 public:
  // What the first subscription brings; then it stays open. Further ones bring nothing.
  std::function<void(Deliveries&)> deliver;
  std::optional<grpc::Status> end;  // of that subscription, then
  // By message_id; absent: OK.
  std::map<std::string, v1::PublishResult> results;
  // Delivery ids whose ack does not count.
  std::set<std::string> stale;

  std::vector<std::string> acked() const { return Copy(acked_); }
  std::vector<std::string> published() const { return Copy(published_); }

  grpc::Status Subscribe(grpc::ServerContext* context, const v1::SubscribeRequest* /*request*/,
                         Deliveries* writer) override {
    Say(*writer, v1::SUBSCRIPTION_EVENT_KIND_SUBSCRIBED);
    if (!subscribed_.exchange(true)) {
      deliver(*writer);
      if (end) return *end;
    }
    Eventually(seconds(60), [&] { return context->IsCancelled(); });
    return grpc::Status::OK;
  }

  grpc::Status PublishStream(grpc::ServerContext* /*context*/,
                             grpc::ServerReaderWriter<v1::PublishStreamResponse,
                                                      v1::PublishStreamRequest>* stream) override {
    v1::PublishStreamRequest request;
    while (stream->Read(&request)) {
      v1::PublishStreamResponse response;
      for (const v1::PublishItem& item : request.items()) {
        const std::string& id = item.message().properties().message_id();
        Add(published_, id);
        const auto result = results.find(id);
        v1::PublishResult& answer = *response.add_results();
        if (result != results.end()) answer = result->second;
        answer.set_tag(item.tag());
      }
      stream->Write(response);
    }
    return grpc::Status::OK;
  }

  grpc::Status Ack(grpc::ServerContext* /*context*/, const v1::AckRequest* request,
                   v1::AckResponse* response) override {
    for (const std::string& id : request->delivery_ids()) {
      if (stale.contains(id)) {
        v1::SettleFailure& failure = *response->add_failures();
        failure.set_delivery_id(id);
        failure.set_reason("STALE_DELIVERY");
      }
      Add(acked_, id);
    }
    return grpc::Status::OK;
  }

  static void Say(Deliveries& writer, v1::SubscriptionEventKind kind) {
    v1::SubscribeResponse response;
    response.mutable_event()->set_kind(kind);
    writer.Write(response);
  }

  static void Bring(Deliveries& writer, const std::string& delivery_id,
                    const std::string& message_id, bool redelivered = false) {
    v1::SubscribeResponse response;
    v1::Delivery& delivery = *response.add_deliveries();
    delivery.set_delivery_id(delivery_id);
    delivery.set_redelivered(redelivered);
    delivery.mutable_properties()->set_message_id(message_id);
    (*delivery.mutable_properties()->mutable_headers())["x-sidecar-queue"].set_string_value(
        "orders");
    writer.Write(response);
  }

 private:
  std::vector<std::string> Copy(const std::vector<std::string>& list) const {
    const std::lock_guard lock(mutex_);
    return list;
  }
  void Add(std::vector<std::string>& list, const std::string& id) {
    const std::lock_guard lock(mutex_);
    list.push_back(id);
  }

  mutable std::mutex mutex_;
  std::vector<std::string> acked_;
  std::vector<std::string> published_;
  std::atomic<bool> subscribed_ = false;
};

class Fixture {
 public:
  FakeSidecar sidecar;
  RedriveCommand command;
  std::atomic<bool> stop = false;
  std::ostringstream out;
  std::ostringstream err;

  bool Run(uint64_t limit) {
    grpc::ServerBuilder builder;
    const std::string address = "unix://" + folder_ / "fake.sock";
    builder.AddListeningPort(address, grpc::InsecureServerCredentials());
    builder.RegisterService(static_cast<v1::PublisherService::Service*>(&sidecar));
    builder.RegisterService(static_cast<v1::SubscriberService::Service*>(&sidecar));
    const auto server = builder.BuildAndStart();
    command.rule.from = "orders.dead";
    RedriveReport report(command, limit, out, err);
    return RedriveSession(command, limit,
                          grpc::CreateChannel(address, grpc::InsecureChannelCredentials()), stop,
                          report)
        .Run();
  }

 private:
  TempFolder folder_;
};

TEST_CASE("a redrive acks what was published, and nothing else") {
  Fixture fixture;
  fixture.sidecar.deliver = [](Deliveries& writer) {
    for (const char* id : {"ok", "refused", "unknown", "partial", "fine"}) {
      FakeSidecar::Bring(writer, std::string("d-") + id, id);
    }
  };
  fixture.sidecar.results = {
      {"refused", Result(9, "UNROUTABLE", v1::PERSISTED_NO)},
      {"unknown", Result(14, "OUTCOME_UNKNOWN", v1::PERSISTED_UNKNOWN)},
      {"partial", Result(8, "REFUSED_BY_BROKER", v1::PERSISTED_PARTIAL)},
  };
  CHECK_FALSE(fixture.Run(5));
  CHECK(fixture.sidecar.acked() == std::vector<std::string>{"d-ok", "d-fine"});
  const std::string err = fixture.err.str();
  CHECK_THAT(err, ContainsSubstring("not moved: message_id=refused: UNROUTABLE"));
  CHECK_THAT(err, ContainsSubstring("not known whether moved: message_id=unknown: OUTCOME_UNK"));
  CHECK_THAT(err, ContainsSubstring("not moved: message_id=partial: REFUSED_BY_BROKER (some of"));
  CHECK_THAT(err, ContainsSubstring("moved 2, failed 2, unknown 1, left 0\n"));
}

TEST_CASE("a failure that concerns all ends a redrive, and what was in flight is settled first") {
  Fixture fixture;
  fixture.sidecar.deliver = [](Deliveries& writer) {
    for (const char* id : {"1", "2", "3"}) FakeSidecar::Bring(writer, id, id);
  };
  const char* reason =
      GENERATE("BROKER_BLOCKED", "BROKER_UNAVAILABLE", "DRAINING", "LIMIT_EXCEEDED");
  fixture.sidecar.results = {{"2", Result(14, reason, v1::PERSISTED_NO)}};
  CHECK_FALSE(fixture.Run(10));
  CHECK_THAT(fixture.err.str(), ContainsSubstring(std::string("ended: ") + reason + "\n"));
  CHECK_THAT(fixture.err.str(), ContainsSubstring(", failed 0, unknown 0, left "));
  const auto acked = fixture.sidecar.acked();
  CHECK(std::ranges::find(acked, "1") != acked.end());
  CHECK(std::ranges::find(acked, "2") == acked.end());
}

TEST_CASE("a redrive ends when the sidecar drains, or ends the subscription") {
  Fixture fixture;
  const bool drains = GENERATE(true, false);
  if (!drains) fixture.sidecar.end = grpc::Status(grpc::StatusCode::NOT_FOUND, "it was deleted");
  fixture.sidecar.deliver = [&](Deliveries& writer) {
    FakeSidecar::Bring(writer, "1", "1");
    if (drains) FakeSidecar::Say(writer, v1::SUBSCRIPTION_EVENT_KIND_DRAINING);
  };
  CHECK_FALSE(fixture.Run(5));
  CHECK_THAT(fixture.err.str(), ContainsSubstring(drains ? "ended: DRAINING\n"
                                                         : "ended: NOT_FOUND: it was deleted\n"));
  if (drains) CHECK(fixture.sidecar.acked() == fixture.sidecar.published());
}

TEST_CASE("a message whose ack was stale is acked when it comes again, and not published again") {
  Fixture fixture;
  fixture.sidecar.stale = {"old"};
  fixture.sidecar.deliver = [&](Deliveries& writer) {
    FakeSidecar::Bring(writer, "old", "m");
    Eventually(seconds(10), [&] { return !fixture.sidecar.acked().empty(); });
    FakeSidecar::Say(writer, v1::SUBSCRIPTION_EVENT_KIND_INTERRUPTED);
    FakeSidecar::Say(writer, v1::SUBSCRIPTION_EVENT_KIND_RESUBSCRIBED);
    FakeSidecar::Bring(writer, "new", "m", /*redelivered=*/true);
  };
  CHECK(fixture.Run(1));
  CHECK(fixture.sidecar.published() == std::vector<std::string>{"m"});
  CHECK(fixture.sidecar.acked() == std::vector<std::string>{"old", "new"});
  CHECK_THAT(fixture.err.str(), ContainsSubstring("moved 1, failed 0, unknown 0, left 0\n"));
}

TEST_CASE("a message whose ack was stale, and that does not come again, is told") {
  Fixture fixture;
  fixture.sidecar.stale = {"old"};
  fixture.sidecar.deliver = [&](Deliveries& writer) { FakeSidecar::Bring(writer, "old", "m"); };
  CHECK_FALSE(fixture.Run(1));
  CHECK_THAT(fixture.err.str(), ContainsSubstring("1 of those moved may be in orders.dead still"));
}

TEST_CASE("what a lost subscription had brought, and was not begun, is forgotten and begun later") {
  Fixture fixture;
  constexpr size_t kMany = 2 * RedriveSession::kWindow;
  for (size_t i = 0; i < kMany; ++i) fixture.sidecar.stale.insert("old-" + std::to_string(i));
  fixture.sidecar.deliver = [&](Deliveries& writer) {
    for (size_t i = 0; i < kMany; ++i) {
      FakeSidecar::Bring(writer, "old-" + std::to_string(i), "m-" + std::to_string(i));
    }
    FakeSidecar::Say(writer, v1::SUBSCRIPTION_EVENT_KIND_INTERRUPTED);
    FakeSidecar::Say(writer, v1::SUBSCRIPTION_EVENT_KIND_RESUBSCRIBED);
    for (size_t i = 0; i < kMany; ++i) {
      FakeSidecar::Bring(writer, "new-" + std::to_string(i), "m-" + std::to_string(i), true);
    }
  };
  CHECK(fixture.Run(kMany));
  CHECK(fixture.sidecar.published().size() == kMany);
  const auto acked = fixture.sidecar.acked();
  CHECK(std::ranges::count_if(acked, [](const auto& id) { return id.starts_with("new-"); }) ==
        kMany);
}

}  // namespace
}  // namespace amqp_sidecar::rpc
