// What is due when: heartbeats, the deadlines of methods, and when these stand still.
#include "rig.h"
#include "support/catch.h"

namespace amqp_sidecar::amqp {
namespace {

TEST_CASE("a heartbeat is sent when nothing was written for half the interval") {
  Rig rig;
  rig.MakeReady();  // 10 s were agreed on
  rig.Advance(milliseconds(4999));
  CHECK_FALSE(rig.connection->HasOutput());
  rig.Advance(milliseconds(1));
  CHECK(rig.Sent() == Lines{"heartbeat"});
  rig.Advance(milliseconds(4999));
  CHECK_FALSE(rig.connection->HasOutput());
  rig.Advance(milliseconds(1));
  CHECK(rig.Sent() == Lines{"heartbeat"});
}

TEST_CASE("anything that is written puts the heartbeat off") {
  Rig rig;
  rig.MakeReady();
  ChannelRecorder& ch = rig.Open();
  rig.Advance(seconds(4));
  ch.channel->Ack(1, false);
  rig.Written();
  rig.Advance(milliseconds(4999));
  CHECK_FALSE(rig.connection->HasOutput());
}

TEST_CASE("no heartbeat is queued behind what the pipe does not take") {
  Rig rig;
  rig.MakeReady();
  ChannelRecorder& ch = rig.Open();
  ch.channel->Publish(Message("", "q", 100));
  rig.Written(10);
  rig.Advance(seconds(15));
  rig.connection->OnTick(rig.now);
  const std::string rest = rig.Written();
  CHECK(rest.find(server::Heartbeat()) == std::string::npos);
  CHECK_FALSE(rest.empty());
}

TEST_CASE("a broker that is not heard of for twice the interval is dead") {
  Rig rig;
  rig.MakeReady();
  rig.Open();
  rig.Advance(milliseconds(19999));
  CHECK(rig.Log().empty());
  rig.Advance(milliseconds(1));
  CHECK(rig.Log() ==
        Lines{"ch1 closed link-lost 0 nothing was heard from the broker for two heartbeats",
              "closed link-lost 0 nothing was heard from the broker for two heartbeats"});
}

TEST_CASE("any byte of the broker shows that it lives, a heartbeat or half a frame") {
  Rig rig;
  rig.MakeReady();
  rig.Advance(seconds(19));
  rig.Say(server::Heartbeat());
  rig.Advance(seconds(19));
  rig.Say(server::Heartbeat().substr(0, 1));
  rig.Advance(seconds(19));
  CHECK(rig.Log().empty());
}

TEST_CASE("with heartbeats off nothing is sent and nothing is missed") {
  Connection::Options options = Rig::DefaultOptions();
  options.heartbeat = seconds(0);
  Rig rig(options);
  rig.MakeReady();
  CHECK(rig.connection->NextDeadline() == base::kNever);
  rig.Advance(std::chrono::hours(1));
  CHECK_FALSE(rig.connection->HasOutput());
  CHECK(rig.Log().empty());
}

// --- Methods.

Connection::Options WithoutHeartbeat() {
  Connection::Options options = Rig::DefaultOptions();
  options.heartbeat = seconds(0);
  return options;
}

TEST_CASE("a method that is not answered in time closes its channel, and only that") {
  Rig rig(WithoutHeartbeat());
  rig.MakeReady();
  ChannelRecorder& ch = rig.Open();
  ChannelRecorder& other = rig.Open();
  ch.channel->Qos(1, ch.Log("qos"));
  ch.channel->PurgeQueue("q", ch.Log("purge"));
  rig.Written();
  rig.Advance(milliseconds(4999));
  CHECK(rig.Log().empty());
  rig.Advance(milliseconds(1));
  CHECK(rig.Log() == Lines{"ch1 qos failed timed-out 0 no answer in time",
                           "ch1 purge failed timed-out 0 no answer in time",
                           "ch1 closed timed-out 0 no answer in time"});
  CHECK(rig.Sent() == Lines{"channel.close 1 200"});
  CHECK(other.channel != nullptr);
  CHECK(rig.connection->ready());
}

TEST_CASE("the number of a channel that timed out is in quarantine until its close is answered") {
  Rig rig(WithoutHeartbeat());
  rig.MakeReady(1);
  ChannelRecorder& ch = rig.Open();
  ch.channel->Qos(1, ch.Log("qos"));
  rig.Written();
  rig.Advance(seconds(5));
  rig.Log();
  // The answer comes late: it must not be taken for that of the next channel.
  rig.Say(server::Ok(1, OkMethod::kBasicQosOk));
  ChannelRecorder recorder(rig);
  CHECK(rig.connection->OpenChannel(recorder) == nullptr);
  rig.Say(server::ChannelCloseOk(1));
  CHECK(rig.connection->OpenChannel(recorder) != nullptr);
  CHECK(rig.Log().empty());
}

TEST_CASE("channel.open has a deadline as well") {
  Rig rig(WithoutHeartbeat());
  rig.MakeReady();
  rig.Open(false);
  rig.Written();
  rig.Advance(seconds(5));
  CHECK(rig.Log() == Lines{"ch1 closed timed-out 0 no answer in time"});
}

TEST_CASE("the time of a method runs from when its last byte is written") {
  Rig rig(WithoutHeartbeat());
  rig.MakeReady();
  ChannelRecorder& ch = rig.Open();
  ch.channel->Qos(1, ch.Log("qos"));
  rig.Written(10);
  rig.Advance(seconds(60));
  CHECK(rig.Log().empty());
  rig.Written();
  rig.Advance(milliseconds(4999));
  CHECK(rig.Log().empty());
  rig.Advance(milliseconds(1));
  CHECK(rig.Log().size() == 2);
}

TEST_CASE("the time of methods stands still while the broker has us blocked") {
  Rig rig(WithoutHeartbeat());
  rig.MakeReady();
  ChannelRecorder& ch = rig.Open();
  ch.channel->Qos(1, ch.Log("qos"));
  rig.Written();
  rig.Advance(seconds(3));
  rig.Say(server::Blocked("low on memory"));
  CHECK(rig.connection->NextDeadline() == base::kNever);
  rig.Advance(seconds(600));
  rig.Say(server::Unblocked());
  rig.Advance(milliseconds(1999));
  CHECK(rig.Log() == Lines{"blocked low on memory", "unblocked"});
  rig.Advance(milliseconds(1));
  CHECK(rig.Log().size() == 2);
}

TEST_CASE("the time of methods stands still while the pipe takes nothing") {
  Rig rig(WithoutHeartbeat());
  rig.MakeReady();
  ChannelRecorder& ch = rig.Open();
  ch.channel->Qos(1, ch.Log("qos"));
  rig.Written();
  rig.Advance(seconds(3));
  ch.channel->Publish(Message("", "q", 1000));
  rig.Written(10);
  rig.Advance(seconds(600));
  rig.Written();
  rig.Advance(milliseconds(1999));
  CHECK(rig.Log().empty());
  rig.Advance(milliseconds(1));
  CHECK(rig.Log().size() == 2);
}

TEST_CASE("methods that were answered in time close nothing") {
  Rig rig(WithoutHeartbeat());
  rig.MakeReady();
  ChannelRecorder& ch = rig.Open();
  ch.channel->Qos(1, ch.Log("first"));
  rig.Written();
  rig.Advance(seconds(3));
  ch.channel->Qos(1, ch.Log("second"));
  rig.Written();
  rig.Say(server::Ok(1, OkMethod::kBasicQosOk));
  rig.Advance(seconds(4));
  CHECK(rig.Log() == Lines{"ch1 first ok"});
  rig.Say(server::Ok(1, OkMethod::kBasicQosOk));
  CHECK(rig.connection->NextDeadline() == base::kNever);
  rig.Advance(seconds(60));
  CHECK(rig.Log() == Lines{"ch1 second ok"});
}

TEST_CASE("a broker that lets go of no channel costs the link, a slow one does not") {
  Rig rig(WithoutHeartbeat());
  rig.MakeReady();
  const auto time_out_one = [&] {
    rig.Open().channel->Qos(1, [](const Reply&) {});
    rig.Written();
    rig.Advance(seconds(5));
    rig.Written();
  };
  for (uint16_t number = 1; number <= 8; ++number) {
    time_out_one();
    CHECK(rig.connection->ready());
  }
  SECTION("none") {
    time_out_one();
    CHECK_FALSE(rig.connection->ready());
    CHECK(rig.Log().back() ==
          "closed link-lost 0 the broker answers neither methods nor the closing of 8 channels");
  }
  SECTION("some") {
    rig.Say(server::ChannelCloseOk(3));
    time_out_one();
    CHECK(rig.connection->ready());
  }
}

}  // namespace
}  // namespace amqp_sidecar::amqp
