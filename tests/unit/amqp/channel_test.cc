// Channels: opened, used and closed by either side; methods and their answers.
#include "rig.h"
#include "support/catch.h"

namespace amqp_sidecar::amqp {
namespace {

TEST_CASE(
    "a method may be called before the channel is open: it is pipelined behind channel.open") {
  Rig rig;
  rig.MakeReady();
  ChannelRecorder& ch = rig.Open(false);
  ch.channel->ConfirmSelect(ch.Log("select"));
  ch.channel->Qos(64, ch.Log("qos"));
  CHECK(rig.Sent() == Lines{"channel.open 1", "confirm.select 1", "basic.qos 1 64"});
  rig.Say(server::ChannelOpenOk(1) + server::Ok(1, OkMethod::kConfirmSelectOk) +
          server::Ok(1, OkMethod::kBasicQosOk));
  CHECK(rig.Log() == Lines{"ch1 select ok", "ch1 qos ok"});
}

TEST_CASE("every method is sent as it was asked for, and its answer finds it") {
  Rig rig;
  rig.MakeReady();
  ChannelRecorder& ch = rig.Open();
  Channel& c = *ch.channel;

  ExchangeArgs exchange;
  exchange.name = "orders";
  exchange.type = "topic";
  exchange.internal = true;
  QueueArgs queue;
  queue.name = "billing";
  queue.exclusive = true;
  queue.arguments = {{"x-queue-type", {std::string("quorum")}}};
  BindingArgs binding{"billing", "orders", "order.*", {}};
  ConsumeArgs consume;
  consume.queue = "billing";
  consume.consumer_tag = "t";
  consume.exclusive = true;

  c.DeclareExchange(exchange, ch.Log("declare-exchange"));
  c.DeclareQueue(queue, ch.Log("declare-queue"));
  c.BindQueue(binding, ch.Log("bind"));
  c.Consume(consume, ch.Log("consume"));
  c.CancelConsumer("t", ch.Log("cancel"));
  c.UnbindQueue(binding, ch.Log("unbind"));
  c.PurgeQueue("billing", ch.Log("purge"));
  c.DeleteQueue("billing", true, true, ch.Log("delete-queue"));
  c.DeleteExchange("orders", true, ch.Log("delete-exchange"));
  CHECK(rig.Sent() ==
        Lines{"exchange.declare 1 orders topic durable internal",
              "queue.declare 1 billing durable exclusive +1", "queue.bind 1 billing orders/order.*",
              "basic.consume 1 billing t exclusive", "basic.cancel 1 t",
              "queue.unbind 1 billing orders/order.*", "queue.purge 1 billing",
              "queue.delete 1 billing if-unused if-empty", "exchange.delete 1 orders if-unused"});
  rig.Say(server::Ok(1, OkMethod::kExchangeDeclareOk) + server::DeclareOk(1, "billing", 7, 2) +
          server::Ok(1, OkMethod::kQueueBindOk) + server::ConsumeOk(1, "t") +
          server::CancelOk(1, "t") + server::Ok(1, OkMethod::kQueueUnbindOk) +
          server::RawMethod(1, 0x0032001F, std::string("\0\0\0\x09", 4)) + server::DeleteOk(1, 3) +
          server::Ok(1, OkMethod::kExchangeDeleteOk));
  CHECK(rig.Log() == Lines{"ch1 declare-exchange ok", "ch1 declare-queue ok billing 7 2",
                           "ch1 bind ok", "ch1 consume ok", "ch1 cancel ok", "ch1 unbind ok",
                           "ch1 purge ok", "ch1 delete-queue ok", "ch1 delete-exchange ok"});
}

TEST_CASE("the counts in the answers to purge and delete are passed on") {
  Rig rig;
  rig.MakeReady();
  ChannelRecorder& ch = rig.Open();
  uint32_t purged = 0;
  uint32_t deleted = 0;
  ch.channel->PurgeQueue("q", [&](const Reply& reply) { purged = reply.message_count; });
  ch.channel->DeleteQueue("q", false, false,
                          [&](const Reply& reply) { deleted = reply.message_count; });
  rig.Say(server::RawMethod(1, 0x0032001F, std::string("\0\0\0\x09", 4)) + server::DeleteOk(1, 3));
  CHECK(purged == 9);
  CHECK(deleted == 3);
}

TEST_CASE("a passive declaration says so") {
  Rig rig;
  rig.MakeReady();
  ChannelRecorder& ch = rig.Open();
  ExchangeArgs exchange;
  exchange.name = "orders";
  exchange.type = "";
  exchange.passive = true;
  exchange.durable = false;
  ch.channel->DeclareExchange(exchange, ch.Log("check"));
  CHECK(rig.Sent() == Lines{"exchange.declare 1 orders  passive"});
}

TEST_CASE("a channel that the broker closes fails what is pending, then says that it is over") {
  Rig rig;
  rig.MakeReady();
  ChannelRecorder& ch = rig.Open();
  ExchangeArgs exchange;
  exchange.name = "missing";
  ch.channel->DeclareExchange(exchange, ch.Log("declare"));
  ch.channel->PurgeQueue("q", ch.Log("purge"));
  rig.Written();
  rig.Say(server::ChannelClosed(1, 404, "NOT_FOUND - no exchange"));
  CHECK(rig.Log() == Lines{"ch1 declare failed closed-by-broker 404 NOT_FOUND - no exchange",
                           "ch1 purge failed closed-by-broker 404 NOT_FOUND - no exchange",
                           "ch1 closed closed-by-broker 404 NOT_FOUND - no exchange"});
  CHECK(rig.Sent() == Lines{"channel.close-ok 1"});
  CHECK(rig.connection->channels_open() == 0);
}

TEST_CASE("a channel.close that is repeated is answered once") {
  Rig rig;
  rig.MakeReady();
  rig.Open();
  for (int i = 0; i < 3; ++i) rig.Say(server::ChannelClosed(1, 406, "timed out"));
  CHECK(rig.Sent() == Lines{"channel.close-ok 1"});
  CHECK(rig.Log() == Lines{"ch1 closed closed-by-broker 406 timed out"});
}

TEST_CASE("a repeated channel.close does not hit the next channel of that number") {
  Rig rig;
  rig.MakeReady();
  rig.Open();
  rig.Say(server::ChannelClosed(1, 406, "timed out"));
  ChannelRecorder& next = rig.Open(false);
  REQUIRE(next.channel->number() == 1);
  rig.Say(server::ChannelClosed(1, 406, "timed out"));
  rig.Say(server::ChannelClosed(1, 406, "timed out"));
  rig.Say(server::ChannelOpenOk(1));
  CHECK(rig.Sent() == Lines{"channel.close-ok 1", "channel.open 1"});
  CHECK(next.channel != nullptr);

  SECTION("but one that comes after its channel.open-ok does") {
    rig.Log();
    rig.Say(server::ChannelClosed(1, 404, "its own"));
    CHECK(rig.Log() == Lines{"ch1 closed closed-by-broker 404 its own"});
    CHECK(rig.Sent() == Lines{"channel.close-ok 1"});
  }
}

TEST_CASE("a repeated channel.close is not answered for a next channel that is closed already") {
  Rig rig;
  rig.MakeReady();
  rig.Open();
  rig.Say(server::ChannelClosed(1, 406, "timed out"));
  rig.Open(false).channel->Close();
  CHECK(rig.Sent() == Lines{"channel.close-ok 1", "channel.open 1", "channel.close 1 200"});
  rig.Say(server::ChannelClosed(1, 406, "timed out"));
  CHECK(rig.Sent().empty());

  SECTION("but one that comes after its channel.open-ok is") {
    rig.Say(server::ChannelOpenOk(1));
    rig.Say(server::ChannelClosed(1, 404, "its own"));
    CHECK(rig.Sent() == Lines{"channel.close-ok 1"});
  }
}

TEST_CASE("a channel that is closed here calls nobody any more") {
  Rig rig;
  rig.MakeReady();
  ChannelRecorder& ch = rig.Open();
  ch.channel->Qos(1, ch.Log("qos"));
  ch.channel->Close();
  CHECK(rig.connection->channels_open() == 0);
  CHECK(rig.Sent() == Lines{"basic.qos 1 1", "channel.close 1 200"});
  rig.Say(server::Ok(1, OkMethod::kBasicQosOk) + server::Delivery(1, 1, "t", {}, "body") +
          server::Ack(1, 5) + server::ChannelCloseOk(1));
  CHECK(rig.Log().empty());
  CHECK_FALSE(rig.connection->HasOutput());
}

TEST_CASE("a number is given out again only when the broker has answered channel.close") {
  Rig rig;
  rig.MakeReady(2);
  ChannelRecorder& first = rig.Open();
  rig.Open();
  first.channel->Close();
  ChannelRecorder recorder(rig);
  CHECK(rig.connection->OpenChannel(recorder) == nullptr);
  rig.Say(server::ChannelCloseOk(1));
  Channel* again = rig.connection->OpenChannel(recorder);
  REQUIRE(again != nullptr);
  CHECK(again->number() == 1);
  CHECK(rig.connection->channels_open() == 2);
  CHECK(rig.connection->channels_max() == 2);
}

TEST_CASE("when both sides close a channel each is answered once, and then the number is free") {
  Rig rig;
  rig.MakeReady(1);
  ChannelRecorder& ch = rig.Open();
  ch.channel->Close();
  rig.Say(server::ChannelClosed(1, 406, "late"));
  rig.Say(server::ChannelClosed(1, 406, "late"));
  CHECK(rig.Sent() == Lines{"channel.close 1 200", "channel.close-ok 1"});
  ChannelRecorder recorder(rig);
  CHECK(rig.connection->OpenChannel(recorder) == nullptr);
  rig.Say(server::ChannelCloseOk(1));
  CHECK(rig.connection->OpenChannel(recorder) != nullptr);
  CHECK(rig.Log().empty());
}

TEST_CASE("the answer to channel.close may be followed at once by the next use of the number") {
  Rig rig;
  rig.MakeReady();
  ChannelRecorder& ch = rig.Open();
  ch.then = [&](const std::string& line) {
    if (line.substr(0, 6) == "closed") rig.Open(false);
  };
  rig.Say(server::ChannelClosed(1, 404, "no"));
  // Another number while the first is still being told of its end.
  CHECK(rig.Sent() == Lines{"channel.open 2", "channel.close-ok 1"});
  CHECK(rig.Open(false).channel->number() == 1);
}

TEST_CASE(
    "a method whose names are too long closes its channel with the reason, not the connection") {
  Rig rig;
  rig.MakeReady();
  ChannelRecorder& ch = rig.Open();
  ch.channel->Qos(1, ch.Log("qos"));
  ch.channel->PurgeQueue(std::string(256, 'q'), ch.Log("purge"));
  CHECK(rig.Sent() == Lines{"basic.qos 1 1"});
  rig.Advance(milliseconds(1));
  CHECK(rig.Log().empty());  // what was called before is answered first
  rig.Say(server::Ok(1, OkMethod::kBasicQosOk));
  rig.Advance(milliseconds(1));
  CHECK(rig.Log() == Lines{"ch1 qos ok",
                           "ch1 purge failed not-encodable 0 the queue name is over 255 bytes",
                           "ch1 closed not-encodable 0 the queue name is over 255 bytes"});
  CHECK(rig.Sent() == Lines{"channel.close 1 200"});
}

TEST_CASE("arguments that do not fit the frame size that was agreed on are not sent") {
  Rig rig;
  rig.MakeReady(10, 4096);
  ChannelRecorder& ch = rig.Open();
  QueueArgs queue;
  queue.name = "q";
  queue.arguments = {{"x", {std::string(5000, 'x')}}};
  ch.channel->DeclareQueue(queue, ch.Log("declare"));
  CHECK_FALSE(rig.connection->HasOutput());
  rig.Advance(milliseconds(1));
  CHECK(rig.Log() == Lines{"ch1 declare failed not-encodable 0 the arguments do not fit one frame",
                           "ch1 closed not-encodable 0 the arguments do not fit one frame"});
}

TEST_CASE("an answer to what was not asked is a protocol error") {
  Rig rig;
  rig.MakeReady();
  ChannelRecorder& ch = rig.Open();
  SECTION("nothing was asked") { rig.Say(server::Ok(1, OkMethod::kBasicQosOk)); }
  SECTION("something else was asked") {
    ch.channel->ConfirmSelect(nullptr);
    rig.Say(server::Ok(1, OkMethod::kBasicQosOk));
  }
  const Lines log = rig.Log();
  CHECK(log.back() == "closed protocol-error 503 an answer to what was not asked");
  CHECK(rig.Sent().back() == "connection.close 503");
}

TEST_CASE("channel.flow is answered with what it says") {
  Rig rig;
  rig.MakeReady();
  rig.Open();
  rig.Say(server::Flow(1, false) + server::Flow(1, true));
  CHECK(rig.Sent() == Lines{"channel.flow-ok 1", "channel.flow-ok 1 active"});
}

TEST_CASE("a consumer that the broker cancels is told, and the channel lives on") {
  Rig rig;
  rig.MakeReady();
  ChannelRecorder& ch = rig.Open();
  rig.Say(server::Cancel(1, "t"));
  CHECK(rig.Log() == Lines{"ch1 cancelled t"});
  CHECK_FALSE(rig.connection->HasOutput());
  rig.Say(server::Cancel(1, "u", false));
  CHECK(rig.Sent() == Lines{"basic.cancel-ok 1"});
  CHECK(ch.channel != nullptr);
}

TEST_CASE("settlements go out as they were asked for") {
  Rig rig;
  rig.MakeReady();
  ChannelRecorder& ch = rig.Open();
  ch.channel->Ack(7, true);
  ch.channel->Ack(9, false);
  ch.channel->Nack(10, true, true);
  ch.channel->Nack(11, false, false);
  ch.channel->Reject(12, true);
  ch.channel->Reject(13, false);
  CHECK(rig.Sent() == Lines{"basic.ack 1 7 multiple", "basic.ack 1 9",
                            "basic.nack 1 10 multiple requeue", "basic.nack 1 11",
                            "basic.reject 1 12 requeue", "basic.reject 1 13"});
}

// --- The connection.

TEST_CASE("a connection that the broker closes ends every channel, then itself, and is answered") {
  Rig rig;
  rig.MakeReady();
  ChannelRecorder& first = rig.Open();
  rig.Open();
  first.channel->Qos(1, first.Log("qos"));
  rig.Written();
  rig.Say(server::ConnectionClosed(320, "CONNECTION_FORCED"));
  CHECK(rig.Log() == Lines{"ch1 qos failed link-lost 320 CONNECTION_FORCED",
                           "ch1 closed link-lost 320 CONNECTION_FORCED",
                           "ch2 closed link-lost 320 CONNECTION_FORCED",
                           "closed closed-by-broker 320 CONNECTION_FORCED"});
  CHECK(rig.Sent() == Lines{"connection.close-ok"});
  CHECK_FALSE(rig.connection->ready());
  rig.Say(server::ChannelOpenOk(1));  // nobody listens any more
  CHECK(rig.Log().empty());
}

TEST_CASE("a pipe that is gone ends every channel, then the connection, and nothing is written") {
  Rig rig;
  rig.MakeReady();
  ChannelRecorder& ch = rig.Open();
  ch.channel->Ack(1, false);
  rig.connection->PipeClosed("cut");
  CHECK(rig.Log() == Lines{"ch1 closed link-lost 0 cut", "closed link-lost 0 cut"});
  CHECK_FALSE(rig.connection->HasOutput());
  CHECK(rig.connection->NextDeadline() == base::kNever);
  rig.connection->PipeClosed("again");
  CHECK(rig.Log().empty());
}

TEST_CASE("closing says goodbye behind what is queued, and ends with the broker's answer") {
  Rig rig;
  rig.MakeReady();
  ChannelRecorder& ch = rig.Open();
  ch.channel->Publish(Message("", "q", 3));
  ch.channel->Ack(1, false);
  rig.connection->Close(rig.now);
  ch.channel->Ack(2, false);  // too late
  CHECK(rig.Sent() == Lines{"basic.ack 1 1", "basic.publish 1 /q mandatory", "header 1 3",
                            "body 1 3", "connection.close 200"});
  rig.Say(server::Ack(1, 1));
  rig.Say(server::ConnectionCloseOk());
  CHECK(rig.Log() == Lines{"ch1 confirm 1 acked", "ch1 closed link-lost 0 closed",
                           "closed closed-here 0 closed"});
}

TEST_CASE("a goodbye that is not answered ends after the operation timeout") {
  Rig rig;
  rig.MakeReady();
  rig.connection->Close(rig.now);
  rig.Written();
  rig.Advance(milliseconds(4999));
  CHECK(rig.Log().empty());
  rig.Advance(milliseconds(1));
  CHECK(rig.Log() == Lines{"closed closed-here 0 the broker did not answer the goodbye"});
}

TEST_CASE("a broker that closes while we say goodbye is answered") {
  Rig rig;
  rig.MakeReady();
  rig.connection->Close(rig.now);
  rig.Written();
  rig.Say(server::ConnectionClosed(320, "shutdown"));
  CHECK(rig.Log() == Lines{"closed closed-by-broker 320 shutdown"});
}

TEST_CASE("blocked and unblocked are told once each") {
  Rig rig;
  rig.MakeReady();
  rig.Say(server::Blocked("low on memory"));
  CHECK(rig.connection->blocked());
  rig.Say(server::Blocked("low on disk"));
  rig.Say(server::Unblocked());
  CHECK_FALSE(rig.connection->blocked());
  rig.Say(server::Unblocked());
  CHECK(rig.Log() == Lines{"blocked low on memory", "unblocked"});
}

// --- Re-entrancy.

TEST_CASE("a listener may close its own channel, and others, from within any call") {
  const char* const kTriggers[] = {"confirm",   "return", "delivery",
                                   "cancelled", "qos",    "oversized"};
  for (const char* trigger : kTriggers) {
    Connection::Options options = Rig::DefaultOptions();
    options.max_body_bytes = 10;
    Rig rig(options);
    rig.MakeReady();
    ChannelRecorder& ch = rig.Open();
    ChannelRecorder& other = rig.Open();
    other.channel->Qos(1, other.Log("other-qos"));
    ch.channel->Publish(Message("", "q", 1));
    ch.channel->Qos(1, ch.Log("qos"));
    ch.channel->Qos(2, ch.Log("never"));
    rig.Written();
    ch.then = [&](const std::string& line) {
      if (line.find(trigger) != 0) return;
      ch.channel->Close();
      other.channel->Close();
      rig.Open(false).channel->Publish(Message("", "q", 1));
    };
    rig.Say(server::Ok(1, OkMethod::kBasicQosOk) + server::Return(1, "", "q", {}, "b") +
            server::Ack(1, 1) + server::Delivery(1, 1, "t", {}, "body") +
            server::Delivery(1, 2, "t", {}, "a body too many") + server::Cancel(1, "t") +
            server::Ok(1, OkMethod::kBasicQosOk) + server::Ok(2, OkMethod::kBasicQosOk));
    INFO(trigger);
    CHECK(rig.Sent() == Lines{"channel.close 1 200", "channel.close 2 200", "channel.open 3",
                              "basic.publish 3 /q mandatory", "header 3 1", "body 3 1"});
    const Lines log = rig.Log();
    CHECK(log.back().find(trigger) != std::string::npos);
  }
}

TEST_CASE("a callback that closes the channel while it is ending silences the rest") {
  Rig rig;
  rig.MakeReady();
  ChannelRecorder& ch = rig.Open();
  ch.channel->Qos(1, ch.Log("first"));
  ch.channel->Qos(2, ch.Log("second"));
  rig.Written();
  ch.then = [&](const std::string&) { ch.channel->Close(); };
  rig.Say(server::ChannelClosed(1, 404, "no"));
  CHECK(rig.Log() == Lines{"ch1 first failed closed-by-broker 404 no"});
  CHECK(rig.Sent() == Lines{"channel.close-ok 1"});
}

TEST_CASE("a listener may close other channels while the connection ends") {
  Rig rig;
  rig.MakeReady();
  ChannelRecorder& first = rig.Open();
  ChannelRecorder& second = rig.Open();
  first.then = [&](const std::string&) {
    second.channel->Close();
    ChannelRecorder recorder(rig);
    CHECK(rig.connection->OpenChannel(recorder) == nullptr);
  };
  rig.connection->PipeClosed("cut");
  CHECK(rig.Log() == Lines{"ch1 closed link-lost 0 cut", "closed link-lost 0 cut"});
}

TEST_CASE("a method called from the end of a channel is failed as well, and later") {
  Rig rig;
  rig.MakeReady();
  ChannelRecorder& ch = rig.Open();
  ch.channel->Qos(1, ch.Log("first"));
  bool again = true;
  ch.then = [&](const std::string&) {
    if (std::exchange(again, false)) ch.channel->Qos(2, ch.Log("second"));
  };
  rig.Say(server::ChannelClosed(1, 404, "no"));
  CHECK(rig.Log() == Lines{"ch1 first failed closed-by-broker 404 no",
                           "ch1 second failed closed-by-broker 404 no",
                           "ch1 closed closed-by-broker 404 no"});
}

}  // namespace
}  // namespace amqp_sidecar::amqp
