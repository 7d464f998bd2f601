#include "broker/scratch_channel.h"

#include <memory>
#include <vector>

#include "support/catch.h"
#include "unit/broker/fakes.h"

namespace amqp_sidecar::broker {
namespace {

// Runs one purge after the other, the first of which ends the channel with `failure`.
void CheckNextOneRuns(const amqp::Failure& failure) {
  Ground ground;
  ScratchChannel scratch(ground.reactor, ground.link);
  FakeConnection connection;
  scratch.LinkUp(connection);
  std::vector<bool> answers;
  for (int i = 0; i < 2; ++i) {
    scratch.Run([](amqp::Channel& channel,
                   amqp::ReplyCallback done) { channel.PurgeQueue("q", std::move(done)); },
                base::kNever, [&](const amqp::Reply& reply) { answers.push_back(reply.ok); });
  }
  ground.reactor.Settle();
  connection.channels.back()->End(failure);
  ground.reactor.Settle();
  CHECK(answers == std::vector<bool>{false});
  REQUIRE(connection.channels.size() == 2);
  connection.channels.back()->Ok();
  CHECK(answers == std::vector<bool>{false, true});
}

TEST_CASE("an operation that costs its channel, whatever for, holds up none behind it") {
  CheckNextOneRuns({amqp::Failure::Kind::kClosedByBroker, 404, "NOT_FOUND"});
  CheckNextOneRuns({amqp::Failure::Kind::kClosedByBroker, 541, "INTERNAL_ERROR"});
  CheckNextOneRuns({amqp::Failure::Kind::kNotEncodable, 0, "a table nests too deep"});
  CheckNextOneRuns({amqp::Failure::Kind::kTimedOut, 0, "no answer in time"});
}

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
