// W3C Trace Context: from the metadata of a publish into the message, and to whoever receives it.
#include "integration/world.h"
#include "support/publish_stream.h"

namespace amqp_sidecar::test {
namespace {

constexpr char kTraceId[] = "4bf92f3577b34da6a3ce929d0e0e4736";
const std::string kParent = std::string("00-") + kTraceId + "-00f067aa0ba902b7-01";
constexpr char kState[] = "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7";

grpc::Status PublishWith(Client& client, const pb::PublishRequest& request,
                         const std::vector<std::pair<std::string, std::string>>& metadata) {
  grpc::ClientContext context;
  SetDeadline(context, 10s);
  for (const auto& [key, value] : metadata) context.AddMetadata(key, value);
  pb::PublishResponse response;
  return client.publisher().Publish(&context, request, &response);
}

std::string HeaderOf(const pb::Delivery& delivery, const std::string& name) {
  const auto& headers = delivery.properties().headers();
  const auto found = headers.find(name);
  return found == headers.end() ? "(none)" : found->second.string_value();
}

TEST_CASE("The trace context of a call arrives in the delivery's headers, unchanged") {
  World world;
  const std::string queue = world.names.Queue();
  Subscription subscription(world.client, queue);
  REQUIRE(PublishWith(world.client, JsonMessage("", queue),
                      {{"traceparent", kParent}, {"tracestate", kState}})
              .ok());
  REQUIRE(PublishWith(world.client, JsonMessage("", queue), {}).ok());
  REQUIRE(subscription.WaitForDeliveries(2));
  const auto deliveries = subscription.deliveries();
  CHECK(HeaderOf(deliveries[0], "traceparent") == kParent);
  CHECK(HeaderOf(deliveries[0], "tracestate") == kState);
  CHECK(deliveries[1].properties().headers().empty());
}

TEST_CASE("A message's own trace context is kept, and what is none is left out") {
  World world;
  const std::string queue = world.names.Queue();
  Subscription subscription(world.client, queue);
  pb::PublishRequest own = JsonMessage("", queue);
  const std::string other = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
  (*own.mutable_message()->mutable_properties()->mutable_headers())["traceparent"].set_string_value(
      other);
  REQUIRE(PublishWith(world.client, own, {{"traceparent", kParent}, {"tracestate", kState}}).ok());
  REQUIRE(PublishWith(world.client, JsonMessage("", queue),
                      {{"traceparent", "00-nonsense"}, {"tracestate", kState}})
              .ok());
  REQUIRE(subscription.WaitForDeliveries(2));
  CHECK(HeaderOf(subscription.deliveries()[0], "traceparent") == other);
  CHECK(HeaderOf(subscription.deliveries()[0], "tracestate") == "(none)");
  CHECK(subscription.deliveries()[1].properties().headers().empty());
}

TEST_CASE("The trace context lasts through a retry") {
  World world;
  const std::string queue = world.names.Queue();
  pb::SubscribeRequest request;
  request.set_queue(queue);
  request.mutable_retry()->set_max_attempts(5);
  request.mutable_retry()->mutable_initial_backoff()->set_nanos(50'000'000);
  Subscription subscription(world.client, request);
  REQUIRE(PublishWith(world.client, JsonMessage("", queue),
                      {{"traceparent", kParent}, {"tracestate", kState}})
              .ok());
  REQUIRE(subscription.WaitForDeliveries(1));
  CHECK(world.client.Nack(Ids(subscription.deliveries())).empty());
  REQUIRE(subscription.WaitForDeliveries(2));
  CHECK(HeaderOf(subscription.deliveries()[1], "traceparent") == kParent);
  CHECK(HeaderOf(subscription.deliveries()[1], "tracestate") == kState);
}

TEST_CASE("The log line of a publish that failed has its trace id") {
  World world;
  CHECK(!PublishWith(world.client, JsonMessage("", "no-such-queue"), {{"traceparent", kParent}})
             .ok());
  CHECK(Eventually(5s, [&] {
    return world.sidecar.output().find(std::string("trace_id=") + kTraceId) != std::string::npos;
  }));
}

}  // namespace
}  // namespace amqp_sidecar::test
