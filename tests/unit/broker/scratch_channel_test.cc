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

ScratchChannel::Operation Purge() {
  return [](amqp::Channel& channel, amqp::ReplyCallback done) {
    channel.PurgeQueue("q", std::move(done));
  };
}

TEST_CASE("what has become needless by its turn is not sent, and is answered OK") {
  Ground ground;
  ScratchChannel scratch(ground.reactor, ground.link);
  FakeConnection connection;
  scratch.LinkUp(connection);
  bool needless = false;
  std::vector<std::string> answers;
  scratch.Run(Purge(), base::kNever, [&](const amqp::Reply& reply) {
    needless = reply.ok;
    answers.push_back("first");
  });
  scratch.RunUnless([&] { return needless; }, Purge(), base::kNever,
                    [&](const amqp::Reply& reply) {
                      CHECK(reply.ok);
                      answers.push_back("needless");
                    });
  scratch.RunUnless([&] { return !needless; }, Purge(), base::kNever,
                    [&](const amqp::Reply&) { answers.push_back("needed"); });
  ground.reactor.Settle();
  connection.channels.back()->Ok();
  ground.reactor.Settle();
  CHECK(answers == std::vector<std::string>{"first", "needless"});
  CHECK(connection.channels.back()->pending().size() == 1);
  connection.channels.back()->Ok();
  CHECK(answers == std::vector<std::string>{"first", "needless", "needed"});
}

TEST_CASE("an operation that was needed on the lost link may be needless on the next") {
  Ground ground;
  ScratchChannel scratch(ground.reactor, ground.link);
  FakeConnection first;
  scratch.LinkUp(first);
  bool needless = false;
  std::vector<bool> answers;
  scratch.RunUnless([&] { return needless; }, Purge(), base::kNever,
                    [&](const amqp::Reply& reply) { answers.push_back(reply.ok); });
  ground.reactor.Settle();
  first.Lose();
  scratch.LinkDown({amqp::Failure::Kind::kLinkLost, 0, "the pipe broke"});
  needless = true;
  FakeConnection second;
  scratch.LinkUp(second);
  ground.reactor.Settle();
  CHECK(second.channels.empty());
  CHECK(answers == std::vector<bool>{true});
}

TEST_CASE("past its deadline an operation that was sent on a lost link may have been done") {
  for (const bool sent : {true, false}) {
    INFO(sent);
    Ground ground;
    ScratchChannel scratch(ground.reactor, ground.link);
    FakeConnection connection;
    std::vector<amqp::Reply> replies;
    if (sent) scratch.LinkUp(connection);
    scratch.Run(Purge(), ground.reactor.Now() + std::chrono::seconds(1),
                [&](const amqp::Reply& reply) { replies.push_back(reply); });
    ground.reactor.Settle();
    if (sent) {
      connection.Lose();
      scratch.LinkDown({amqp::Failure::Kind::kLinkLost, 0, "the pipe broke"});
    }
    ground.reactor.Advance(std::chrono::seconds(2));
    REQUIRE(replies.size() == 1);
    CHECK(replies[0].failure.kind ==
          (sent ? amqp::Failure::Kind::kTimedOut : amqp::Failure::Kind::kLinkLost));
  }
}

TEST_CASE("of calls in one operation the last one's answer counts, or the failure of the first") {
  for (const bool first_fails : {true, false}) {
    Ground ground;
    ScratchChannel scratch(ground.reactor, ground.link);
    FakeConnection connection;
    scratch.LinkUp(connection);
    std::vector<amqp::Reply> replies;
    scratch.Run(
        [](amqp::Channel& channel, amqp::ReplyCallback done) {
          channel.PurgeQueue("q", [](const amqp::Reply&) {});
          channel.DeleteExchange("x", false, std::move(done));
        },
        base::kNever, [&](const amqp::Reply& reply) { replies.push_back(reply); });
    ground.reactor.Settle();
    FakeChannel& channel = *connection.channels.back();
    if (first_fails) {
      channel.CloseByBroker(404, "NOT_FOUND");
    } else {
      channel.Ok();
      CHECK(replies.empty());
      channel.Ok();
    }
    REQUIRE(replies.size() == 1);
    CHECK(replies[0].ok != first_fails);
    CHECK(replies[0].failure.code == (first_fails ? 404 : 0));
  }
}

}  // namespace
}  // namespace amqp_sidecar::broker
