#include "broker/scratch_channel.h"

#include <memory>
#include <vector>

#include "support/catch.h"
#include "unit/broker/fakes.h"

namespace amqp_sidecar::broker {
namespace {

TEST_CASE("when the sidecar ends every operation that waits is answered, once") {
  Ground ground;
  ScratchChannel scratch(ground.reactor, ground.link);
  FakeConnection connection;
  scratch.LinkUp(connection);
  std::vector<amqp::Reply> replies;
  const base::TimePoint deadline = ground.reactor.Now() + std::chrono::seconds(1);
  for (int i = 0; i < 3; ++i) {
    scratch.Run([](amqp::Channel& channel,
                   amqp::ReplyCallback done) { channel.PurgeQueue("q", std::move(done)); },
                deadline, [&](const amqp::Reply& reply) { replies.push_back(reply); });
  }
  ground.reactor.Settle();
  scratch.AnswerAll();
  REQUIRE(replies.size() == 3);
  for (const amqp::Reply& reply : replies) {
    CHECK(reply.failure.kind == amqp::Failure::Kind::kClosedHere);
  }
  connection.channels.front()->Ok();
  ground.reactor.Advance(std::chrono::seconds(2));
  CHECK(replies.size() == 3);
}

}  // namespace
}  // namespace amqp_sidecar::broker
