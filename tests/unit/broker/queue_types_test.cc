// The type of a queue is found out from refusals. Their texts are RabbitMQ's own, of 3.10 and 4.0.
#include "broker/queue_types.h"

#include <memory>

#include "support/catch.h"
#include "unit/broker/fakes.h"

namespace amqp_sidecar::broker {
namespace {

class World {
 public:
  World() { Connect(); }

  void Connect() {
    connection_ = std::make_unique<FakeConnection>();
    scratch_.LinkUp(*connection_);
    ground_.reactor.Settle();
  }
  void Lose() {
    connection_->Lose();
    scratch_.LinkDown({amqp::Failure::Kind::kLinkLost, 0, "the pipe broke"});
    types_.Clear();
  }
  void Find(const std::string& queue = "q") {
    types_.Find(queue, ground_.reactor.Now() + std::chrono::seconds(5),
                [this](const QueueTypes::Answer& answer) { answers_.push_back(answer); });
    CHECK(answers_.size() == answered_);  // not from within
    ground_.reactor.Settle();
  }
  bool Asks() const {
    return !connection_->channels.empty() && connection_->channels.back()->open() &&
           !connection_->channels.back()->pending().empty();
  }
  const amqp::QueueArgs& asked() const { return connection_->channels.back()->last_queue; }
  void Refuse(uint16_t code, const std::string& text) {
    REQUIRE(Asks());
    connection_->channels.back()->CloseByBroker(code, text);
    ground_.reactor.Settle();
  }
  // What `property` of queue q is.
  void Differs(const std::string& property, const std::string& values) {
    Refuse(406, "PRECONDITION_FAILED - inequivalent arg '" + property +
                    "' for queue 'q' in vhost '/': received " + values);
  }
  void IsOfType(const std::string& type) {
    Differs("x-queue-type", "'amqp-sidecar-asks' but current is '" + type + "'");
  }
  // The one answer since the last.
  QueueTypes::Answer Take() {
    REQUIRE(answers_.size() == answered_ + 1);
    return answers_[answered_++];
  }

  Ground& ground() { return ground_; }
  QueueTypes& types() { return types_; }
  FakeConnection& connection() { return *connection_; }
  size_t answers() const { return answers_.size() - answered_; }

 private:
  Ground ground_;
  std::unique_ptr<FakeConnection> connection_;
  ScratchChannel scratch_{ground_.reactor, ground_.link};
  QueueTypes types_{ground_.reactor, scratch_};
  std::vector<QueueTypes::Answer> answers_;
  size_t answered_ = 0;
};

TEST_CASE("a queue's type is asked for by one that no broker has, so that nothing is declared") {
  World world;
  world.Find();
  CHECK(world.asked().name == "q");
  CHECK_FALSE(world.asked().passive);
  CHECK(world.asked().durable);
  CHECK_FALSE(world.asked().exclusive);
  CHECK_FALSE(world.asked().auto_delete);
  CHECK(world.asked().arguments ==
        FieldTable{{"x-queue-type", {std::string("amqp-sidecar-asks")}}});
}

TEST_CASE("the refusal names the type") {
  for (const auto kind : {QueueKind::kClassic, QueueKind::kQuorum, QueueKind::kStream}) {
    World world;
    world.Find();
    world.IsOfType(std::string(QueueKindName(kind)));
    CHECK(world.Take().kind == kind);
  }
  World untyped;
  untyped.Find();
  untyped.Differs("x-queue-type",
                  "the value 'amqp-sidecar-asks' of type 'longstr' but current is none");
  CHECK(untyped.Take().kind == QueueKind::kClassic);
}

TEST_CASE("a queue that is transient, deleted by itself or exclusive can only be classic") {
  World transient;
  transient.Find();
  transient.Differs("durable", "'true' but current is 'false'");
  CHECK(transient.Take().kind == QueueKind::kClassic);
  World auto_delete;
  auto_delete.Find();
  auto_delete.Differs("auto_delete", "'false' but current is 'true'");
  CHECK(auto_delete.Take().kind == QueueKind::kClassic);
  World exclusive;
  exclusive.Find();
  exclusive.Refuse(405, "RESOURCE_LOCKED - cannot obtain exclusive access to locked queue 'q'");
  CHECK(exclusive.Take().kind == QueueKind::kClassic);
}

TEST_CASE("a queue that is not there is no error, and is not remembered") {
  World world;
  for (int i = 0; i < 2; ++i) {
    world.Find();
    world.Refuse(406,
                 "PRECONDITION_FAILED - invalid arg 'x-queue-type' for queue 'q' in vhost '/': "
                 "\"unsupported queue type 'amqp-sidecar-asks'\"");
    const QueueTypes::Answer answer = world.Take();
    CHECK_FALSE(answer.kind);
    CHECK_FALSE(answer.error);
  }
}

TEST_CASE("arguments that come before the type are asked with as they are, until it shows") {
  World world;
  world.Find();
  world.Differs("x-message-ttl", "none but current is the value '1000' of type 'signedint'");
  world.Differs("x-dead-letter-exchange", "none but current is the value 'it's' of type 'longstr'");
  world.Differs("x-single-active-consumer", "none but current is the value 'true' of type 'bool'");
  CHECK(world.asked().arguments == FieldTable{{"x-dead-letter-exchange", {std::string("it's")}},
                                              {"x-message-ttl", {int64_t{1000}}},
                                              {"x-queue-type", {std::string("amqp-sidecar-asks")}},
                                              {"x-single-active-consumer", {true}}});
  CHECK(world.answers() == 0);
  world.IsOfType("quorum");
  CHECK(world.Take().kind == QueueKind::kQuorum);
}

void CheckUnknown(World& world, Reason reason) {
  const QueueTypes::Answer answer = world.Take();
  CHECK_FALSE(answer.kind);
  REQUIRE(answer.error);
  CHECK(answer.error->reason == reason);
  CHECK_FALSE(world.Asks());
}

TEST_CASE("a type that cannot be found out is an error") {
  World forbidden;
  forbidden.Find();
  forbidden.Refuse(403, "ACCESS_REFUSED - access to queue 'q' in vhost '/' refused for user 'u'");
  CheckUnknown(forbidden, Reason::kAccessRefused);

  World unheard_of;
  unheard_of.Find();
  unheard_of.IsOfType("jms");
  CheckUnknown(unheard_of, Reason::kInvalidTopology);

  World twice;
  twice.Find();
  twice.Differs("x-max-length", "none but current is the value '5' of type 'signedint'");
  twice.Differs("x-max-length", "'5' but current is '6'");
  CheckUnknown(twice, Reason::kInvalidTopology);

  World odd;
  odd.Find();
  odd.Differs("x-odd", "none but current is the value '[{<<\"q\">>,signedint,1}]' of type 'table'");
  CheckUnknown(odd, Reason::kInvalidTopology);

  World taken;
  taken.Find();
  taken.connection().channels.back()->Ok();
  CheckUnknown(taken, Reason::kInvalidTopology);

  World silent;
  silent.Find();
  silent.ground().reactor.Advance(std::chrono::seconds(6));
  const QueueTypes::Answer late = silent.Take();
  REQUIRE(late.error);
  CHECK(late.error->reason == Reason::kBrokerUnavailable);
}

// 255 bytes hold a long name, and then no more of the type.
class LongNamedWorld : public World {
 public:
  LongNamedWorld() {
    Find();
    Differs("x-max-length", "none but current is the value '5' of type 'signedint'");
    NotThis();
  }
  void NotThis() {
    Differs("x-queue-type", "'amqp-sidecar-asks' but curre...");
    if (Asks()) {
      CHECK(connection().channels.back()->pending() ==
            std::vector<std::string>{"check-queue q", "declare-queue q"});
    }
  }
  void Is() {
    connection().channels.back()->OkAll();
    ground().reactor.Settle();
  }
  std::string asked_type() const {
    return std::get<std::string>(asked().arguments.at("x-queue-type").value);
  }
};

TEST_CASE("where the refusal is cut short before the type, each type is asked for in turn") {
  LongNamedWorld stream;
  CHECK(stream.asked_type() == "stream");
  CHECK(stream.asked().arguments.at("x-max-length") == FieldValue{int64_t{5}});
  stream.Is();
  CHECK(stream.Take().kind == QueueKind::kStream);

  LongNamedWorld quorum;
  quorum.NotThis();
  CHECK(quorum.asked_type() == "quorum");
  // The type is as it was asked for: what comes after it is not.
  quorum.Differs("x-single-active-consumer", "none but curr...");
  CHECK(quorum.Take().kind == QueueKind::kQuorum);

  LongNamedWorld classic;
  classic.NotThis();
  classic.NotThis();
  CHECK(classic.asked_type() == "classic");
  classic.Is();
  CHECK(classic.Take().kind == QueueKind::kClassic);

  LongNamedWorld unheard_of;
  for (int i = 0; i < 3; ++i) unheard_of.NotThis();
  CheckUnknown(unheard_of, Reason::kInvalidTopology);

  LongNamedWorld gone;
  gone.Refuse(404, "NOT_FOUND - no queue 'q' in vhost '/'");
  const QueueTypes::Answer answer = gone.Take();
  CHECK_FALSE(answer.kind);
  CHECK_FALSE(answer.error);
}

TEST_CASE("a broker that finds ever another difference is not asked for ever") {
  World world;
  world.Find();
  size_t questions = 1;
  for (; world.answers() == 0; ++questions) {
    REQUIRE(questions < 100);
    world.Differs("x-" + std::to_string(questions),
                  "none but current is the value '5' of type 'signedint'");
  }
  CHECK(questions == QueueTypes::kMaxQuestions + 1);
  CheckUnknown(world, Reason::kInvalidTopology);
}

TEST_CASE("a type is remembered while the link lives, and until it is told to be forgotten") {
  World world;
  world.Find();
  world.IsOfType("stream");
  world.Take();
  world.Find();
  CHECK_FALSE(world.Asks());
  CHECK(world.Take().kind == QueueKind::kStream);

  world.types().Forget("q");
  world.Find();
  CHECK(world.Asks());
  world.IsOfType("quorum");
  CHECK(world.Take().kind == QueueKind::kQuorum);

  world.Lose();
  world.Connect();
  world.Find();
  CHECK(world.Asks());
}

// The other link may be the first to notice that the broker began anew.
TEST_CASE("what was asked before a link was lost is answered, and not remembered") {
  World world;
  world.Find();
  world.types().Clear();
  world.IsOfType("stream");
  CHECK(world.Take().kind == QueueKind::kStream);
  world.Find();
  CHECK(world.Asks());
}

TEST_CASE("many who ask at once make one question") {
  World world;
  for (int i = 0; i < 3; ++i) world.Find();
  world.IsOfType("quorum");
  CHECK_FALSE(world.Asks());
  CHECK(world.answers() == 3);
  CHECK(world.connection().channels.size() == 1);
}

TEST_CASE("what was asked on a link that is gone is asked anew") {
  World world;
  world.Find();
  world.Lose();
  CHECK(world.answers() == 0);
  world.Connect();
  world.IsOfType("classic");
  CHECK(world.Take().kind == QueueKind::kClassic);
}

}  // namespace
}  // namespace amqp_sidecar::broker
